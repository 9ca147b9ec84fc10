"""Stack of how an environment's endpoints are watched."""

from collections.abc import Sequence
from functools import partial

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import MonitoringStackPlan
from groundplan.constructs.pulumi import (
    Alarms,
    AlarmsArgs,
    EventRule,
    EventRuleArgs,
    Network,
    Pipeline,
    PipelineArgs,
    Role,
    RoleArgs,
    UndeliveredEvents,
    UndeliveredEventsArgs,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class MonitoringStack(PlannedStack):
    """Defines the stack of how an environment's endpoints are watched."""

    def __init__(
        self,
        plan: MonitoringStackPlan,
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
        values = network.values if network is not None else None
        queue: list[UndeliveredEvents] = []
        if plan.undelivered is not None:
            undelivered = UndeliveredEventsArgs(plan=plan.undelivered)
            id = self.unit_name(plan.undelivered.id)
            queue = [UndeliveredEvents(id, undelivered, self.unit())]
        for model in plan.models:
            name = partial(self._of_model, model.id)
            if model.role is not None:
                Role(name(model.role.id), RoleArgs(plan=model.role), self.unit())
            args = PipelineArgs(plan=model.pipeline, network=values)
            Pipeline(name(model.pipeline.id), args, self.unit())
            for alarms in (model.alarms, model.drift_alarms):
                Alarms(name(alarms.id), AlarmsArgs(plan=alarms), self.unit())
            reaction = model.reaction
            if reaction is not None:
                reacting = PipelineArgs(plan=reaction.pipeline)
                machine = Pipeline(name(reaction.pipeline.id), reacting, self.unit())
                Alarms(name(reaction.alarms.id), AlarmsArgs(plan=reaction.alarms), self.unit())
                rule = EventRuleArgs(plan=reaction.rule)
                EventRule(name(reaction.rule.id), rule, self.unit(machine, *queue))
        self.register_outputs({})

    def _of_model(self, model: str, id: str) -> str:
        return self.unit_name(f"{model}-{id}")
