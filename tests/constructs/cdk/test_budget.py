from collections.abc import Callable
from decimal import Decimal
from typing import Any

import aws_cdk as cdk
import pytest

from groundplan.blueprints.plan.budget import BudgetNotificationPlan, BudgetPlan, plan_budget
from groundplan.constructs.cdk import Budget

OVER = BudgetNotificationPlan(kind="ACTUAL", comparison="GREATER_THAN", percent=80)


def costs(**changes: Any) -> BudgetPlan:
    given: dict[str, Any] = {
        "name_parts": ("churn", "prod", "costs"),
        "kind": "COST",
        "limit_usd": Decimal("812.5"),
        "accounts": ("111111111111",),
        "notifications": (OVER,),
        "emails": ("ml@acme.example",),
        "id": "Costs",
    }
    return plan_budget(**{**given, **changes})


@pytest.mark.heavy
def test_a_budget_of_costs(stack: cdk.Stack, template: Callable[[], dict[str, Any]]) -> None:
    plan = costs()
    Budget(stack, "Costs", plan=plan)

    [(id, found)] = template()["Resources"].items()
    assert id == "CostsD1A0FAA3"
    assert found["Properties"] == {
        "Budget": {
            "BudgetName": plan.name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": 812.5, "Unit": "USD"},
            "CostFilters": {"LinkedAccount": ["111111111111"]},
            "CostTypes": {"UseAmortized": True, "IncludeCredit": False, "IncludeRefund": False},
        },
        "NotificationsWithSubscribers": [
            {
                "Notification": {
                    "NotificationType": "ACTUAL",
                    "ComparisonOperator": "GREATER_THAN",
                    "Threshold": 80,
                    "ThresholdType": "PERCENTAGE",
                },
                "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "ml@acme.example"}],
            }
        ],
    }


@pytest.mark.heavy
def test_a_savings_plan_budget_takes_no_cost_types(
    stack: cdk.Stack, template: Callable[[], dict[str, Any]]
) -> None:
    plan = costs(kind="SAVINGS_PLANS_UTILIZATION", limit_usd=None, accounts=())
    Budget(stack, "Used", plan=plan)

    [found] = template()["Resources"].values()
    assert found["Properties"]["Budget"] == {
        "BudgetName": plan.name,
        "BudgetType": "SAVINGS_PLANS_UTILIZATION",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": 100, "Unit": "PERCENTAGE"},
    }


def test_other_notifications_are_another_name() -> None:
    names = {costs().name, costs(limit_usd=Decimal(1)).name}
    assert len(names) == 1
    assert costs(emails=("other@acme.example",)).name not in names
    assert costs(notifications=(OVER, OVER)).name not in names


def test_a_long_name_stays_within_the_limit() -> None:
    long = costs(name_parts=("p" * 24, "environment-name", "x" * 90)).name
    assert len(long) <= 100
    assert long != costs(name_parts=("p" * 24, "environment-name", "x" * 91)).name
