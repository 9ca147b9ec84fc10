"""Reports on its input; fails when the input is empty."""

import json
import os
import sys
from pathlib import Path

root = Path(os.environ["ML_ROOT"])
rows = (root / "processing/input/data/rows.csv").read_text().splitlines()
target = Path(sys.argv[1])
target.mkdir(parents=True, exist_ok=True)
(target / "report.json").write_text(json.dumps({"rows": len(rows), "where": os.environ["WHERE"]}))
(root / "output" / "message").write_text(f"{len(rows)} rows")
sys.exit(0 if rows else 1)
