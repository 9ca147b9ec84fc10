"""Stack of an environment's network."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import NetworkStackPlan
from groundplan.constructs.pulumi import Network, NetworkArgs
from groundplan.stacks.pulumi.stack import PlannedStack


class NetworkStack(PlannedStack):
    """Defines the stack of an environment's network."""

    def __init__(
        self,
        plan: NetworkStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(plan.stack, provider, after)
        args = NetworkArgs(plan=plan.network)
        self.network = Network(self.unit_name(plan.network.id), args, self.unit())
        self.register_outputs({})
