"""What a commitment does to the bill, hour by hour and line by line."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from groundplan.blueprints.cost.pool import Entry, Pool, pool
from groundplan.blueprints.cost.usage import Hours, OtherUsage, UsageLine


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBill:
    """One line of usage over the horizon."""

    id: str
    """Name of the line."""

    hours: float
    """Instance-hours; of usage elsewhere its USD on demand."""

    covered_hours: float
    """Those that the commitments cover."""

    plan_usd: float
    """Commitment that it uses."""

    on_demand_usd: float
    """What of it is charged on demand."""

    assumed: bool = False
    """Whether the plan's rate comes from an assumed discount."""

    @property
    def cost_usd(self) -> float:
        """What it costs: without a share of commitment that nobody used."""
        return self.plan_usd + self.on_demand_usd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HourlyBill:
    """The bill of a pool with its commitments, float64, USD by clock hour."""

    commitment_usd: float
    """All commitments, existing ones included, in every hour."""

    used_usd: Hours
    """Commitment that covers usage."""

    covered_usd: Hours
    """What the covered usage would cost on demand, of usage whose bill counts."""

    on_demand_usd: Hours
    """What is charged on demand, of usage whose bill counts."""

    lines: tuple[LineBill, ...]
    """The lines in the order of the input, then usage elsewhere."""

    assumed: bool
    """Whether any rate comes from an assumed discount."""

    eligible_usd: float
    """What eligible usage whose bill counts costs on demand over the horizon."""

    @property
    def unused_usd(self) -> Hours:
        """Commitment that is paid and lost."""
        return self.commitment_usd - self.used_usd

    @property
    def total_usd(self) -> float:
        """The bill of the horizon."""
        return self.commitment_usd * self.used_usd.size + math.fsum(self.on_demand_usd)

    @property
    def utilisation(self) -> float:
        """Share of the commitments that covers usage; 1 without a commitment."""
        paid = self.commitment_usd * self.used_usd.size
        return min(1.0, math.fsum(self.used_usd) / paid) if paid else 1.0

    @property
    def coverage(self) -> float:
        """Share of eligible usage, at on-demand prices, that is covered; 0 without any."""
        if not self.eligible_usd:
            return 0.0
        return min(1.0, math.fsum(self.covered_usd) / self.eligible_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over the horizon of a pool under its commitments, USD."""

    used: float
    """Commitment that covers usage."""

    covered: float
    """What that usage would cost on demand, where its bill counts."""

    cost: float
    """Commitments, and the rest on demand."""


def cost_of(
    lines: Sequence[UsageLine],
    commitment: Decimal | float,
    *,
    existing: Sequence[Decimal | float] = (),
    other_usage: Sequence[OtherUsage] = (),
) -> HourlyBill:
    """The bill when a commitment is added to the existing ones.

    In each clock hour the commitments together cover usage in the order of
    :func:`~groundplan.blueprints.cost.pool.pool`, the last line that they reach in part. What
    is left of them is lost, what is left of the usage is charged on demand. Existing
    commitments are taken to have the same rates and owner as the new one.

    Args:
        lines: The usage.
        commitment: To be added, USD an hour.
        existing: Commitments that run already, USD an hour each.
        other_usage: Usage elsewhere in the organisation.

    Raises:
        InputError: If the lines do not fit together.
    """
    usage = pool(lines, other_usage)
    paid = float(sum((Decimal(str(one)) for one in [commitment, *existing]), Decimal(0)))
    used, covered = np.zeros(usage.hours), np.zeros(usage.hours)
    on_demand = np.zeros(usage.hours)
    assumed = {line.id: line.assumed for line in lines}
    bills: dict[str, LineBill] = {}
    for entry, need, taken in covered_by(usage, paid):
        used += taken
        if entry.counted:
            covered += taken * (entry.worth / entry.rate)
            on_demand += (need - taken) * (entry.worth / entry.rate)
        bills[entry.id] = LineBill(
            id=entry.id,
            hours=float(need.sum()) / entry.rate,
            covered_hours=float(taken.sum()) / entry.rate,
            plan_usd=float(taken.sum()),
            on_demand_usd=float((need - taken).sum()) * (entry.worth / entry.rate),
            assumed=assumed.get(entry.id, False),
        )
    for line in lines:
        if line.plan_rate is None:
            on_demand += line.hours * line.on_demand
            hours = float(line.hours.sum())
            bills[line.id] = LineBill(
                id=line.id,
                hours=hours,
                covered_hours=0.0,
                plan_usd=0.0,
                on_demand_usd=hours * line.on_demand,
            )
    names = [line.id for line in lines] + [other.id for other in other_usage]
    return HourlyBill(
        commitment_usd=paid,
        used_usd=used,
        covered_usd=covered,
        on_demand_usd=on_demand,
        lines=tuple(bills[name] for name in names),
        assumed=usage.assumed,
        eligible_usd=usage.eligible_usd,
    )


def totals(usage: Pool, commitment: float) -> Totals:
    """Sums over the horizon of a pool under a commitment of so many USD an hour in all."""
    used, covered = [], []
    for entry, _, taken in covered_by(usage, commitment):
        part = float(taken.sum())
        used.append(part)
        covered.append(part * (entry.worth / entry.rate) if entry.counted else 0.0)
    saved = math.fsum(covered)
    cost = commitment * usage.hours + usage.eligible_usd - saved + usage.rest_usd
    return Totals(used=math.fsum(used), covered=saved, cost=cost)


def covered_by(usage: Pool, commitment: float) -> Iterator[tuple[Entry, Hours, Hours]]:
    """For each entry in its order: what it needs and what it gets of the commitment, by hour."""
    left = np.full(usage.hours, commitment)
    for entry in usage.entries:
        need = np.broadcast_to(entry.units * entry.rate, left.shape)
        taken = np.minimum(need, left)
        left -= taken
        yield entry, need, taken
