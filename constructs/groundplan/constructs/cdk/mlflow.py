"""CDK construct of an MLflow app or tracking server."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.cdk.role import Role
from groundplan.constructs.cdk.tokens import Tokens


class Mlflow(Construct):
    """SageMaker's MLflow, serverless or as a server, with the role by which it keeps artifacts.

    It registers no models by itself, since a version that no gate has let through is not one. The ids
    ``Resource`` and ``Role`` are part of the public contract.

    Example:
        >>> plan = plan_mlflow(
        ...     name="fraud",
        ...     place=place,
        ...     artifact_bucket="fraud-work-111111111111",
        ...     key_alias_arn=place.arn("kms", "alias/fraud"),
        ...     role_name="fraud-mlflow",
        ...     path="/fraud/",
        ... )
        >>> mlflow = Mlflow(stack, "Mlflow", plan=plan)
    """

    def __init__(self, scope: Construct, id: str, *, plan: MlflowPlan) -> None:
        """Define the app or server.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        role = Role(self, "Role", plan=plan.role)
        if plan.kind == "app":
            self.arn: str = sagemaker.CfnMlflowApp(
                self,
                "Resource",
                name=plan.name,
                artifact_store_uri=plan.artifact_uri,
                role_arn=role.arn,
                model_registration_mode="AutoModelRegistrationDisabled",
            ).attr_arn
            """ARN of the app or server."""
        else:
            self.arn = sagemaker.CfnMlflowTrackingServer(
                self,
                "Resource",
                tracking_server_name=plan.name,
                artifact_store_uri=plan.artifact_uri,
                role_arn=role.arn,
                automatic_model_registration=False,
                mlflow_version=plan.version,
                tracking_server_size=plan.size,
            ).attr_tracking_server_arn

    @property
    def tokens(self) -> Tokens:
        """What stands for the unit's refs in other plans."""
        return {self.plan.arn: self.arn} if isinstance(self.plan.arn, Ref) else {}
