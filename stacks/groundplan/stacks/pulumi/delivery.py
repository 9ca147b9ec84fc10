"""Stack of what tells the environments of approved models."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import DeliveryStackPlan
from groundplan.constructs.pulumi import (
    AlarmTopic,
    AlarmTopicArgs,
    EventRule,
    EventRuleArgs,
    UndeliveredEvents,
    UndeliveredEventsArgs,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class DeliveryStack(PlannedStack):
    """Defines the stack of what tells the environments of approved models."""

    def __init__(
        self,
        plan: DeliveryStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(plan.stack, provider, after)
        name = self.unit_name
        AlarmTopic(name(plan.topic.id), AlarmTopicArgs(plan=plan.topic), self.unit())
        undelivered = UndeliveredEventsArgs(plan=plan.undelivered)
        queue = UndeliveredEvents(name(plan.undelivered.id), undelivered, self.unit())
        for rule in plan.rules:
            EventRule(name(rule.id), EventRuleArgs(plan=rule), self.unit(queue))
        self.register_outputs({})
