"""Stack of the monitoring of an environment's endpoints."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import MonitoringStackPlan
from groundplan.constructs.cdk import (
    Alarms,
    EventRule,
    Network,
    Pipeline,
    Role,
    UndeliveredEvents,
)
from groundplan.stacks.cdk.stack import PlannedStack


class MonitoringStack(PlannedStack):
    """Defines an environment's monitoring stack."""

    def __init__(
        self,
        scope: Construct,
        *,
        plan: MonitoringStackPlan,
        qualifier: str,
        network: Network | None,
    ) -> None:
        """Define the stack.

        Args:
            scope: Stage of the stack.
            plan: What to define.
            qualifier: CDK bootstrap qualifier of the project.
            network: The environment's own network, or ``None``.
        """
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        for model in plan.models:
            own = Construct(self, model.id)
            if model.role is not None:
                Role(own, model.role.id, plan=model.role)
            Pipeline(own, model.pipeline.id, plan=model.pipeline, network=network)
            Alarms(own, model.alarms.id, plan=model.alarms)
            Alarms(own, model.drift_alarms.id, plan=model.drift_alarms)
            if model.reaction is not None:
                Pipeline(own, model.reaction.pipeline.id, plan=model.reaction.pipeline)
                Alarms(own, model.reaction.alarms.id, plan=model.reaction.alarms)
                EventRule(own, model.reaction.rule.id, plan=model.reaction.rule)
        if plan.undelivered is not None:
            UndeliveredEvents(self, plan.undelivered.id, plan=plan.undelivered)
