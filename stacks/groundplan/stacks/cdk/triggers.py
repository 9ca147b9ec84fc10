"""Stack of what starts an environment's training by events."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import TriggersStackPlan
from groundplan.constructs.cdk import Alarms, EventRule, Pipeline, UndeliveredEvents
from groundplan.stacks.cdk.stack import PlannedStack


class TriggersStack(PlannedStack):
    """Defines the stack of what starts training."""

    def __init__(self, scope: Construct, *, plan: TriggersStackPlan, qualifier: str) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        for arrival in plan.arrivals:
            Pipeline(self, arrival.pipeline.id, plan=arrival.pipeline)
            Alarms(self, arrival.alarms.id, plan=arrival.alarms)
        queue = UndeliveredEvents(self, plan.undelivered.id, plan=plan.undelivered)
        for item in plan.rules:
            EventRule(self, item.id, plan=item).rule.add_resource_dependency(queue.queue)
