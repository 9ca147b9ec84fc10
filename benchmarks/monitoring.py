"""How often the monitoring job alarms: on real data that has changed, and on data that has not.

``python -m benchmarks.monitoring`` writes the table of docs/monitoring.md. The trials run with the
interpreter of `.venv-monitoring`, which ``make environments`` makes.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-monitoring" / "bin" / "python"
JOB = ROOT / "pipelines" / "groundplan" / "pipelines" / "jobs" / "monitoring"
PAGE = ROOT / "docs" / "monitoring.md"
BEGIN, END = "<!-- begin table -->", "<!-- end table -->"
DATA = ("breast cancer", "breast cancer, means", "diabetes", "digits", "iris", "wine")
SEEDS = 200
Z = 1.96
SHIFTS = {
    "columns_shifted": "a tenth of the columns moved by one standard deviation",
    "values_missing": "a tenth of the columns empty in 40 % of the rows",
    "answers_shifted": "answers moved by one standard deviation; 40 % turned into one class",
    "labels_shifted": "half of the rows with a high label, or of class 0, do not come",
    "labels_wrong": "40 % of the labels are other rows'",
    "feature_ignored": "the model no longer sees its three most important columns",
    "group_favoured": "90 % of one group's answers turned positive",
}


def trials(seeds: int, data: Sequence[str]) -> list[dict[str, Any]]:
    """Counts of runs and alarms by data set, check and shift.

    Raises:
        SystemExit: If the environment of the job is not there.
    """
    if not PYTHON.exists():
        sys.exit(f"{PYTHON} is missing; run make environments")
    done = subprocess.run(
        [str(PYTHON), "-W", "ignore", str(Path(__file__).with_name("monitoring_trials.py")),
         str(seeds), *data],
        env={**os.environ, "PYTHONPATH": str(JOB), "OMP_NUM_THREADS": "1",
             "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(done.stderr[-2000:])
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def interval(alarms: int, runs: int) -> tuple[float, float]:
    """Wilson's 95 % confidence interval of a rate."""
    share = alarms / runs
    middle = (share + Z**2 / (2 * runs)) / (1 + Z**2 / runs)
    width = Z * sqrt(share * (1 - share) / runs + Z**2 / (4 * runs**2)) / (1 + Z**2 / runs)
    return max(0.0, middle - width), min(1.0, middle + width)


def table(found: list[dict[str, Any]]) -> str:
    """The counts as Markdown."""
    lines = [
        "| check | data | what changed | alarms | rate | 95 % interval |",
        "|---|---|---|---|---|---|",
    ]
    order = list(dict.fromkeys(row["check"] for row in found))
    for row in sorted(found, key=lambda row: (order.index(row["check"]), row["data"])):
        change = "nothing" if row["shift"] == "nothing" else SHIFTS[row["shift"]]
        if not row["runs"]:
            cells = ["-", "insufficient data", "-"]
        else:
            low, high = interval(row["alarms"], row["runs"])
            cells = [
                f"{row['alarms']} of {row['runs']}",
                f"{row['alarms'] / row['runs']:.1%}",
                f"{low:.1%} to {high:.1%}",
            ]
        lines.append(f"| {' | '.join([row['check'], row['data'], change, *cells])} |")
    return "\n".join(lines)


def summary(found: list[dict[str, Any]]) -> str:
    """All data sets together: false alarms and detections of each check."""
    lines = ["| check | false alarms | detections |", "|---|---|---|"]
    for check in dict.fromkeys(row["check"] for row in found):
        cells = []
        for wanted in (True, False):
            rows = [r for r in found if r["check"] == check and (r["shift"] == "nothing") is wanted]
            alarms, runs = sum(r["alarms"] for r in rows), sum(r["runs"] for r in rows)
            low, high = interval(alarms, runs) if runs else (0.0, 1.0)
            cells.append(f"{alarms} of {runs}: {low:.1%} to {high:.1%}")
        lines.append(f"| {' | '.join([check, *cells])} |")
    return "\n".join(lines)


def main() -> None:
    """Run the trials and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="trials of each kind")
    parser.add_argument("--print", action="store_true", help="print instead of writing the page")
    given = parser.parse_args()
    found = trials(given.seeds, DATA)
    text = f"{summary(found)}\n\n{table(found)}"
    if given.print:
        print(text)
        return
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
