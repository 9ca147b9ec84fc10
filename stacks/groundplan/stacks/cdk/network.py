"""Stack of an environment's network."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import NetworkStackPlan
from groundplan.constructs.cdk import Network
from groundplan.stacks.cdk.stack import PlannedStack


class NetworkStack(PlannedStack):
    """Defines an environment's network stack."""

    def __init__(self, scope: Construct, *, plan: NetworkStackPlan, qualifier: str) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        self.network = Network(self, plan.network.id, plan=plan.network)
