"""Stack of the training of an environment's models."""

from constructs import Construct

from groundplan.blueprints.plan.stacks import TrainingStackPlan
from groundplan.constructs.cdk import Alarms, Mlflow, Network, Pipeline, SpotTraining
from groundplan.stacks.cdk.stack import PlannedStack


class TrainingStack(PlannedStack):
    """Defines an environment's training stack."""

    def __init__(
        self,
        scope: Construct,
        *,
        plan: TrainingStackPlan,
        qualifier: str,
        network: Network | None,
        mlflow: Mlflow | None = None,
    ) -> None:
        """Define the stack.

        Args:
            scope: Stage of the stack.
            plan: What to define.
            qualifier: CDK bootstrap qualifier of the project.
            network: The environment's own network, or ``None``.
            mlflow: Where runs are recorded. Default: nowhere.
        """
        super().__init__(scope, plan=plan.stack, qualifier=qualifier)
        for model in plan.models:
            SpotTraining(self, model.training.id, plan=model.training)
            Pipeline(self, model.pipeline.id, plan=model.pipeline, network=network, mlflow=mlflow)
            Alarms(self, model.alarms.id, plan=model.alarms)
