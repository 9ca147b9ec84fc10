"""The Savings Plan commitment that costs least, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from groundplan.blueprints.cost.usage import OtherUsage, UsageLine

GRANULARITY = Decimal("0.00001")
"""Smallest step of a commitment, USD an hour."""

SMALLEST = Decimal("0.001")
"""Smallest commitment, USD an hour."""

LARGEST = Decimal(1_000_000)
"""Largest commitment, USD an hour.

Source of the three: CreateSavingsPlan, botocore 1.44.5.
"""


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
    """Share of all commitments, existing ones included, that covers usage."""

    coverage: float
    """Share of what eligible usage costs on demand that commitments cover."""

    interval: tuple[Decimal, Decimal]
    """The smallest and the largest commitment that cost as little and all between do;
    ``commitment`` is the smallest."""

    assumed: bool
    """Whether any rate comes from an assumed discount."""

    hours: int
    """Clock hours of the horizon."""


def optimal_commitment(
    lines: Sequence[UsageLine],
    *,
    existing: Sequence[Decimal | float] = (),
    other_usage: Sequence[OtherUsage] = (),
    granularity: Decimal = GRANULARITY,
) -> CommitmentResult:
    """The commitment that minimises the bill of the horizon; the smallest of equal ones."""
    raise NotImplementedError
