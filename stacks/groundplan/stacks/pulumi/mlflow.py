"""Stack of where training runs are recorded."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import MlflowStackPlan
from groundplan.constructs.pulumi import Mlflow, MlflowArgs
from groundplan.stacks.pulumi.stack import PlannedStack


class MlflowStack(PlannedStack):
    """Defines the stack of where an environment's training runs are recorded."""

    def __init__(
        self,
        plan: MlflowStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(plan.stack, provider, after)
        args = MlflowArgs(plan=plan.mlflow)
        self.mlflow = Mlflow(self.unit_name(plan.mlflow.id), args, self.unit())
        self.register_outputs({})
