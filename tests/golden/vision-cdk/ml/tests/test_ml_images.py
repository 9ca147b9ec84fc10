"""What the network sees, and what it answers."""

import json
from typing import Any

JSON = "application/json"


def test_two_classes_are_answered_by_a_probability(jobs: Any, samples: Any) -> None:
    rows = [row for row in samples.rows(120) if row["own_shape"] != "leans"]
    jobs.give(rows, **samples.HYPERPARAMETERS | {"positive": "lies"})
    jobs.run("train.py")
    lies = next(row for row in rows if row["own_shape"] == "lies")
    stands = next(row for row in rows if row["own_shape"] == "stands")

    [answer] = jobs.ask((JSON, json.dumps({"instances": [lies, stands]})))

    assert answer["predictions"][0] > 0.5 > answer["predictions"][1]


def test_a_training_that_learns_nothing_says_so(jobs: Any, samples: Any) -> None:
    for odd, reason in (
        ({"learning_rate": 1e30}, "lower learning_rate"),
        ({"epochs": 0}, "epochs and batch_size must be at least 1"),
    ):
        jobs.give(samples.rows(40), **samples.HYPERPARAMETERS | odd)
        process = jobs.start("train.py")
        process.communicate()
        assert process.returncode == 1
        assert reason in (jobs.root / "output" / "failure").read_text()


def test_what_is_no_image_is_refused(jobs: Any, samples: Any) -> None:
    given = samples.HYPERPARAMETERS | {"epochs": 1}
    for pixels, reason in (("0" * 60, "square"), ("#" * 64, "a pixel of pixels is none of")):
        jobs.give([row | {"pixels": pixels} for row in samples.rows(4)], **given)
        process = jobs.start("train.py")
        process.communicate()
        assert process.returncode == 1
        assert reason in (jobs.root / "output" / "failure").read_text()
