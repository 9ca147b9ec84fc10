"""CDK construct of a budget."""

from typing import Any

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from groundplan.blueprints.plan.budget import BudgetPlan


class Budget(Construct):
    """A monthly budget that tells its addresses.

    Costs are amortised, so that an account pays for the part of a Savings Plan that it uses, and
    credits and refunds do not hide them.

    The id ``Resource`` is part of the public contract.

    Example:
        >>> over = BudgetNotificationPlan(kind="ACTUAL", comparison="GREATER_THAN", percent=100)
        >>> plan = plan_budget(
        ...     name_parts=["reports", "costs"],
        ...     kind="COST",
        ...     limit_usd=Decimal("500"),
        ...     notifications=[over],
        ...     emails=["on-call@acme.example"],
        ...     id="Costs",
        ... )
        >>> budget = Budget(stack, "Costs", plan=plan)
    """

    def __init__(self, scope: Construct, id: str, *, plan: BudgetPlan) -> None:
        """Define the budget.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.budget = budgets.CfnBudget(
            self,
            "Resource",
            budget=_budget(plan),
            notifications_with_subscribers=[
                {
                    "notification": {
                        "notificationType": item.kind,
                        "comparisonOperator": item.comparison,
                        "threshold": item.percent,
                        "thresholdType": "PERCENTAGE",
                    },
                    "subscribers": [
                        {"subscriptionType": "EMAIL", "address": address} for address in plan.emails
                    ],
                }
                for item in plan.notifications
            ],
        )


def _budget(plan: BudgetPlan) -> dict[str, Any]:
    out: dict[str, Any] = {
        "budgetName": plan.name,
        "budgetType": plan.kind,
        "timeUnit": "MONTHLY",
        "budgetLimit": {"amount": float(plan.limit), "unit": plan.unit},
    }
    if plan.accounts:
        out["costFilters"] = {"LinkedAccount": list(plan.accounts)}
    if plan.kind == "COST":
        # Savings Plan budgets take no cost types.
        out["costTypes"] = {"useAmortized": True, "includeCredit": False, "includeRefund": False}
    return out
