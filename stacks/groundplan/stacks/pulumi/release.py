"""Stack of the releases to an environment's endpoints."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import ReleaseStackPlan
from groundplan.constructs.pulumi import (
    Alarms,
    AlarmsArgs,
    EventRule,
    EventRuleArgs,
    Network,
    Pipeline,
    PipelineArgs,
    UndeliveredEvents,
    UndeliveredEventsArgs,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class ReleaseStack(PlannedStack):
    """Defines the stack of the releases to an environment's endpoints."""

    def __init__(
        self,
        plan: ReleaseStackPlan,
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
        args = PipelineArgs(
            plan=plan.pipeline, network=network.values if network is not None else None
        )
        machine = Pipeline(name(plan.pipeline.id), args, self.unit())
        Alarms(name(plan.alarms.id), AlarmsArgs(plan=plan.alarms), self.unit())
        undelivered = UndeliveredEventsArgs(plan=plan.undelivered)
        queue = UndeliveredEvents(name(plan.undelivered.id), undelivered, self.unit())
        for rule in plan.rules:
            EventRule(name(rule.id), EventRuleArgs(plan=rule), self.unit(queue, machine))
        self.register_outputs({})
