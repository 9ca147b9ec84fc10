"""Stack of where training runs are recorded."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import MlflowStackPlan
from groundplan.constructs.cdk import Mlflow
from groundplan.stacks.cdk.stack import PlannedStack


class MlflowStack(PlannedStack):
    """Defines the stack of where an environment's training runs are recorded."""

    def __init__(self, scope: Construct, *, plan: MlflowStackPlan, qualifier: str) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        self.mlflow = Mlflow(self, plan.mlflow.id, plan=plan.mlflow)
