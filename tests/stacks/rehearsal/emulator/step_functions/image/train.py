"""The model is the mean of everything."""

import json
import os
from pathlib import Path

root = Path(os.environ["ML_ROOT"])
(root / "checkpoints" / "seen.txt").write_text("1")
values = [
    float(value)
    for path in sorted((root / "input/data/train").rglob("*.csv"))
    for line in path.read_text().splitlines()
    for value in line.split(",")
]
given = json.loads((root / "input/config/hyperparameters.json").read_text())
shift = float(given.get("shift", 0))
mean = sum(values) / len(values) + shift
(root / "model" / "model.json").write_text(json.dumps({"mean": mean}))
print(f"distance={abs(shift)}")
