"""Stack of budgets."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import BudgetsStackPlan
from groundplan.constructs.pulumi import Budget, BudgetArgs
from groundplan.stacks.pulumi.stack import PlannedStack


class BudgetsStack(PlannedStack):
    """Defines the stack of budgets."""

    def __init__(
        self,
        plan: BudgetsStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(plan.stack, provider, after)
        for budget in plan.budgets:
            Budget(self.unit_name(budget.id), BudgetArgs(plan=budget), self.unit())
        self.register_outputs({})
