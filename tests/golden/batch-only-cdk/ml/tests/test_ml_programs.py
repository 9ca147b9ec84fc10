"""Training, evaluation and serving, as they belong together."""

import csv
import io
import json
import shutil
import time
from typing import Any

JSON = "application/json"


def test_evaluation_and_serving_agree_to_the_last_digit(jobs: Any, samples: Any) -> None:
    rows, unseen = samples.rows(160), samples.rows(40, seed=1)
    jobs.give(rows, **samples.HYPERPARAMETERS)
    assert "\ntrain_" in jobs.run("train.py")

    metrics = jobs.evaluate(unseen)["metrics"]

    assert samples.is_good(metrics), metrics
    kept = (jobs.output / "baseline.jsonl").read_text("utf-8").splitlines()
    predictions = [json.loads(line)["prediction"] for line in kept]
    as_csv = io.StringIO()
    writer = csv.DictWriter(as_csv, list(unseen[0]))
    writer.writeheader()
    writer.writerows(unseen)
    as_json = json.dumps({"instances": unseen})
    single = [(JSON, json.dumps({"instances": [row]})) for row in unseen]
    answers = jobs.ask((JSON, as_json), ("text/csv", as_csv.getvalue()), *single)
    assert answers[0] == answers[1] == {"predictions": predictions}
    assert [answer["predictions"][0] for answer in answers[2:]] == predictions


def test_a_training_that_is_killed_goes_on_to_the_same_model(jobs: Any, samples: Any) -> None:
    given = samples.HYPERPARAMETERS | {"checkpoint_minutes": 0}
    jobs.give(samples.rows(160), **given)
    jobs.run("train.py")
    whole, metrics = jobs.trained(), (jobs.root / "output/data/metrics.json").read_text()
    shutil.rmtree(jobs.root / "checkpoints")
    shutil.rmtree(jobs.root / "model")

    process = jobs.start("train.py")
    while not (jobs.root / "checkpoints" / "checkpoint-2.bin").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.communicate()

    assert "resumed from a checkpoint" in jobs.run("train.py")
    assert jobs.trained() == whole
    assert (jobs.root / "output/data/metrics.json").read_text() == metrics


def test_training_without_data_says_so(jobs: Any) -> None:
    process = jobs.start("train.py")
    process.communicate()

    assert process.returncode == 1
    failure = (jobs.root / "output" / "failure").read_text()
    assert failure == "ValueError: no row in any .csv file below train/"
