"""Pulumi component of what managed spot training needs besides its state machine."""

from dataclasses import dataclass

import pulumi

from groundplan.blueprints.plan.spot_training import SpotTrainingPlan
from groundplan.constructs.pulumi.component import Component, check_plan
from groundplan.constructs.pulumi.role import Role, RoleArgs


@dataclass(kw_only=True)
class SpotTrainingArgs:
    """What a :class:`SpotTraining` is made of."""

    plan: SpotTrainingPlan
    """What to define."""


class SpotTraining(Component):
    """The roles of a model's training and processing jobs.

    The states that run the jobs are in the pipeline; :attr:`plan` holds the ladder of attempts and the
    place of checkpoints. The children ``TrainingRole``, ``ProcessingRole`` and ``TrackingRole`` are part
    of the public contract.

    Example:
        >>> def job_role(id: str) -> RolePlan:
        ...     return plan_role(
        ...         id=id,
        ...         role_name=f"fraud-{id.lower()}",
        ...         place=place,
        ...         path="/fraud/",
        ...         description="Runs jobs",
        ...         trust=service_trust("sagemaker.amazonaws.com", place, None),
        ...         duties=[],
        ...         permissions_boundary=None,
        ...     )
        >>> plan = SpotTrainingPlan(
        ...     id="Training",
        ...     training_role=job_role("TrainingRole"),
        ...     processing_role=job_role("ProcessingRole"),
        ...     ladder=plan_ladder(["ml.g5.xlarge"], spot=True, fallback_on_demand=True),
        ...     checkpoint_uri="s3://fraud-work-111111111111/checkpoints",
        ... )
        >>> training = SpotTraining("fraud", SpotTrainingArgs(plan=plan))
    """

    training_role_arn: pulumi.Output[str]
    """ARN of the role of training jobs."""

    processing_role_arn: pulumi.Output[str]
    """ARN of the role of processing jobs."""

    def __init__(
        self, name: str, args: SpotTrainingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the roles.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a training.
        """
        check_plan(name, args.plan, SpotTrainingPlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        roles = [
            Role(self.child_name(id), RoleArgs(plan=role), self.child())
            for id, role in (
                ("TrainingRole", plan.training_role),
                ("ProcessingRole", plan.processing_role),
            )
        ]
        self.training_role_arn, self.processing_role_arn = (role.arn for role in roles)
        if plan.tracking_role is not None:
            Role(self.child_name("TrackingRole"), RoleArgs(plan=plan.tracking_role), self.child())
        self.register_outputs(
            {
                "training_role_arn": self.training_role_arn,
                "processing_role_arn": self.processing_role_arn,
            }
        )
