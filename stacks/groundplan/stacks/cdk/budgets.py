"""Stack of budgets."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import BudgetsStackPlan
from groundplan.constructs.cdk import Budget
from groundplan.stacks.cdk.stack import PlannedStack


class BudgetsStack(PlannedStack):
    """Defines the budgets of an account."""

    def __init__(self, scope: Construct, *, plan: BudgetsStackPlan, qualifier: str) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        for item in plan.budgets:
            Budget(self, item.id, plan=item)
