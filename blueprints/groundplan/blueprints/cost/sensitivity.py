"""How the saving falls when demand does, and commitments that stand it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from groundplan.blueprints.cost.commitment import (
    CommitmentResult,
    evaluate,
    existing_sum,
    tolerance,
)
from groundplan.blueprints.cost.curve import BillCurve, top_of
from groundplan.blueprints.cost.pool import Pool, pool
from groundplan.blueprints.cost.search import FIRST_STEP, GRANULARITY, Search
from groundplan.blueprints.cost.usage import OtherUsage, UsageLine
from groundplan.blueprints.errors import InputError

DROPS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Shares by which demand drops."""

Resize = Callable[[float], Sequence[UsageLine]]
"""Lines sized anew for demand that dropped by a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropResult:
    """What a commitment does when demand drops."""

    drop: float
    """Share by which demand is lower, from 0 to below 1."""

    result: CommitmentResult
    """The bill with the commitment; its saving is negative where it costs more than it saves."""

    best: Decimal
    """Commitment that would have been the best, USD an hour."""

    regret_usd: float
    """What the bill is above that of the best one over the horizon; never below 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRegret:
    """Commitments that stand a drop of demand. Savings are against buying nothing."""

    break_even: Decimal
    """The largest commitment whose saving is at least 0 at each of the drops; above it some drop
    makes the plan a loss. USD an hour."""

    maximin: Decimal
    """The commitment whose lowest saving over the drops is highest; the smallest of equal ones."""

    maximin_saving_usd: float
    """That saving over the horizon."""

    minimax_regret: Decimal
    """The commitment whose highest regret over the drops is lowest, where regret is what its bill
    is above the bill of the best commitment for that drop; the smallest of equal ones."""

    minimax_regret_usd: float
    """That regret over the horizon."""

    drops: tuple[float, ...]
    """The drops, 0 included, ascending."""


def sensitivity(
    lines: Sequence[UsageLine],
    commitment: Decimal,
    drops: Sequence[float] = DROPS,
    *,
    existing: Sequence[Decimal | float] = (),
    other_usage: Sequence[OtherUsage] = (),
    resize: Resize | None = None,
) -> tuple[DropResult, ...]:
    """What a commitment costs and saves when demand drops after it was bought.

    Args:
        lines: The usage without a drop.
        commitment: USD an hour.
        drops: Shares by which demand drops.
        existing: Commitments that run already, USD an hour each.
        other_usage: Usage elsewhere, which does not drop.
        resize: Makes the lines of a drop, which matters where minimum instance counts hold usage
            up. Default: hours fall in proportion, the worse case.

    Raises:
        InputError: If a drop is not in [0, 1), or the lines do not fit together.
    """
    before = existing_sum(existing)
    found = []
    for drop, usage in _dropped(lines, sorted(set(drops)), other_usage, resize):
        result = evaluate(usage, commitment, before)
        curve = BillCurve(usage, top_of([usage], FIRST_STEP))
        best = Search([curve], [0.0], before, GRANULARITY, tolerance(usage)).lowest()
        regret = result.cost_usd - evaluate(usage, best.smallest, before).cost_usd
        found.append(
            DropResult(drop=drop, result=result, best=best.smallest, regret_usd=max(0.0, regret))
        )
    return tuple(found)


def no_regret_commitment(
    lines: Sequence[UsageLine],
    drops: Sequence[float] = DROPS,
    *,
    existing: Sequence[Decimal | float] = (),
    other_usage: Sequence[OtherUsage] = (),
    resize: Resize | None = None,
) -> NoRegret:
    """Commitments that stand each of some drops of demand, and no drop.

    Where savings fall along the order of application (always, unless the owner's usage saves less
    than that of other accounts), hours in proportion to demand save less the lower it is, so
    that a commitment that stands the largest drop stands every smaller one. Otherwise only
    the drops that are given are stood.

    Args:
        lines: The usage without a drop.
        drops: Shares by which demand may drop; 0 is added.
        existing: Commitments that run already, USD an hour each.
        other_usage: Usage elsewhere, which does not drop.
        resize: Makes the lines of a drop. Default: hours fall in proportion.

    Raises:
        InputError: If a drop is not in [0, 1), or the lines do not fit together.
    """
    before = existing_sum(existing)
    every = sorted({0.0, *drops})
    usages = [usage for _, usage in _dropped(lines, every, other_usage, resize)]
    top, equal = top_of(usages, FIRST_STEP), tolerance(usages[0])
    curves = [BillCurve(usage, top) for usage in usages]
    nothing = [-curve.at(float(before)) for curve in curves]
    bests = [Search([curve], [0.0], before, GRANULARITY, equal).lowest() for curve in curves]
    best = [-one.value for one in bests]
    saving = Search(curves, nothing, before, GRANULARITY, equal)
    maximin = saving.lowest()
    regret = Search(curves, best, before, GRANULARITY, equal).lowest()
    return NoRegret(
        break_even=saving.largest_free(),
        maximin=maximin.smallest,
        maximin_saving_usd=max(0.0, -maximin.value),
        minimax_regret=regret.smallest,
        minimax_regret_usd=max(0.0, regret.value),
        drops=tuple(every),
    )


def _dropped(
    lines: Sequence[UsageLine],
    drops: Sequence[float],
    other_usage: Sequence[OtherUsage],
    resize: Resize | None,
) -> list[tuple[float, Pool]]:
    whole = pool(lines, other_usage)
    found = []
    for drop in drops:
        if not 0 <= drop < 1:
            raise InputError(
                "drops", "not a drop of demand", got=drop, fix="give shares from 0 to below 1"
            )
        usage = whole.scaled(1 - drop) if resize is None else pool(resize(drop), other_usage)
        if usage.hours != whole.hours:
            raise InputError(
                "resize",
                f"not the {whole.hours} clock hours of the lines",
                got=usage.hours,
                fix="size the same horizon",
            )
        found.append((drop, usage))
    return found
