"""Stored cases and the baseline."""

import json
from pathlib import Path
from typing import Any

from groundplan.pipelines.jobs import serve
from groundplan.pipelines.jobs.references import cases, spread, write

ROWS: list[dict[str, Any]] = [{"x": str(number), "name": f'"a, {number}"'} for number in range(50)]


def predict(rows: list[dict[str, Any]]) -> list[float]:
    return [float(row["x"]) * 2 for row in rows]


def answer(kind: str, body: bytes) -> Any:
    return serve.answer(predict, kind, body)


def test_cases_are_answered_as_the_endpoint_answers() -> None:
    kept = cases(ROWS, answer)

    assert kept["content_type"] == "application/json"
    assert len(kept["cases"]) == 20
    for case in kept["cases"]:
        [row] = serve.rows_of("application/json", case["body"].encode())
        assert row in ROWS
        assert case["answer"] == {"predictions": [float(row["x"]) * 2]}


def test_cases_stay_small_enough_to_be_read_by_a_state_machine() -> None:
    wide = [{"x": "1", "text": "y" * 9000} for _ in range(20)]

    kept = cases(wide, answer)
    assert 5 < len(kept["cases"]) < 20
    assert len(json.dumps(kept)) <= 100 * 1024


def test_rows_are_spread_evenly_over_all() -> None:
    assert [row["x"] for row in spread(ROWS, 5)] == ["0", "10", "20", "30", "40"]
    assert spread(ROWS[:3], 5) == ROWS[:3]
    assert spread([], 5) == []


def test_the_baseline_has_rows_and_predictions(tmp_path: Path) -> None:
    write(tmp_path, ROWS, predict(ROWS), answer)

    lines = (tmp_path / "baseline.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"row": row, "prediction": float(row["x"]) * 2} for row in ROWS
    ]
    assert len(json.loads((tmp_path / "cases.json").read_text())["cases"]) == 20
