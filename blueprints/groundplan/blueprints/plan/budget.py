"""Decides a budget: what tells the owner of costs, or of a commitment that is not used."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from groundplan.blueprints.plan.names import digest, name
from groundplan.blueprints.plan.ref import canonical_json

BudgetKind = Literal["COST", "SAVINGS_PLANS_UTILIZATION", "SAVINGS_PLANS_COVERAGE"]
NotificationKind = Literal["ACTUAL", "FORECASTED"]
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetNotificationPlan:
    """When the addresses of a budget are told."""

    kind: NotificationKind
    """Whether it happened or is forecast."""

    comparison: Literal["GREATER_THAN", "LESS_THAN"]
    """How the measured value compares to the threshold."""

    percent: float
    """Threshold, in percent of the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPlan:
    """A budget of one month."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    kind: BudgetKind
    """What is measured."""

    limit: str
    """Limit in ``unit``, as a decimal number; USD to the cent."""

    unit: Literal["USD", "PERCENTAGE"]
    """Unit of the limit."""

    accounts: tuple[str, ...]
    """Accounts whose costs count; empty for all that the budget's account sees."""

    notifications: tuple[BudgetNotificationPlan, ...]
    """When the addresses are told."""

    emails: tuple[str, ...]
    """Addresses that are told."""


def plan_budget(
    *,
    name_parts: Sequence[str],
    kind: BudgetKind,
    notifications: Sequence[BudgetNotificationPlan],
    emails: Sequence[str],
    id: str,
    limit_usd: Decimal | None = None,
    accounts: Sequence[str] = (),
) -> BudgetPlan:
    """Decide a monthly budget.

    Its name ends in a hash of its notifications, which CloudFormation can only change by making the
    budget anew (``NotificationsWithSubscribers`` is a create-only property).

    Args:
        name_parts: What the name is made of.
        kind: What is measured. Savings Plan budgets have the fixed limit of 100 percent.
        notifications: When the addresses are told.
        emails: Addresses that are told; they need not confirm.
        id: Id of the unit within its stack.
        limit_usd: Limit in USD a month, for costs.
        accounts: Accounts whose costs count. Default: all that the account sees.
    """
    told = {
        "emails": list(emails),
        "on": [[item.kind, item.comparison, item.percent] for item in notifications],
    }
    return BudgetPlan(
        id=id,
        name=name("budget", *name_parts, digest(canonical_json(told))),
        kind=kind,
        limit="100" if limit_usd is None else str(limit_usd.quantize(CENT)),
        unit="PERCENTAGE" if limit_usd is None else "USD",
        accounts=tuple(accounts),
        notifications=tuple(notifications),
        emails=tuple(emails),
    )
