"""The Savings Plan commitment that costs least, exactly."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from groundplan.blueprints.catalogue import Payment
from groundplan.blueprints.cost.bill import totals
from groundplan.blueprints.cost.curve import BillCurve, top_of
from groundplan.blueprints.cost.pool import Pool, pool
from groundplan.blueprints.cost.search import FIRST_STEP, GRANULARITY, Search
from groundplan.blueprints.cost.usage import OtherUsage, UsageLine
from groundplan.blueprints.errors import InputError

TermYears = Literal[1, 3]

EQUAL = 1e-13
"""Bills that differ by less than this share of the bill on demand are equal; a hundred times the
rounding of float64 sums that was seen over 1,000 lines of 8,760 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentResult:
    """A commitment and what it does to the bill of the horizon."""

    commitment: Decimal
    """USD an hour, to buy; 0 if none saves anything."""

    cost_usd: float
    """Bill of the horizon with it: existing commitments, it, and the rest on demand."""

    on_demand_usd: float
    """Bill of the horizon with everything on demand and no commitment at all."""

    without_usd: float
    """Bill of the horizon with the existing commitments only."""

    savings_usd: float
    """``without_usd`` less ``cost_usd``."""

    utilisation: float
    """Share of all commitments, existing ones included, that covers usage; 1 without any."""

    coverage: float
    """Share of what eligible usage costs on demand that commitments cover."""

    interval: tuple[Decimal, Decimal]
    """The smallest and the largest commitment that cost as little and all between do;
    ``commitment`` is the smallest."""

    assumed: bool
    """Whether any rate comes from an assumed discount."""

    hours: int
    """Clock hours of the horizon."""


@dataclass(frozen=True, slots=True)
class Offering:
    """A kind of Savings Plan, with rates of its own."""

    term_years: TermYears
    """Length of the commitment."""

    payment: Payment
    """When it is paid."""


def optimal_commitment(
    lines: Sequence[UsageLine],
    *,
    existing: Sequence[Decimal | float] = (),
    other_usage: Sequence[OtherUsage] = (),
    granularity: Decimal = GRANULARITY,
) -> CommitmentResult:
    """The commitment that minimises the bill of the horizon; the smallest of equal ones.

    The bill is that of :func:`~groundplan.blueprints.cost.bill.cost_of`: piecewise linear in the
    commitment, and convex unless the owner's usage saves less than that of other accounts. All
    kinks are considered, so the result is exact in either case, over all commitments that
    AWS sells: 0, or from 0.001 to 1,000,000 USD an hour in steps of ``granularity``. With equal
    rates in every hour this is the newsvendor's rule: cover what is used in at least the share
    plan rate / on demand of the hours.

    Args:
        lines: The usage of all endpoints, models, environments, projects and accounts that share
            the plan, with the rates of one offering.
        existing: Commitments that run already, USD an hour each; taken to have the same rates.
        other_usage: Usage elsewhere in the organisation, which takes its part by the same rules.
        granularity: Step of the commitment, USD an hour.

    Returns:
        The commitment and its bill; 0 where no line has a plan rate, since nothing is saved then.

    Raises:
        InputError: If the lines do not fit together, or a commitment or step is out of range.
    """
    usage = pool(lines, other_usage)
    before, step = existing_sum(existing), _granularity(granularity)
    curve = BillCurve(usage, top_of([usage], max(float(step), FIRST_STEP)))
    search = Search([curve], [0.0], before, step, tolerance(usage))
    found = search.lowest()
    result = evaluate(usage, found.smallest, before)
    return replace(result, interval=(found.smallest, found.largest))


def evaluate(usage: Pool, commitment: Decimal, existing: Decimal) -> CommitmentResult:
    """What a commitment does to the bill of a pool, whether it is the best or not.

    Args:
        usage: The pool.
        commitment: To be added, USD an hour.
        existing: Sum of the commitments that run already, USD an hour.
    """
    with_it = totals(usage, float(existing + commitment))
    without = totals(usage, float(existing)).cost if existing else usage.eligible_usd
    without += 0.0 if existing else usage.rest_usd
    paid = float(existing + commitment) * usage.hours
    return CommitmentResult(
        commitment=commitment,
        cost_usd=with_it.cost,
        on_demand_usd=usage.eligible_usd + usage.rest_usd,
        without_usd=without,
        savings_usd=without - with_it.cost if commitment else 0.0,
        utilisation=min(1.0, with_it.used / paid) if paid else 1.0,
        coverage=min(1.0, with_it.covered / usage.eligible_usd) if usage.eligible_usd else 0.0,
        interval=(commitment, commitment),
        assumed=usage.assumed,
        hours=usage.hours,
    )


def optimal_by_offering(
    lines_by_offering: Mapping[Offering, Sequence[UsageLine]],
    *,
    existing: Sequence[Decimal | float] = (),
    other_usage: Mapping[Offering, Sequence[OtherUsage]] | None = None,
) -> tuple[tuple[Offering, CommitmentResult], ...]:
    """The best commitment under each offering, the lowest bill first.

    Only bills are compared: that three years bind longer than one, and that money paid up front
    costs interest, is for the reader to weigh. Equal bills: the shorter term, then the
    later payment.

    Args:
        lines_by_offering: The same usage with the rates of each offering.
        existing: Commitments that run already, USD an hour each.
        other_usage: Usage elsewhere, with the discounts of each offering. Default: none.

    Raises:
        InputError: As for :func:`optimal_commitment`.
    """
    found = [
        (
            offering,
            optimal_commitment(
                lines, existing=existing, other_usage=(other_usage or {}).get(offering, ())
            ),
        )
        for offering, lines in lines_by_offering.items()
    ]
    payments = ("no_upfront", "partial_upfront", "all_upfront")
    return tuple(
        sorted(
            found,
            key=lambda pair: (
                round(pair[1].cost_usd, 2),
                pair[0].term_years,
                payments.index(pair[0].payment),
            ),
        )
    )


def tolerance(usage: Pool) -> float:
    """Difference below which two bills of a pool are equal, USD over the horizon."""
    return EQUAL * max(1.0, usage.eligible_usd)


def existing_sum(commitments: Iterable[Decimal | float]) -> Decimal:
    """The sum of commitments, USD an hour.

    Raises:
        InputError: If one is negative or not a number.
    """
    total = Decimal(0)
    for commitment in commitments:
        value = Decimal(str(commitment))
        if not (value.is_finite() and value >= 0):
            raise InputError(
                "existing commitments",
                "not a commitment",
                got=commitment,
                fix="give USD an hour, at least 0",
            )
        total += value
    return total


def _granularity(step: Decimal) -> Decimal:
    if not (step.is_finite() and step >= GRANULARITY and step % GRANULARITY == 0):
        raise InputError(
            "granularity",
            "not a step of a commitment",
            got=step,
            fix=f"give a multiple of {GRANULARITY} USD an hour",
        )
    return step
