"""The cost of a month as a page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from groundplan.blueprints.cost.lines import CostLine, Total, source_of, span, total
from groundplan.blueprints.cost.pooled import PoolCost
from groundplan.blueprints.cost.report import CostReport, month


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the bill, for a reader."""

    what: str
    """What it is."""

    quantity: str
    """Quantity a month, with its unit."""

    usd: str
    """USD a month; ``?`` where no price is known."""

    source: int
    """Number of the price's source, from 1 on; 0 where no price is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one stage costs in its account."""

    stage: str
    """Tooling, data or environment."""

    account: str
    """Account that pays."""

    usd: str
    """USD a month, with what it is at most."""

    missing: str
    """Quantities without a price; empty if all have one."""

    share: Decimal
    """Percent of what all parts cost at least."""

    lines: tuple[Line, ...]
    """Its lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A Savings Plan, for a reader."""

    title: str
    """Whose it is."""

    facts: tuple[str, ...]
    """What is known and computed of it."""

    offerings: tuple[tuple[str, ...], ...]
    """Best commitment under each offering: plan, USD an hour, saving a month, rates."""

    drops: tuple[tuple[str, ...], ...]
    """What happens when demand drops: by, saving a month, used, best commitment."""


def sources(report: CostReport) -> tuple[str, ...]:
    """Return who says the prices, each once, sorted."""
    lines = (line for cost in report.costs for line in cost.lines)
    return tuple(sorted({source_of(line) for line in lines if line.price is not None}))


def parts(report: CostReport) -> tuple[Part, ...]:
    """Return what each part of the project costs."""
    numbers = {source: number for number, source in enumerate(sources(report), start=1)}
    whole = report.total.least
    found = []
    for cost in report.costs:
        for stage, account, part in cost.by_environment():
            lines = [
                item for item in cost.lines if (item.environment, item.account) == (stage, account)
            ]
            found.append(
                Part(
                    stage=stage,
                    account=account,
                    usd=text(part),
                    missing=missing(part),
                    share=(100 * part.least / whole).quantize(Decimal("0.1"))
                    if whole
                    else Decimal(0),
                    lines=tuple(_line(line, numbers) for line in lines),
                )
            )
    return tuple(found)


def by_kind(report: CostReport) -> tuple[tuple[str, str, Decimal], ...]:
    """Return kind, USD a month and percent of the whole, the dearest first."""
    kinds: dict[str, list[CostLine]] = {}
    for cost in report.costs:
        for line in cost.lines:
            kinds.setdefault(line.kind.replace("_", " "), []).append(line)
    sums = {kind: total(lines) for kind, lines in kinds.items()}
    most = sum((one.most for one in sums.values()), Decimal(0))
    return tuple(
        (kind, text(one), (100 * one.most / most).quantize(Decimal("0.1")) if most else Decimal(0))
        for kind, one in sorted(sums.items(), key=lambda item: (-item[1].most, item[0]))
    )


def text(sums: Total) -> str:
    """Return a sum as text, with a plus where it lacks what has no price."""
    amount = span(sums.least, sums.most)
    return amount if sums.complete else f"{amount} +"


def missing(sums: Total) -> str:
    """Return the quantities that no price is known for."""
    return ", ".join(
        f"{quantity.normalize():f} {unit}{'s' if quantity != 1 else ''}"
        for unit, quantity in sums.missing
    )


def not_counted(report: CostReport) -> tuple[tuple[str, str, str], ...]:
    """Return what costs money and is in no line: what, where, why."""
    found: dict[tuple[str, str], list[str]] = {}
    for cost in report.costs:
        for item in cost.not_counted:
            found.setdefault((item.what, item.why), []).append(item.environment)
    return tuple((what, ", ".join(places), why) for (what, why), places in found.items())


def savings_plans(pools: Sequence[PoolCost]) -> tuple[Plan, ...]:
    """Return the Savings Plans: what is bought, what is worth buying, what a drop does."""
    return tuple(
        Plan(
            title=f"Savings Plan of {pool.name}",
            facts=tuple(_facts(pool)),
            offerings=tuple(
                (
                    ("1 year" if offering.term_years == 1 else f"{offering.term_years} years")
                    + f", {offering.payment.replace('_', ' ')}",
                    f"{best.commitment:.5f}",
                    f"{month(best.savings_usd, best.hours):,.2f}",
                    "assumed" if best.assumed else "known",
                )
                for offering, best in pool.offerings
            ),
            drops=tuple(
                (
                    f"{drop.drop:.0%}",
                    f"{month(drop.result.savings_usd, drop.result.hours):,.2f}",
                    f"{drop.result.utilisation:.1%}",
                    f"{drop.best:.5f}",
                )
                for drop in pool.drops
            ),
        )
        for pool in pools
    )


def _facts(pool: PoolCost) -> list[str]:
    result = pool.result
    mark = " (assumed)" if result.assumed else ""
    found = []
    if pool.existing and pool.rated:
        found.append(
            f"Bought: {pool.existing:.5f} USD an hour{mark}, {pool.bill.utilisation:.1%} used, "
            f"{pool.bill.coverage:.1%} covered, saves {pool.saved(pool.bill):,.2f} USD a month"
        )
    elif pool.existing:
        found.append(
            f"Bought: {pool.existing:.5f} USD an hour; what it saves is not known without rates"
        )
    found += pool.warnings
    if result.assumed:
        found.append(f"A discount of {pool.assumed_discount:.0%} is assumed where no rate is known")
    if pool.unrated:
        found.append(f"No rate is known, so not covered: {', '.join(pool.unrated)}")
    if pool.offerings:
        saving = month(result.savings_usd, result.hours)
        found.append(
            f"{'Add' if pool.existing else 'Commit'} {result.commitment:.5f} USD an hour{mark}: saves "
            f"{saving:,.2f} USD a month, {result.utilisation:.1%} used, {result.coverage:.1%} covered"
        )
    else:
        found.append(
            "No commitment can be computed: import AWS's rates, or give "
            "cost.savings_plan.assumed_discount"
        )
    if pool.no_regret is not None:
        found.append(
            f"No regret{mark}: up to {pool.no_regret.break_even:.5f} USD an hour saves at each drop of "
            f"demand; {pool.no_regret.minimax_regret:.5f} has the least regret"
        )
    return found


def _line(line: CostLine, numbers: dict[str, int]) -> Line:
    usd = "?"
    if line.usd_least is not None and line.usd_most is not None:
        usd = span(line.usd_least, line.usd_most)
    one = line.least == line.most == 1
    return Line(
        what=line.what,
        quantity=f"{span(line.least.normalize(), line.most.normalize())} {line.unit}{'' if one else 's'}",
        usd=usd,
        source=0 if line.price is None else numbers[source_of(line)],
    )
