"""Stack of one endpoint."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.constructs.cdk import Endpoint, MonitoringSchedule, Network
from groundplan.stacks.cdk.stack import PlannedStack


class ServingStack(PlannedStack):
    """Defines an endpoint's serving stack."""

    def __init__(
        self, scope: Construct, *, plan: ServingStackPlan, qualifier: str, network: Network | None
    ) -> None:
        """Define the stack.

        Args:
            scope: Stage of the stack.
            plan: What to define.
            qualifier: CDK bootstrap qualifier of the project.
            network: The environment's own network, or ``None``.
        """
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        endpoint = Endpoint(self, plan.endpoint.id, plan=plan.endpoint, network=network)
        if plan.model_monitor is not None:
            MonitoringSchedule(
                self,
                plan.model_monitor.id,
                plan=plan.model_monitor,
                endpoint=endpoint.endpoint,
                condition=endpoint.has_model,
                network=network,
            )
