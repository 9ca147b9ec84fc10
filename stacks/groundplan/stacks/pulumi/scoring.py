"""Stack of the batch scoring in an environment."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import ScoringStackPlan
from groundplan.constructs.pulumi import (
    Alarms,
    AlarmsArgs,
    BatchCapacity,
    BatchCapacityArgs,
    Network,
    Pipeline,
    PipelineArgs,
    Role,
    RoleArgs,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class ScoringStack(PlannedStack):
    """Defines the stack of the batch scoring in an environment."""

    def __init__(
        self,
        plan: ScoringStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
        network: Network | None = None,
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments.

        Args:
            plan: What to define.
            provider: Provider of its account.
            after: What is deployed before.
            network: The environment's own network, or ``None``.
        """
        super().__init__(plan.stack, provider, after)
        name = self.unit_name
        values = network.values if network is not None else None
        if plan.capacity is not None:
            capacity = BatchCapacityArgs(plan=plan.capacity, network=values)
            BatchCapacity(name(plan.capacity.id), capacity, self.unit())
        for model in plan.models:
            roles = [Role(name(role.id), RoleArgs(plan=role), self.unit()) for role in model.roles]
            args = PipelineArgs(plan=model.pipeline, network=values)
            Pipeline(name(model.pipeline.id), args, self.unit(*roles))
            Alarms(name(model.alarms.id), AlarmsArgs(plan=model.alarms), self.unit())
        self.register_outputs({})
