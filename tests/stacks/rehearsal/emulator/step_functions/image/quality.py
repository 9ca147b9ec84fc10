"""Passes unless a row has a negative number."""

import json
import os
from pathlib import Path

below = Path(os.environ["ML_ROOT"]) / "processing"
rows = [
    line.split(",")
    for path in sorted((below / "input/data").rglob("*.csv"))
    for line in path.read_text().splitlines()
]
bad = sum(float(value) < 0 for row in rows for value in row)
failures = [{"rule": "min", "column": "a", "detail": f"{bad} negative"}] if bad else []
report = {"passed": not bad, "rows": len(rows), "failures": failures}
(below / "output" / "report.json").write_text(json.dumps(report))
