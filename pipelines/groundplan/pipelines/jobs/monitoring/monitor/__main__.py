"""Checks a period and writes ``processing/output/monitoring.json``.

Inputs are the folders below ``processing/input``: ``baseline``, ``captured-0`` and perhaps
``captured-1``, and where labels arrive ``labelled-0``, ``labelled-1`` (requests old enough that their
labels are known) and ``labels-0``.
"""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .attribution import attribution_drift
from .capture import Record, read_baseline, read_captured, read_labels
from .drift import data_drift, prediction_drift, target_drift
from .errors import MonitorError
from .fairness import fairness
from .options import Options, parse_options
from .outcome import INSUFFICIENT, Outcome
from .quality import Labelled, join, labelled_baseline, quality

REPORT = "monitoring.json"


def report(
    baseline: list[Record],
    current: list[Record],
    judged: tuple[Labelled, Labelled] | None,
    options: Options,
) -> dict[str, Any]:
    """Everything that was asked for.

    Args:
        baseline: The held-out rows.
        current: The rows of the period.
        judged: The baseline and the current rows with labels, where labels arrive.
        options: What is asked for.
    """
    found: dict[str, Outcome] = {}
    for check in options.checks:
        if check == "data_drift":
            found[check] = data_drift(baseline, current, options)
        elif check == "prediction_drift":
            found[check] = prediction_drift(baseline, current, options)
        elif check == "attribution_drift":
            found[check] = attribution_drift(baseline, current, options)
        elif check == "fairness":
            found[check] = fairness(current, judged[1] if judged else None, options)
        elif judged is None:
            raise MonitorError(f"check {check} needs labels")
        elif check == "target_drift":
            found[check] = target_drift(judged[0].labels, judged[1].labels, options)
        else:
            found[check] = quality(*judged, options)
    metrics: dict[str, float] = {"rows": len(current)}
    for check, outcome in found.items():
        if outcome.drifted is not None:
            metrics[check] = int(outcome.drifted)
        metrics |= {f"{check}_{name}": value for name, value in outcome.metrics.items()}
    undecided = [check for check, outcome in found.items() if outcome.drifted is None]
    metrics["insufficient_data"] = len(undecided)
    return {
        "metrics": metrics,
        "drifted": any(outcome.drifted for outcome in found.values()),
        "rows": len(current),
        "baseline_rows": len(baseline),
        "columns": found["data_drift"].details.pop("columns", {}) if "data_drift" in found else {},
        "checks": {
            check: {"status": _status(outcome), **outcome.details}
            for check, outcome in found.items()
        },
    }


def _status(outcome: Outcome) -> str:
    if outcome.drifted is None:
        return INSUFFICIENT
    return "drifted" if outcome.drifted else "ok"


def main(arguments: list[str] | None = None) -> None:
    """Read, check, write.

    Raises:
        MonitorError: If an input cannot be used.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--captured", "--labelled"):
        parser.add_argument(name, nargs=2, help="begin and end in ISO 8601", metavar="MOMENT")
    parser.add_argument("--options", nargs="+", default=["{}"], help="JSON, in any pieces")
    given = parser.parse_args(arguments)
    if given.captured is None:
        parser.error("--captured is missing")
    root = Path(os.environ.get("ML_ROOT", "/opt/ml"))
    folders = root / "processing" / "input"
    options = parse_options("".join(given.options))
    captured = read_captured(_folders(folders, "captured"), *_window(given.captured))
    baseline = read_baseline(folders / "baseline")
    judged = None
    if given.labelled is not None and options.label is not None:
        asked = read_captured(_folders(folders, "labelled"), *_window(given.labelled)).records
        labels = read_labels(_folders(folders, "labels"), options.labels)
        judged = labelled_baseline(baseline, options.label), join(asked, labels)
    found = report(baseline, captured.records, judged, options)
    found |= {"captured_rows": captured.rows, "unanswered": captured.unanswered}
    output = root / "processing" / "output"
    output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, allow_nan=False)
    (output / REPORT).write_text(text, encoding="utf-8")
    print(json.dumps(found["metrics"]), flush=True)


def _window(given: list[str]) -> tuple[datetime, datetime]:
    begin, end = (datetime.fromisoformat(item) for item in given)
    return begin.replace(tzinfo=begin.tzinfo or UTC), end.replace(tzinfo=end.tzinfo or UTC)


def _folders(root: Path, name: str) -> list[Path]:
    return [path for path in sorted(root.glob(f"{name}-[01]")) if path.is_dir()]


if __name__ == "__main__":
    try:
        main()
    except MonitorError as exc:
        message = Path(os.environ.get("ML_ROOT", "/opt/ml")) / "output" / "message"
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(str(exc), encoding="utf-8")
        sys.exit(f"monitor: {exc}")
