"""Decides which account has which budgets."""

from collections.abc import Mapping
from decimal import Decimal

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.budget import (
    BudgetKind,
    BudgetNotificationPlan,
    BudgetPlan,
    NotificationKind,
    plan_budget,
)
from groundplan.blueprints.plan.context import TOOLING, Context
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import BudgetsStackPlan, StackPlan

REGIONS = frozenset(
    {
        "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
        "ca-central-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-west-1", "eu-west-2",
        "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    }
)  # fmt: skip
"""Regions in which CloudFormation has ``AWS::Budgets::Budget`` (resource schemas, 2026-10)."""
SPENT: tuple[tuple[NotificationKind, float], ...] = (
    ("ACTUAL", 80.0),
    ("ACTUAL", 100.0),
    ("FORECASTED", 100.0),
)
"""When the owner is told of costs: kind, and percent of the limit."""


def budget_stacks(context: Context, scopes: Mapping[str, Place]) -> dict[str, BudgetsStackPlan]:
    """Decide the stacks of budgets, by stage.

    Each account with environments has one budget, filtered by that account: costs of two environments
    in one account cannot be told apart without activated cost-allocation tags. It is in the stage of
    the first of them. Those of the Savings Plan are with its owner, and see all plans of that account.

    Args:
        context: The project.
        scopes: Account of each stage.

    Raises:
        PlanError: If nobody would be told, the parts exceed the whole, or the region has no budgets.
    """
    found: dict[str, list[BudgetPlan]] = {}
    for scope, budget in (*_costs(context), *_savings_plan(context, scopes)):
        found.setdefault(scope, []).append(budget)
    if not found:
        return {}
    if context.region not in REGIONS:
        raise PlanError(
            "cost",
            "CloudFormation has no budgets in this region",
            got=context.region,
            fix="remove the budgets and the commitment, or choose another region",
        )
    return {
        scope: BudgetsStackPlan(
            stack=StackPlan(
                id="budgets",
                name=context.stack_name(scope, "budgets"),
                scope=scope,
                place=scopes[scope],
                description=f"Budgets of {context.project} in the account of {scope}",
                termination_protection=False,
                tags=context.tags(scope),
            ),
            budgets=tuple(budgets),
        )
        for scope, budgets in found.items()
    }


def _owner(context: Context, path: str) -> tuple[str, ...]:
    if context.spec.owner is None:
        raise PlanError(path, "a budget tells the owner", got=None, fix="add 'owner' to the spec")
    return (context.spec.owner,)


def _costs(context: Context) -> list[tuple[str, BudgetPlan]]:
    cost = context.spec.cost
    if cost is None:
        return []
    out = []
    for account, limit in _limits(context).items():
        here = [
            item.name
            for item in context.spec.environments
            if context.spec.account_id(item.account) == account
        ]
        budget = plan_budget(
            id="Costs",
            name_parts=(context.project, here[0], "costs"),
            kind="COST",
            limit_usd=limit,
            accounts=(account,),
            notifications=[
                BudgetNotificationPlan(kind=kind, comparison="GREATER_THAN", percent=percent)
                for kind, percent in SPENT
            ],
            emails=_owner(context, "cost.budget_usd_per_month"),
        )
        out.append((here[0], budget))
    return out


def _limits(context: Context) -> dict[str, Decimal]:
    """Return the limit of each account that has one, in the order of the environments.

    Raises:
        PlanError: If the environments' parts name one that is not there, or leave nothing of the whole.
    """
    spec, cost = context.spec, context.spec.cost
    assert cost is not None
    path = "cost.environment_budgets_usd_per_month"
    own = {key: Decimal(str(usd)) for key, usd in cost.environment_budgets_usd_per_month.items()}
    known = [item.name for item in spec.environments]
    for key in own:
        if key not in known:
            names = ", ".join(known)
            raise PlanError(f"{path}.{key}", "no environment", got=key, fix=f"use one of {names}")
    whole = cost.budget_usd_per_month
    rest = None if whole is None else Decimal(str(whole)) - sum(own.values(), Decimal(0))
    unnamed = [key for key in known if key not in own]
    if rest is not None and (rest < 0 or (rest == 0 and unnamed)):
        raise PlanError(
            path,
            f"leave {rest:.2f} USD of budget_usd_per_month for the other environments",
            got=f"{sum(own.values(), Decimal(0)):.2f}",
            fix="raise the whole, or lower a part",
        )
    limits: dict[str, Decimal] = {}
    open_ended: set[str] = set()
    for item in spec.environments:
        account = spec.account_id(item.account)
        if item.name in own:
            limits[account] = limits.get(account, Decimal(0)) + own[item.name]
        elif rest is not None and account not in open_ended:
            # The account may spend what is left once, however many environments share it.
            limits[account] = limits.get(account, Decimal(0)) + rest
            open_ended.add(account)
    return limits


def _savings_plan(context: Context, scopes: Mapping[str, Place]) -> list[tuple[str, BudgetPlan]]:
    plan = context.spec.cost.savings_plan if context.spec.cost is not None else None
    if plan is None or plan.commitment_usd_per_hour is None:
        return []
    path = "cost.savings_plan.owner_account"
    account = context.spec.account_id(plan.owner_account or TOOLING)
    scope = next((key for key, place in scopes.items() if place.account == account), None)
    if scope is None:
        raise PlanError(
            path,
            "the project has no stack in the account that owns the Savings Plan",
            got=plan.owner_account,
            fix="name an account of the project, or leave out commitment_usd_per_hour and watch the "
            "plan where it was bought",
        )
    kinds: tuple[tuple[BudgetKind, str, float], ...] = (
        ("SAVINGS_PLANS_UTILIZATION", "utilisation", plan.min_utilisation),
        ("SAVINGS_PLANS_COVERAGE", "coverage", plan.min_coverage),
    )
    return [
        (
            scope,
            plan_budget(
                id=f"SavingsPlan{word.capitalize()}",
                name_parts=(context.project, scope, "savings-plan", word),
                kind=kind,
                notifications=[
                    BudgetNotificationPlan(
                        kind="ACTUAL", comparison="LESS_THAN", percent=round(least * 100, 2)
                    )
                ],
                emails=_owner(context, "cost.savings_plan"),
            ),
        )
        for kind, word, least in kinds
        if least > 0
    ]
