"""Pulumi component of a budget."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.budget import BudgetPlan
from groundplan.constructs.pulumi.component import Component, check_plan


@dataclass(kw_only=True)
class BudgetArgs:
    """What a :class:`Budget` is made of."""

    plan: BudgetPlan
    """What to define."""


class Budget(Component):
    """A monthly budget that tells its addresses.

    Costs are amortised, so that an account pays for the part of a Savings Plan that it uses, and
    credits and refunds do not hide them.

    The child ``Resource`` is part of the public contract.

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
        >>> budget = Budget("costs", BudgetArgs(plan=plan))
    """

    name: pulumi.Output[str]
    """Name of the budget."""

    def __init__(
        self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the budget.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a budget.
        """
        check_plan(name, args.plan, BudgetPlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        costs = plan.kind == "COST"
        budget = aws.budgets.Budget(
            self.child_name("Resource"),
            name=plan.name,
            budget_type=plan.kind,
            time_unit="MONTHLY",
            limit_amount=plan.limit,
            limit_unit=plan.unit,
            cost_filters=(
                [{"name": "LinkedAccount", "values": list(plan.accounts)}]
                if plan.accounts
                else None
            ),
            # Savings Plan budgets take no cost types.
            cost_types=(
                {"use_amortized": True, "include_credit": False, "include_refund": False}
                if costs
                else None
            ),
            notifications=[
                {
                    "notification_type": item.kind,
                    "comparison_operator": item.comparison,
                    "threshold": item.percent,
                    "threshold_type": "PERCENTAGE",
                    "subscriber_email_addresses": list(plan.emails),
                }
                for item in plan.notifications
            ],
            opts=self.child(),
        )
        self.name = budget.name
        self.register_outputs({"name": self.name})
