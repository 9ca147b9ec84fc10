"""Counts the rows it is given; can fail, hang and resume on request."""

import json
import os
import signal
import sys
import time
from pathlib import Path

root = Path(os.environ["ML_ROOT"])
wanted = json.loads((root / "input/config/hyperparameters.json").read_text())
rows = [
    line
    for path in sorted((root / "input/data/train").rglob("*.csv"))
    for line in path.read_text().splitlines()
]
done = root / "checkpoints" / "epoch.txt"
epoch = int(done.read_text()) if done.exists() else 0
print(f"starts at epoch {epoch}")
if wanted.get("mode") == "fail":
    (root / "output" / "failure").write_text("the data is no good")
    sys.exit(3)
if wanted.get("mode") == "hang":
    time.sleep(60)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
while epoch < int(wanted.get("epochs", "1")):
    epoch += 1
    done.write_text(str(epoch))
    if wanted.get("slow"):
        time.sleep(0.2)
model = {"rows": len(rows), "epochs": epoch, "secret": os.environ.get("AWS_ACCESS_KEY_ID")}
(root / "model" / "model.json").write_text(json.dumps(model))
print("accuracy=0.5")
print(f"accuracy={wanted.get('rate', '0.75')}")
