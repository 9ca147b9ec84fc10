"""The commitment against rules of thumb, and how long it takes.

``python -m benchmarks.commitment`` writes the tables of docs/savings-plans.md. The first, what each
rule costs, is the same everywhere; the second, time and memory, is of the machine.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.measure import python
from numpy.typing import NDArray

from groundplan.blueprints.catalogue import price_book
from groundplan.blueprints.cost import UsageLine, cost_of, optimal_commitment

PAGE = Path(__file__).parent.parent / "docs" / "savings-plans.md"
YEAR = 8760
MONTHS = range(730, YEAR + 1, 730)
"""Hours at which a look-back ends: the ends of twelve equal months."""

Years = NDArray[np.float64]

ASSUMED = {"ml.c5.xlarge": 0.25, "ml.m5.xlarge": 0.27, "ml.g4dn.xlarge": 0.34, "ml.g5.xlarge": 0.42}
"""Discounts of a plan, made up for the comparison: AWS's own are not in the catalogue."""

RULES: dict[str, Callable[[Years], float]] = {
    "70 % of the lowest hour": lambda need: 0.7 * float(need.min()),
    "80 % of the lowest hour": lambda need: 0.8 * float(need.min()),
    "70 % of the mean hour": lambda need: 0.7 * float(need.mean()),
    "80 % of the mean hour": lambda need: 0.8 * float(need.mean()),
}
"""Commitments by rule, from what would cover each hour."""

LOOK_BACKS = (7, 30, 60)
"""Days of the look-back periods of GetSavingsPlansPurchaseRecommendation, botocore 1.44.5."""


@dataclass(frozen=True)
class Row:
    """What the rules cost on one profile, USD a year."""

    profile: str
    on_demand: float
    commitment: str
    best: float
    rules: dict[str, float]
    look_backs: dict[int, tuple[float, float]]
    """Lowest and highest bill over the twelve months of purchase, by days."""


def profiles() -> dict[str, list[UsageLine]]:
    """Years of instance-hours, all by formula."""
    hour = np.arange(YEAR)
    day, week = hour % 24, hour // 24 % 7
    office = (day >= 8) & (day < 18) & (week < 5)
    wave = 6 + 4 * np.sin(2 * np.pi * (day - 9) / 24)
    shapes: dict[str, tuple[str, NDArray[Any]]] = {
        "steady": ("ml.m5.xlarge", np.full(YEAR, 6)),
        "office hours": ("ml.c5.xlarge", np.where(office, 10, 2)),
        "day and night": ("ml.g4dn.xlarge", np.ceil(wave)),
        "holiday season": (
            "ml.m5.xlarge",
            np.ceil(wave * np.where(hour > 0.83 * YEAR, 2.5, 1.0)),
        ),
        "growth": ("ml.g5.xlarge", np.ceil(2 + 6 * hour / YEAR)),
        "nightly batch": ("ml.c5.xlarge", np.where(day < 4, 12, 0)),
        "launch in July": ("ml.g5.xlarge", np.where(hour > YEAR / 2, 4, 0)),
    }
    found = {name: [_line(name, *shape)] for name, shape in shapes.items()}
    found["all of them pooled"] = [line for lines in found.values() for line in lines]
    return found


def _line(name: str, instance_type: str, hours: NDArray[Any]) -> UsageLine:
    known = price_book().on_demand(instance_type, "hosting", "us-east-1")
    assert known is not None, instance_type
    price = float(known.usd_per_hour)
    return UsageLine(
        id=name,
        account="111111111111",
        owner=True,
        component="hosting",
        instance_type=instance_type,
        region="us-east-1",
        hours=hours,
        on_demand=price,
        plan_rate=round(price * (1 - ASSUMED[instance_type]), 6),
        assumed=True,
    )


def compare(lines: Sequence[UsageLine], profile: str) -> Row:
    """What the optimum and each rule cost on one profile."""
    need: Years = sum(  # type: ignore[assignment]
        line.hours * (line.plan_rate or 0.0) for line in lines
    )
    best = optimal_commitment(lines)
    look_backs = {}
    for days in LOOK_BACKS:
        bills = []
        for end in MONTHS:
            # The year repeats, so a look-back from its first month reaches into its last.
            window = np.arange(end - days * 24, end) % YEAR
            seen = [replace(line, hours=line.hours[window]) for line in lines]
            bills.append(cost_of(lines, optimal_commitment(seen).commitment).total_usd)
        look_backs[days] = (min(bills), max(bills))
    rules = {name: cost_of(lines, rule(need)).total_usd for name, rule in RULES.items()}
    return Row(profile, best.on_demand_usd, str(best.commitment), best.cost_usd, rules, look_backs)


def rules_table(rows: Sequence[Row]) -> str:
    """The bills as Markdown, USD a year."""
    heads = ["profile", "on demand", "commitment", "groundplan", *RULES]
    heads += [f"look-back of {days} days" for days in LOOK_BACKS]
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
    for row in rows:
        cells = [row.profile, f"{row.on_demand:,.0f}", row.commitment, f"{row.best:,.0f}"]
        cells += [f"{bill:,.0f}" for bill in row.rules.values()]
        for low, high in row.look_backs.values():
            same = f"{low:,.0f}" == f"{high:,.0f}"
            cells.append(f"{low:,.0f}" if same else f"{low:,.0f} to {high:,.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def sized(count: int) -> tuple[list[UsageLine], float]:
    """Lines of so many endpoints, each with a demand, size and price of its own; CPU of sizing."""
    from groundplan.blueprints.plan.sizing import (
        Demand,
        LatencyTarget,
        ServiceTime,
        instances_needed,
    )

    rng = np.random.default_rng(4)
    day = np.sin(2 * np.pi * (np.arange(YEAR) % 24 - 9) / 24)
    lines, spent = [], 0.0
    for number in range(count):
        base = rng.uniform(5, 50)
        demand = Demand(rps=base * (1.2 + day) * rng.uniform(0.9, 1.1, YEAR))
        service = ServiceTime(mean_ms=float(rng.uniform(10, 80)))
        start = time.process_time()
        counts = instances_needed(demand, service, LatencyTarget(max_ms=400.0), 4, minimum=2)
        spent += time.process_time() - start
        price = round(float(rng.uniform(0.1, 5)), 4)
        lines.append(
            UsageLine(
                id=f"endpoint-{number:04}",
                account=f"{number % 9:012}",
                owner=number % 9 == 0,
                component="hosting",
                instance_type=f"ml.type{number}.xlarge",
                region="eu-west-1",
                hours=counts,
                on_demand=price,
                plan_rate=round(price * float(rng.uniform(0.4, 0.9)), 5),
            )
        )
    return lines, spent


def timed(count: int) -> tuple[float, float, float]:
    """CPU in s of sizing and of committing so many endpoints, and memory in MiB of the latter."""
    lines, sizing = sized(count)
    optimal_commitment(lines[:2])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    optimal_commitment(lines)
    spent = time.process_time() - start
    return sizing, spent, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def speed_table(measure: Callable[[int], tuple[float, float, float]]) -> str:
    """Time and memory as Markdown, with the ratio of a thousand endpoints to a hundred."""
    few, many = measure(100), measure(1000)
    heads = ["endpoints, 8,760 hours each", "sizing", "commitment", "more memory in it"]
    lines = [f"| {' | '.join(heads)} |", "|---:|---:|---:|---:|"]
    for count, (sizing, spent, memory) in (("100", few), ("1,000", many)):
        lines.append(f"| {count} | {sizing:.2f} s | {spent:.2f} s | {memory:.0f} MiB |")
    lines.append(f"| ratio | {many[0] / few[0]:.1f} | {many[1] / few[1]:.1f} | |")
    return "\n".join(lines)


def _apart(count: int) -> tuple[float, float, float]:
    """The same in a process of its own, so that one count's peak does not hide the other's."""
    import subprocess

    code = f"from benchmarks.commitment import timed; print(*timed({count}))"
    done = subprocess.run(
        python(code), capture_output=True, text=True, check=True, cwd=PAGE.parent.parent
    )
    sizing, spent, memory = map(float, done.stdout.split())
    return sizing, spent, memory


def written(page: str, tables: Mapping[str, str]) -> str:
    """The page with each table between its marks."""
    for name, text in tables.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}"
    return page


def main() -> None:
    """Compare, measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true", help="print instead of writing the page")
    given = parser.parse_args()
    rows = [compare(lines, name) for name, lines in profiles().items()]
    tables = {"rules": rules_table(rows), "speed": speed_table(_apart)}
    if given.print:
        sys.stdout.write("\n\n".join(tables.values()) + "\n")
        return
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()
