"""Stack of the releases to an environment's endpoints."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import ReleaseStackPlan
from groundplan.constructs.cdk import Alarms, EventRule, Pipeline, UndeliveredEvents
from groundplan.stacks.cdk.stack import PlannedStack


class ReleaseStack(PlannedStack):
    """Defines a release stack."""

    def __init__(self, scope: Construct, *, plan: ReleaseStackPlan, qualifier: str) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments."""
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        machine = Pipeline(self, plan.pipeline.id, plan=plan.pipeline)
        Alarms(self, plan.alarms.id, plan=plan.alarms)
        queue = UndeliveredEvents(self, plan.undelivered.id, plan=plan.undelivered)
        for item in plan.rules:
            rule = EventRule(self, item.id, plan=item)
            rule.rule.add_resource_dependency(queue.queue)
            rule.rule.add_resource_dependency(machine.state_machine)
