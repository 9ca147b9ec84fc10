"""How near predicted latencies come to simulated ones, and how long sizing takes.

``python -m benchmarks.sizing`` writes the table of docs/sizing.md; it takes about a minute. Speed is
printed only, since it is this machine's.
"""

import sys
import time
from pathlib import Path

import numpy as np

from groundplan.blueprints.plan.sizing import Demand, LatencyTarget, ServiceTime, instances_needed
from groundplan.blueprints.plan.sizing.queueing import response_percentile

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "sizing.md"
BEGIN, END = "<!-- begin table -->", "<!-- end table -->"
CVS, WORKERS, LOADS = (0.0, 0.3, 0.6, 1.0, 1.5, 2.0), (1, 4, 16), (0.3, 0.5, 0.7, 0.85)
SEEDS, REQUESTS = 3, 250_000
PERCENTILES = (95, 99)


def errors(cv: float, workers: int) -> list[dict[int, float]]:
    """Relative error of each percentile at each load; the simulated one is the mean over seeds."""
    from sizing_simulation import simulate

    found = []
    for load in LOADS:
        runs = [
            simulate(workers * load, 1.0, cv, workers, count=REQUESTS, seed=seed)
            for seed in range(10, 10 + SEEDS)
        ]
        found.append(
            {
                percentile: response_percentile(cv, percentile, workers, load)
                / float(np.mean([np.percentile(run, percentile) for run in runs]))
                - 1
                for percentile in PERCENTILES
            }
        )
    return found


def table() -> str:
    """The table of the page."""
    heads = [f"{load:.0%} busy" for load in LOADS]
    lines = [
        f"| cv | workers | {' | '.join(heads)} |",
        f"|---|---|{'---|' * len(heads)}",
    ]
    for cv in CVS:
        for workers in WORKERS:
            cells = [
                " / ".join(f"{error[percentile]:+.0%}" for percentile in PERCENTILES)
                for error in errors(cv, workers)
            ]
            lines.append(f"| {cv:g} | {workers} | {' | '.join(cells)} |")
    return "\n".join(lines)


def seconds() -> float:
    """CPU seconds in which 1,000 endpoints times 8,760 hours are sized."""
    rng = np.random.default_rng(0)
    demands = [Demand(rps=rng.uniform(1, 50, 8760)) for _ in range(1000)]
    began = time.process_time()
    for i, demand in enumerate(demands):
        instances_needed(
            demand, ServiceTime(mean_ms=40 + i / 100, cv=0.6), LatencyTarget(max_ms=250), 4
        )
    return time.process_time() - began


def main() -> None:
    """Write the table and print the speed."""
    sys.path.insert(0, str(ROOT / "tests"))
    print(f"1,000 endpoints x 8,760 hours: {seconds():.2f} s of CPU")
    page = PAGE.read_text("utf-8")
    head, rest = page.split(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}", "utf-8")


if __name__ == "__main__":
    main()
