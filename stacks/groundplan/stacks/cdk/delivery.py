"""Stack of what tells the environments of approved models, in the tooling account."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import DeliveryStackPlan
from groundplan.constructs.cdk import AlarmTopic, EventRule, UndeliveredEvents
from groundplan.stacks.cdk.stack import PlannedStack


class DeliveryStack(PlannedStack):
    """Defines the delivery stack."""

    def __init__(self, scope: Construct, *, plan: DeliveryStackPlan, qualifier: str) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        AlarmTopic(self, plan.topic.id, plan=plan.topic)
        queue = UndeliveredEvents(self, plan.undelivered.id, plan=plan.undelivered)
        for item in plan.rules:
            EventRule(self, item.id, plan=item).rule.add_resource_dependency(queue.queue)
