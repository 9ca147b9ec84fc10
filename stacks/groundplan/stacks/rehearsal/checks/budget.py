"""Checks a budget."""

from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.budget import BudgetPlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property

UNCOVERED = {"emails": "moto shows no subscribers; the name holds a hash of them, and is compared"}


def check_budget(plan: BudgetPlan, account: Account) -> Iterator[Property]:
    """Compare kind, limit, filter and notifications."""
    which: dict[str, Any] = {"AccountId": account.place.account, "BudgetName": plan.name}
    found: dict[str, Any] = account.read("budgets", "describe_budget", **which).get("Budget", {})
    yield "name", plan.name, found.get("BudgetName")
    yield "kind", [plan.kind, "MONTHLY"], [found.get(key) for key in ("BudgetType", "TimeUnit")]
    limit = found.get("BudgetLimit", {})
    yield "limit", float(plan.limit), float(limit.get("Amount", "nan"))
    yield "unit", plan.unit, limit.get("Unit")
    planned = {"LinkedAccount": list(plan.accounts)} if plan.accounts else {}
    yield "accounts", planned, found.get("CostFilters") or {}
    listed: dict[str, Any] = {}
    if found:  # moto fails where there is no budget
        listed = account.read("budgets", "describe_notifications_for_budget", **which)
    shown = sorted(
        [
            [item.get(key) for key in ("NotificationType", "ComparisonOperator", "Threshold")]
            for item in listed.get("Notifications", [])
        ]
    )
    wanted = sorted([item.kind, item.comparison, item.percent] for item in plan.notifications)
    yield "notifications", wanted, shown
