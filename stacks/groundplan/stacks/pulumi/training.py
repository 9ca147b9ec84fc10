"""Stack of the training of an environment's models."""

from collections.abc import Sequence

import pulumi_aws as aws

from groundplan.blueprints.plan.stacks import TrainingStackPlan
from groundplan.constructs.pulumi import (
    Alarms,
    AlarmsArgs,
    Mlflow,
    Network,
    Pipeline,
    PipelineArgs,
    SpotTraining,
    SpotTrainingArgs,
)
from groundplan.stacks.pulumi.stack import PlannedStack


class TrainingStack(PlannedStack):
    """Defines the stack of the training of an environment's models."""

    def __init__(
        self,
        plan: TrainingStackPlan,
        provider: aws.Provider | None = None,
        after: Sequence[PlannedStack] = (),
        network: Network | None = None,
        mlflow: Mlflow | None = None,
    ) -> None:
        """Define the stack; see :class:`PlannedStack` for the arguments.

        Args:
            plan: What to define.
            provider: Provider of its account.
            after: What is deployed before.
            network: The environment's own network, or ``None``.
            mlflow: Where runs are recorded. Default: nowhere.
        """
        super().__init__(plan.stack, provider, after)
        name = self.unit_name
        values = {
            **(network.values if network is not None else {}),
            **(mlflow.values if mlflow is not None else {}),
        }
        for model in plan.models:
            training = SpotTrainingArgs(plan=model.training)
            jobs = SpotTraining(name(model.training.id), training, self.unit())
            args = PipelineArgs(plan=model.pipeline, network=values)
            Pipeline(name(model.pipeline.id), args, self.unit(jobs))
            Alarms(name(model.alarms.id), AlarmsArgs(plan=model.alarms), self.unit())
        self.register_outputs({})
