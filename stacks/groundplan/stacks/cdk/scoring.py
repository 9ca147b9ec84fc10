"""Stack of an environment's batch scoring."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import ScoringStackPlan
from groundplan.constructs.cdk import Alarms, BatchCapacity, Network, Pipeline, Role
from groundplan.stacks.cdk.stack import PlannedStack


class ScoringStack(PlannedStack):
    """Defines an environment's scoring stack."""

    def __init__(
        self, scope: Construct, *, plan: ScoringStackPlan, qualifier: str, network: Network | None
    ) -> None:
        """Define the stack.

        Args:
            scope: Stage of the stack.
            plan: What to define.
            qualifier: CDK bootstrap qualifier of the project.
            network: The environment's own network, or ``None``.
        """
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        if plan.capacity is not None:
            BatchCapacity(self, plan.capacity.id, plan=plan.capacity, network=network)
        for model in plan.models:
            for role in model.roles:
                Role(self, role.id, plan=role)
            Pipeline(self, model.pipeline.id, plan=model.pipeline, network=network)
            Alarms(self, model.alarms.id, plan=model.alarms)
