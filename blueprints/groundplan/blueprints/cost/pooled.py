"""The commitments over all given projects: who shares one, and what it saves."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from groundplan.blueprints.cost.bill import HourlyBill, cost_of
from groundplan.blueprints.cost.collect import InstanceUse
from groundplan.blueprints.cost.commitment import (
    CommitmentResult,
    Offering,
    optimal_by_offering,
    optimal_commitment,
)
from groundplan.blueprints.cost.lines import HOURS_PER_MONTH, cents
from groundplan.blueprints.cost.project import ProjectCost
from groundplan.blueprints.cost.sensitivity import (
    DropResult,
    NoRegret,
    no_regret_commitment,
    sensitivity,
)
from groundplan.blueprints.cost.usage import Hours, OtherUsage, UsageLine
from groundplan.blueprints.errors import InputError
from groundplan.blueprints.spec import ProjectSpec, SavingsPlanSpec

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.price_book import PriceBook

OFFERINGS = tuple(
    Offering(term, payment)
    for term in (1, 3)
    for payment in ("no_upfront", "partial_upfront", "all_upfront")
)
"""Every kind of plan that AWS sells."""

_AGREE = (
    "term_years",
    "payment",
    "assumed_discount",
    "other_sagemaker_usage",
    "commitment_usd_per_hour",
    "min_utilisation",
    "min_coverage",
)
"""What projects that share a plan must say alike, or leave to one of them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoolCost:
    """The Savings Plan of projects that share one."""

    name: str
    """The organisation, or the project, whose usage it covers."""

    projects: tuple[str, ...]
    """Projects that share it, in the order given."""

    offering: Offering
    """Term and payment that the specs prefer."""

    lines: tuple[UsageLine, ...]
    """Usage that a plan may cover, with the rates of the offering."""

    existing: Decimal
    """Commitment that was bought, USD an hour."""

    other: tuple[OtherUsage, ...]
    """Usage elsewhere that takes its part."""

    min_utilisation: float
    """Share of the bought commitment below which its use is worth a warning."""

    min_coverage: float
    """Share of the usage below which its coverage is worth a warning."""

    assumed_discount: float | None
    """Discount that is assumed where no rate is known."""

    unrated: tuple[str, ...]
    """Instance types and components without a known or assumed rate; none of them is covered."""

    result: CommitmentResult
    """The commitment to add that costs least."""

    bill: HourlyBill
    """The bill with the existing commitment only."""

    best: HourlyBill
    """The bill with the commitment added."""

    offerings: tuple[tuple[Offering, CommitmentResult], ...]
    """The best under each offering with some known rate, the lowest bill first."""

    drops: tuple[DropResult, ...]
    """The commitment when demand drops; empty where it is 0."""

    no_regret: NoRegret | None
    """Commitments that stand a drop; None where it is 0."""

    @property
    def rated(self) -> bool:
        """Whether any usage has a known or assumed rate; without one, savings are not known."""
        return any(line.plan_rate is not None for line in self.lines)

    def saved(self, bill: HourlyBill) -> Decimal:
        """USD a month that commitments save against everything on demand; negative for a loss.

        0 where no rate is known.
        """
        if not self.rated:
            return Decimal("0.00")
        hours = len(bill.used_usd)
        return cents(
            Decimal(str((self.result.on_demand_usd - bill.total_usd) * HOURS_PER_MONTH / hours))
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the bought commitment misses of the shares that the specs ask for."""
        found = []
        if self.existing and self.rated:
            for name, value, least in (
                ("utilisation", self.bill.utilisation, self.min_utilisation),
                ("coverage", self.bill.coverage, self.min_coverage),
            ):
                if value < least:
                    found.append(
                        f"cost.savings_plan.min_{name}: {name} is below {least:.0%}, got {value:.1%}"
                    )
        return tuple(found)

    def saved_on(self, prefix: str) -> Decimal:
        """USD a month that the existing commitment saves on lines whose ids begin with a prefix.

        Commitment that nobody uses is nobody's: it is only in the whole pool's sum.
        """
        worth = {line.id: line.on_demand for line in self.lines}
        saved = sum(
            line.hours * worth[line.id] - line.cost_usd
            for line in self.bill.lines
            if line.id.startswith(prefix)
        )
        return cents(Decimal(str(saved * HOURS_PER_MONTH / len(self.bill.used_usd))))


def horizon(uses: Sequence[InstanceUse]) -> int:
    """Return the clock hours that all usage is put on: a week, or a year where some has one."""
    return max((len(use.hours) for use in uses), default=168)


def stretched(hours: Hours, length: int) -> Hours:
    """Return hours over a longer horizon: a week is repeated, from a Monday on."""
    return hours if len(hours) == length else np.resize(hours, length)


def pools(costs: Sequence[ProjectCost]) -> tuple[PoolCost, ...]:
    """Return the Savings Plans of some projects, in the order of the first project of each.

    Projects of one organisation share one, unless they say ``pool: project``. Where one of
    them wants a plan, the usage of the others of the organisation that say nothing is covered too,
    as AWS does it. Only hours that are certain and whose place in the week is known count.

    Raises:
        InputError: If projects that share a plan contradict each other.
    """
    members: dict[tuple[str, str], list[ProjectCost]] = {}
    for cost in costs:
        plan = _plan(cost.spec)
        alone = plan is not None and plan.pool == "project"
        key = ("project", cost.project) if alone else ("organization", cost.spec.organization)
        members.setdefault(key, []).append(cost)
    found = []
    for (_, name), together in members.items():
        if any(_plan(cost.spec) is not None for cost in together):
            one = _pool(name, together)
            if one is not None:
                found.append(one)
    return tuple(found)


def _plan(spec: ProjectSpec) -> SavingsPlanSpec | None:
    return spec.cost.savings_plan if spec.cost is not None else None


def _agreed(name: str, costs: Sequence[ProjectCost]) -> SavingsPlanSpec:
    """Return the preferences that projects share.

    Raises:
        InputError: If two of them say different things.
    """
    said: dict[str, object] = {}
    by: dict[str, str] = {}
    for cost in costs:
        plan = _plan(cost.spec)
        if plan is None:
            continue
        for field in _AGREE:
            if field not in plan.model_fields_set or (value := getattr(plan, field)) is None:
                continue
            if field in said and said[field] != value:
                raise InputError(
                    f"{cost.project}: cost.savings_plan.{field}",
                    f"{name} shares one Savings Plan, of which {by[field]} says {said[field]}",
                    got=value,
                    fix="say the same in both, or 'pool: project'",
                )
            said[field], by[field] = value, cost.project
    return SavingsPlanSpec.model_validate(said)


def _pool(name: str, costs: Sequence[ProjectCost]) -> PoolCost | None:
    uses = [use for cost in costs for use in cost.uses if use.line.price is not None]
    if not uses:
        return None
    wanted = _agreed(name, costs)
    books = {cost.project: cost.book for cost in costs}
    owners = {account for cost in costs if (account := _owner(cost.spec)) is not None}
    offering = Offering(wanted.term_years, wanted.payment)
    length = horizon(uses)
    discount = wanted.assumed_discount
    lines = [
        _line(use, owners, books[use.line.project], offering, discount, length) for use in uses
    ]
    usage = wanted.other_sagemaker_usage
    other = () if not usage else (OtherUsage(usd_per_hour=usage),)
    bought = Decimal(str(wanted.commitment_usd_per_hour or 0))
    result = optimal_commitment(lines, existing=[bought], other_usage=other)
    by_offering = {}
    for one in OFFERINGS:
        assumed = discount if one == offering else None
        rated = [_line(use, owners, books[use.line.project], one, assumed, length) for use in uses]
        if any(line.plan_rate is not None for line in rated):
            by_offering[one] = rated
    worth = result.commitment > 0
    return PoolCost(
        name=name,
        projects=tuple(cost.project for cost in costs),
        offering=offering,
        lines=tuple(lines),
        existing=bought,
        other=other,
        min_utilisation=wanted.min_utilisation,
        min_coverage=wanted.min_coverage,
        assumed_discount=discount,
        unrated=tuple(
            sorted(
                {
                    f"{use.instance_type} {use.component} {use.line.region}"
                    for use, line in zip(uses, lines, strict=True)
                    if line.plan_rate is None and use.steady and not use.spot
                }
            )
        ),
        result=result,
        bill=cost_of(lines, Decimal(0), existing=[bought], other_usage=other),
        best=cost_of(lines, result.commitment, existing=[bought], other_usage=other),
        offerings=optimal_by_offering(
            by_offering,
            existing=[bought],
            other_usage={one: other for one in by_offering},
        ),
        drops=sensitivity(lines, result.commitment, existing=[bought], other_usage=other)
        if worth
        else (),
        no_regret=no_regret_commitment(lines, existing=[bought], other_usage=other)
        if worth
        else None,
    )


def _owner(spec: ProjectSpec) -> str | None:
    """Return the account that owns the plan, where a project says or implies one."""
    plan = _plan(spec)
    return None if plan is None else spec.account_id(plan.owner_account or "tooling")


def _line(
    use: InstanceUse,
    owners: set[str],
    book: "PriceBook",
    offering: Offering,
    discount: float | None,
    length: int,
) -> UsageLine:
    price = use.line.price
    if price is None:
        raise ValueError(f"{use.line.id}: has no price")
    on_demand = float(price.usd)
    rate, assumed = None, False
    if not use.spot and use.steady:
        known = book.plan_rate(
            use.instance_type,
            use.component,
            use.line.region,
            offering.term_years,
            offering.payment,
        )
        if known is not None:
            rate = float(known.usd_per_hour)
        elif discount is not None and use.component != "asynchronous":
            rate, assumed = float(price.usd * (1 - Decimal(str(discount)))), True
    return UsageLine(
        id=use.line.id,
        account=use.line.account,
        owner=use.line.account in owners,
        component=use.component,
        instance_type=use.instance_type,
        region=use.line.region,
        hours=stretched(use.hours, length),
        on_demand=on_demand,
        plan_rate=rate,
        assumed=assumed,
    )
