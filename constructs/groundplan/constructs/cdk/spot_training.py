"""CDK construct of what managed spot training needs besides its state machine."""

from constructs import Construct

from groundplan.blueprints.plan.spot_training import SpotTrainingPlan
from groundplan.constructs.cdk.role import Role


class SpotTraining(Construct):
    """The roles of a model's training and processing jobs.

    The states that run the jobs are in the pipeline, since CloudFormation has no type for a
    training job; :attr:`plan` holds the ladder of attempts and the place of checkpoints. The ids
    ``TrainingRole``, ``ProcessingRole`` and ``TrackingRole`` are part of the public contract.

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
        >>> training = SpotTraining(stack, "Training", plan=plan)
    """

    def __init__(self, scope: Construct, id: str, *, plan: SpotTrainingPlan) -> None:
        """Define the roles.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.training_role = Role(self, "TrainingRole", plan=plan.training_role)
        self.processing_role = Role(self, "ProcessingRole", plan=plan.processing_role)
        if plan.tracking_role is not None:
            Role(self, "TrackingRole", plan=plan.tracking_role)
