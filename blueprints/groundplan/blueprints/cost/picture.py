"""A week of the bill as an SVG picture: what the Savings Plan covers, on demand, spot."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from groundplan.blueprints.cost.bill import LineBill
from groundplan.blueprints.cost.pooled import stretched
from groundplan.blueprints.cost.report import CostReport
from groundplan.blueprints.cost.usage import Hours

WEEK = 168
WIDTH, HEIGHT = 480, 392
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 126, 34
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

STYLE = """
.gp-cost { color: #1b1f24; background: #ffffff; font: 14px system-ui, sans-serif; }
.gp-cost text { fill: currentColor; }
.gp-cost .title { font-size: 17px; font-weight: 600; }
.gp-cost .axis { stroke: currentColor; stroke-opacity: 0.25; }
.gp-cost .plan { fill: #1f7a4d; }
.gp-cost .demand { fill: #d9822b; }
.gp-cost .spot { fill: #7a86d6; }
.gp-cost .line { stroke: currentColor; stroke-width: 2; stroke-dasharray: 6 4; fill: none; }
@media (prefers-color-scheme: dark) {
  .gp-cost { color: #e6e9ed; background: #14171a; }
  .gp-cost .plan { fill: #3fae77; }
  .gp-cost .demand { fill: #e9a04f; }
  .gp-cost .spot { fill: #98a2ee; }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Week:
    """USD an hour over one week, each of shape (168,)."""

    covered: Hours
    """Commitment that covers usage."""

    on_demand: Hours
    """Instances on demand."""

    spot: Hours
    """Training on spare capacity, at most."""

    commitment: float
    """All commitments, bought ones and those that are recommended."""

    assumed: bool
    """Whether a rate or a saving is assumed."""

    first_hour: int
    """First hour of the week in the horizon: 0, or the busiest week of a year."""

    unpriced: int
    """Lines of instances without a price, which are not shown."""


def week_of(report: CostReport) -> Week:
    """Return the week of a report: the busiest one where usage is given for a year."""
    uses = [use for cost in report.costs for use in cost.uses]
    length = max((len(use.hours) for use in uses), default=WEEK)
    covered, on_demand, spot = (np.zeros(length) for _ in range(3))
    assumed, pooled = False, set()
    for pool in report.pools:
        covered += stretched(pool.best.used_usd, length)
        on_demand += stretched(pool.best.on_demand_usd, length)
        for other in pool.other:  # what the bill counts of usage elsewhere is not ours
            on_demand -= _elsewhere(pool.best.lines, other.id) / length
        assumed |= pool.result.assumed
        pooled |= {line.id for line in pool.lines}
    for use in uses:
        price = use.line.price
        if price is None:
            continue
        if use.spot:
            spot += stretched(use.hours_most, length) * float(price.usd)
            assumed |= price.assumption is not None and not price.at_most
            if use.line.id in pooled:
                on_demand -= stretched(use.hours, length) * float(price.usd)
        elif use.line.id not in pooled:
            on_demand += stretched(use.hours, length) * float(price.usd)
    first = _busiest(covered + on_demand + spot)
    part = slice(first, first + WEEK)
    return Week(
        covered=covered[part],
        on_demand=np.maximum(on_demand[part], 0.0),
        spot=spot[part],
        commitment=sum(pool.best.commitment_usd for pool in report.pools),
        assumed=assumed,
        first_hour=first,
        unpriced=sum(use.line.price is None for use in uses),
    )


def _busiest(usd: Hours) -> int:
    weeks = len(usd) // WEEK
    sums = usd[: weeks * WEEK].reshape(weeks, WEEK).sum(axis=1)
    return int(np.argmax(np.round(sums, 9))) * WEEK


def picture(report: CostReport) -> str:
    """Return the picture, self-contained, the same bytes for the same report."""
    week = week_of(report)
    names = ", ".join(cost.project for cost in report.costs)
    stacks = [week.covered, week.on_demand, week.spot]
    top = _nice(max(float((week.covered + week.on_demand + week.spot).max()), week.commitment))
    labels = ("Savings Plan, used", "on demand", "spot training, at most")
    sums = [float(stack.sum()) for stack in stacks]
    assumed = " (ASSUMED rates)" if week.assumed else ""
    when = "A week" if not week.first_hour else f"Week {week.first_hour // WEEK + 1}, the busiest"
    about = (
        f"{when} of instances of {names}, USD an hour: "
        + ", ".join(f"{label} {usd:,.2f} USD" for label, usd in zip(labels, sums, strict=True))
        + f"; commitment {week.commitment:.5f} USD an hour{assumed}."
    )
    if week.unpriced:
        about += f" {week.unpriced} kinds of instances without a known price are not shown."
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" class="gp-cost" role="img"',
        f' viewBox="0 0 {WIDTH} {HEIGHT}" aria-labelledby="gp-cost-title gp-cost-about">',
        f'<title id="gp-cost-title">Cost of {escape(names)} over a week</title>',
        f'<desc id="gp-cost-about">{escape(about)}</desc>',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="10" y="24">{escape(_cut(names, 30))}: USD an hour</text>',
        *_legend(labels, sums, week.commitment, assumed),
        *_grid(top),
    ]
    base = np.zeros(WEEK)
    for stack, kind in zip(stacks, ("plan", "demand", "spot"), strict=True):
        if stack.any():
            parts.append(f'<path class="{kind}" d="{_area(base, base + stack, top)}"/>')
        base = base + stack
    if week.commitment:
        y = _y(week.commitment, top)
        parts.append(f'<path class="line" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
    if week.unpriced:
        kinds = "1 kind" if week.unpriced == 1 else f"{week.unpriced} kinds"
        note = f"not shown: {kinds} of instances without a known price"
        parts.append(f'<text x="{LEFT + 6}" y="{float(_y(top, top)) + 16:g}">{note}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _elsewhere(lines: Sequence[LineBill], id: str) -> float:
    return sum(line.on_demand_usd for line in lines if line.id == id)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _nice(value: float) -> float:
    """Return the top of the axis: 1, 2, 4, 5 or 10 times a power of ten, at least the value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return next(float(step * power) for step in (1, 2, 4, 5, 10) if step * power >= value * 0.999)


def _y(usd: float, top: float) -> str:
    return f"{TOP + (HEIGHT - TOP - BOTTOM) * (1 - usd / top):.1f}"


def _x(hour: float) -> str:
    return f"{LEFT + (WIDTH - LEFT - RIGHT) * hour / WEEK:.1f}"


def _area(low: Hours, high: Hours, top: float) -> str:
    """Return the outline between two step curves; hours of one height are one step."""
    up = [f"M{_x(0)} {_y(float(low[0]), top)}"]
    for hour in range(WEEK):
        if hour == 0 or high[hour] != high[hour - 1]:
            up.append(f"V{_y(float(high[hour]), top)}")
        if hour == WEEK - 1 or high[hour] != high[hour + 1]:
            up.append(f"H{_x(hour + 1)}")
    for hour in reversed(range(WEEK)):
        if hour == WEEK - 1 or low[hour] != low[hour + 1]:
            up.append(f"V{_y(float(low[hour]), top)}")
        if hour == 0 or low[hour] != low[hour - 1]:
            up.append(f"H{_x(hour)}")
    return "".join(up) + "Z"


def _legend(
    labels: Sequence[str], sums: Sequence[float], commitment: float, assumed: str
) -> list[str]:
    parts = []
    for index, (label, usd, kind) in enumerate(
        zip(labels, sums, ("plan", "demand", "spot"), strict=True)
    ):
        y = 46 + 19 * index
        parts.append(f'<rect class="{kind}" x="10" y="{y - 11}" width="14" height="12"/>')
        parts.append(f'<text x="30" y="{y}">{label}: {usd:,.2f} USD this week</text>')
    y = 46 + 19 * len(labels)
    note = f"commitment: {commitment:.5f} USD an hour" if commitment else "no commitment"
    parts.append(f'<path class="line" d="M10 {y - 5}H25"/>')
    parts.append(f'<text x="30" y="{y}">{note}{assumed}</text>')
    return parts


def _grid(top: float) -> list[str]:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = _y(share * top, top)
        parts.append(f'<path class="axis" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        parts.append(
            f'<text x="{LEFT - 6}" y="{float(y) + 5:.1f}" text-anchor="end">{share * top:g}</text>'
        )
    for index, day in enumerate(DAYS):
        middle = _x(24 * index + 12)
        parts.append(f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{day}</text>')
    return parts
