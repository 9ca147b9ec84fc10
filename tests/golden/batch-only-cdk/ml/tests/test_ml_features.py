"""What a model sees of a table."""

import json
from typing import Any

JSON = "application/json"


def about(jobs: Any) -> Any:
    return json.loads(jobs.trained()["model.json"])


def train(jobs: Any, rows: list[dict[str, Any]], **hyperparameters: object) -> str:
    jobs.give(rows, label="y", iterations=5, **hyperparameters)
    printed: str = jobs.run("train.py")
    return printed


def test_columns_that_nobody_described_are_told_by_the_data(jobs: Any) -> None:
    rows = [
        {
            "own_id": f"{number}",
            "own_colour": ("red", "blue")[number % 2],
            "own_note": f"note {number}",
            "own_size": number / 3,
            "y": ("no", "yes")[number % 2],
        }
        for number in range(60)
    ]
    printed = train(jobs, rows)

    kinds = {item["name"]: item["kind"] for item in about(jobs)["features"]}
    assert kinds == {"own_colour": "category", "own_size": "number"}
    assert "own_id is not used: it looks like an id" in printed
    assert "own_note is not used: it looks like free text" in printed
    [answer] = jobs.ask((JSON, json.dumps({"instances": rows[:2]})))
    assert answer["predictions"][0] < 0.5 < answer["predictions"][1]


def test_unknown_and_missing_cells_are_answered_and_missing_columns_are_not(jobs: Any) -> None:
    rows = [
        {"own_size": number, "own_colour": "rb"[number % 2], "y": number % 2}
        for number in range(40)
    ]
    train(jobs, rows)
    odd = [{"own_size": None, "own_colour": "green"}, {"own_size": "", "own_colour": ""}]
    [answer] = jobs.ask((JSON, json.dumps({"instances": odd})))
    assert len(set(answer["predictions"])) == 1

    script = (
        "import model, pathlib, sys; model.predict(model.load(pathlib.Path(sys.argv[1])), [{}])"
    )
    process = jobs.start("-c", script, str(jobs.root / "model"))
    printed, _ = process.communicate()
    assert process.returncode != 0 and "KeyError: 'own_size'" in printed


def test_a_truth_and_a_gap_are_the_same_however_they_are_spelled(jobs: Any) -> None:
    rows = [
        {"own_size": "nan" if number % 5 == 0 else number, "own_flag": flag, "y": flag == "True"}
        for number, flag in enumerate(("True", "False") * 30)
    ]
    train(jobs, rows, positive="True")
    assert [item["kind"] for item in about(jobs)["features"]] == ["number", "boolean"]
    assert about(jobs)["classes"] == ["false", "true"]

    spelled: list[object] = ["True", "TRUE", "true", True, "1", 1]
    gaps: list[object] = ["nan", "NaN", "", None]
    asked = [{"own_size": gap, "own_flag": flag} for flag in spelled for gap in gaps]
    [answer] = jobs.ask((JSON, json.dumps({"instances": asked})))
    assert len(set(answer["predictions"])) == 1 and answer["predictions"][0] > 0.5


def test_numbers_are_predicted_and_more_classes_told_apart(jobs: Any) -> None:
    rows = [{"own_size": str(number), "y": str(number * 1.5)} for number in range(60)]
    assert "regression of y" in train(jobs, rows)
    assert sorted(jobs.evaluate(rows)["metrics"]) == ["mae", "r2", "rmse"]

    rows = [{"own_size": str(number), "y": "abc"[number // 20]} for number in range(60)]
    assert "classification of y" in train(jobs, rows)
    assert jobs.evaluate(rows)["metrics"]["accuracy"] == 1
    [answer] = jobs.ask((JSON, json.dumps({"instances": [{"own_size": 50}]})))
    assert answer["predictions"][0]["y"] == "c"


def test_gaps_between_groups_are_measured(jobs: Any, samples: Any) -> None:
    rows = [row | {"own_group": "ab"[number % 2]} for number, row in enumerate(samples.rows(300))]
    jobs.give(rows, **samples.HYPERPARAMETERS)
    jobs.run("train.py")
    positive = about(jobs)["classes"][1]
    given = ("--facets", "own_group", "--label", samples.LABEL, "--positive", positive)

    assert 0 <= jobs.evaluate(rows, *given)["fairness"]["own_group"]["fpr_gap"] <= 1
