"""Keeps what later runs compare a served model with: stored cases, and a baseline for monitoring.

A copy of groundplan's standard module; it needs Python's standard library and the project's module
``model``, as `serve` does. Answers are computed by the code that serves. Both files hold rows of the
held-out data as they are, so whoever may read them may read those rows.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

CASES = 20
CASES_BYTES = 100 * 1024
CONTENT_TYPE = "application/json"  # a state machine puts any other text into quotes
BASELINE_ROWS = 5000

Row = dict[str, Any]
Answer = Callable[[str, bytes], Any]


def spread(rows: Sequence[Row], count: int) -> list[Row]:
    """At most ``count`` rows, evenly from all of them, the same every time."""
    least = min(count, len(rows))
    return [rows[index * len(rows) // least] for index in range(least)]


def cases(rows: Sequence[Row], answer: Answer) -> Row:
    """Requests of one row and their answers, as many as fit `CASES_BYTES`."""
    kept: Row = {"content_type": CONTENT_TYPE, "cases": []}
    size = 200
    for row in spread(rows, CASES):
        body = json.dumps({"instances": [row]}, sort_keys=True, allow_nan=False)
        case = {"body": body, "answer": json.loads(json.dumps(answer(CONTENT_TYPE, body.encode())))}
        size += len(json.dumps(case)) + 2
        if size > CASES_BYTES:
            break
        kept["cases"].append(case)
    return kept


def write(output: Path, rows: Sequence[Row], predictions: Sequence[Any], answer: Answer) -> None:
    """Write ``cases.json`` and ``baseline.jsonl``; predictions are those of ``rows``."""
    text = json.dumps(cases(rows, answer), sort_keys=True, allow_nan=False)
    (output / "cases.json").write_text(text, encoding="utf-8")
    pairs = [
        {"row": row, "prediction": prediction}
        for row, prediction in zip(rows, predictions, strict=True)
    ]
    with (output / "baseline.jsonl").open("w", encoding="utf-8") as stream:
        for pair in spread(pairs, BASELINE_ROWS):
            stream.write(json.dumps(pair, sort_keys=True, allow_nan=False) + "\n")
