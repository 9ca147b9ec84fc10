"""Stack of what starts training by events."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import TriggersStackPlan
from groundplan.constructs.pulumi import (
    Alarms,
    AlarmsArgs,
    EventRule,
    EventRuleArgs,
    Pipeline,
    PipelineArgs,
    UndeliveredEvents,
    UndeliveredEventsArgs,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class TriggersStack(PlannedStack):
    """Defines the stack of what starts training by events."""

    def __init__(
        self,
        plan: TriggersStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(plan.stack, provider, after)
        name = self.unit_name
        for arrival in plan.arrivals:
            Pipeline(name(arrival.pipeline.id), PipelineArgs(plan=arrival.pipeline), self.unit())
            Alarms(name(arrival.alarms.id), AlarmsArgs(plan=arrival.alarms), self.unit())
        undelivered = UndeliveredEventsArgs(plan=plan.undelivered)
        queue = UndeliveredEvents(name(plan.undelivered.id), undelivered, self.unit())
        for rule in plan.rules:
            EventRule(name(rule.id), EventRuleArgs(plan=rule), self.unit(queue))
        self.register_outputs({})
