"""Which account has which budgets."""

from typing import Any

import pytest
from tests_support import example_spec, found

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.budget import BudgetPlan
from groundplan.blueprints.plan.stacks import BudgetsStackPlan
from groundplan.blueprints.spec import ProjectSpec

BASE: dict[str, Any] = {
    "project": "small",
    "organization": "acme",
    "owner": "ml@acme.example",
    "accounts": {"dev": "111111111111", "prod": "222222222222", "payer": "999999999999"},
    "environments": [
        {"name": "dev", "account": "dev", "region": "eu-west-1", "trains": True},
        {"name": "test", "account": "dev", "region": "eu-west-1"},
        {"name": "prod", "account": "prod", "region": "eu-west-1", "stage": "production"},
    ],
    "network": {"mode": "none"},
    "datasets": [{"name": "rows"}],
    "models": [{"name": "m1", "training": {"dataset": "rows", "image": "m1"}}],
}


def budgets(cost: dict[str, Any], **changes: Any) -> dict[str, tuple[str, str, float]]:
    decided = plan(ProjectSpec.model_validate({**BASE, "cost": cost, **changes}))
    return {
        f"{stack.stack.scope}/{item.id}": (stack.stack.place.account, item.unit, float(item.limit))
        for stack in decided.stacks()
        if isinstance(stack, BudgetsStackPlan)
        for item in stack.budgets
    }


def test_no_budget_without_an_amount() -> None:
    assert budgets({}) == {}
    assert budgets({"savings_plan": {"term_years": 3}}) == {}


def test_each_account_may_spend_the_whole_once() -> None:
    assert budgets({"budget_usd_per_month": 1000}) == {
        "dev/Costs": ("111111111111", "USD", 1000),
        "prod/Costs": ("222222222222", "USD", 1000),
    }


def test_what_environments_are_given_is_taken_from_the_rest() -> None:
    cost = {
        "budget_usd_per_month": 1000.1,
        "environment_budgets_usd_per_month": {"prod": 700, "test": 50.05},
    }
    assert budgets(cost) == {
        "dev/Costs": ("111111111111", "USD", 300.1),
        "prod/Costs": ("222222222222", "USD", 700),
    }
    only = {"environment_budgets_usd_per_month": {"prod": 700}}
    assert budgets(only) == {"prod/Costs": ("222222222222", "USD", 700)}


def test_a_savings_plan_is_watched_where_it_was_bought() -> None:
    bought = {"commitment_usd_per_hour": 2.5, "min_coverage": 0.6}
    assert budgets({"savings_plan": bought}) == {
        "tooling/SavingsPlanUtilisation": ("111111111111", "PERCENTAGE", 100),
        "tooling/SavingsPlanCoverage": ("111111111111", "PERCENTAGE", 100),
    }
    elsewhere = {**bought, "owner_account": "prod", "min_coverage": 0}
    assert list(budgets({"savings_plan": elsewhere})) == ["prod/SavingsPlanUtilisation"]


def test_when_the_owner_is_told() -> None:
    told = {
        (item.kind, note.kind, note.comparison, note.percent)
        for item in found(plan(example_spec("vision")), BudgetPlan)
        for note in item.notifications
    }
    assert told == {
        ("COST", "ACTUAL", "GREATER_THAN", 80),
        ("COST", "ACTUAL", "GREATER_THAN", 100),
        ("COST", "FORECASTED", "GREATER_THAN", 100),
        ("SAVINGS_PLANS_UTILIZATION", "ACTUAL", "LESS_THAN", 90),
        ("SAVINGS_PLANS_COVERAGE", "ACTUAL", "LESS_THAN", 45),
    }


def test_only_accounts_with_budgets_may_make_them() -> None:
    def services(cost: dict[str, Any] | None) -> dict[str, set[str]]:
        decided = plan(ProjectSpec.model_validate({**BASE, "cost": cost}))
        return {
            item.place.account: {
                action.partition(":")[0]
                for row in item.deployment_duties
                for action in row.duty.actions
            }
            & {"budgets", "billing"}
            for item in decided.stage_0
        }

    assert services(None) == {"111111111111": set(), "222222222222": set()}
    given = services({"environment_budgets_usd_per_month": {"prod": 1}})
    assert given == {"111111111111": set(), "222222222222": {"budgets", "billing"}}


@pytest.mark.parametrize(
    ("cost", "changes", "message"),
    [
        (
            {"budget_usd_per_month": 10}, {"owner": None},
            "cost.budget_usd_per_month: a budget tells the owner, got None; add 'owner' to the spec",
        ),
        (
            {
                "budget_usd_per_month": 10,
                "environment_budgets_usd_per_month": {"dev": 8, "prod": 4},
            }, {},
            ("cost.environment_budgets_usd_per_month: leave -2.00 USD of budget_usd_per_month for "
            "the other environments, got '12.00'; raise the whole, or lower a part"),
        ),
        (
            {"environment_budgets_usd_per_month": {"prd": 4}}, {},
            ("cost.environment_budgets_usd_per_month.prd: no environment, got 'prd'; use one of dev, "
            "test, prod"),
        ),
        (
            {"savings_plan": {"commitment_usd_per_hour": 1, "owner_account": "payer"}}, {},
            ("cost.savings_plan.owner_account: the project has no stack in the account that owns the "
            "Savings Plan, got 'payer'; name an account of the project, or leave out "
            "commitment_usd_per_hour and watch the plan where it was bought"),
        ),
        (
            {"budget_usd_per_month": 10},
            {"environments": [{"name": "dev", "account": "dev", "region": "eu-north-1"}]},
            ("cost: CloudFormation has no budgets in this region, got 'eu-north-1'; remove the "
            "budgets and the commitment, or choose another region"),
        ),
    ],
)  # fmt: skip
def test_fails_on_a_budget_that_nobody_can_have(
    cost: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(PlanError) as caught:
        budgets(cost, **changes)
    assert str(caught.value) == message
