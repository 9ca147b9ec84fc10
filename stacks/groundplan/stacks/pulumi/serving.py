"""Stack of one endpoint."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.endpoint import NO_MODEL
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.constructs.pulumi import (
    Endpoint,
    EndpointArgs,
    MonitoringSchedule,
    MonitoringScheduleArgs,
    Network,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class ServingStack(PlannedStack):
    """Defines the stack of one endpoint."""

    def __init__(
        self,
        plan: ServingStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
        network: Network | None = None,
        model_version: str = NO_MODEL,
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments.

        Args:
            plan: What to define.
            provider: Provider of its account.
            after: What is deployed before.
            network: The environment's own network, or ``None``.
            model_version: ARN of the model package that the endpoint is made with, or ``none``.
        """
        super().__init__(plan.stack, provider, after)
        values = network.values if network is not None else None
        endpoint_args = EndpointArgs(
            plan=plan.endpoint,
            model_version=model_version,
            network=values,
            protect=plan.stack.policy is not None,
        )
        endpoint = Endpoint(self.unit_name(plan.endpoint.id), endpoint_args, self.unit())
        if plan.model_monitor is not None and endpoint.name is not None:
            schedule = MonitoringScheduleArgs(
                plan=plan.model_monitor, endpoint_name=endpoint.name, network=values
            )
            id = self.unit_name(plan.model_monitor.id)
            MonitoringSchedule(id, schedule, self.unit())
        self.register_outputs({})
