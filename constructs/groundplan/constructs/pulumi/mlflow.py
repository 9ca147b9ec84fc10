"""Pulumi component of an MLflow app or tracking server."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.pulumi.component import Component, Values, check_plan
from groundplan.constructs.pulumi.role import Role, RoleArgs


@dataclass(kw_only=True)
class MlflowArgs:
    """What an :class:`Mlflow` is made of."""

    plan: MlflowPlan
    """What to define."""


class Mlflow(Component):
    """SageMaker's MLflow, serverless or as a server, with the role by which it keeps artifacts.

    It registers no models by itself, since a version that no gate has let through is not one. The
    children ``Resource`` and ``Role`` are part of the public contract.

    Example:
        >>> plan = plan_mlflow(
        ...     name="fraud",
        ...     place=place,
        ...     artifact_bucket="fraud-work-111111111111",
        ...     key_alias_arn=place.arn("kms", "alias/fraud"),
        ...     role_name="fraud-mlflow",
        ...     path="/fraud/",
        ... )
        >>> mlflow = Mlflow("fraud", MlflowArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the app or server."""

    def __init__(
        self, name: str, args: MlflowArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the app or server.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of MLflow.
        """
        check_plan(name, args.plan, MlflowPlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        role = Role(self.child_name("Role"), RoleArgs(plan=plan.role), self.child())
        if plan.kind == "app":
            self.arn = aws.sagemaker.MlflowApp(
                self.child_name("Resource"),
                name=plan.name,
                artifact_store_uri=plan.artifact_uri,
                role_arn=role.arn,
                model_registration_mode="AutoModelRegistrationDisabled",
                opts=self.child(),
            ).arn
        else:
            self.arn = aws.sagemaker.MlflowTrackingServer(
                self.child_name("Resource"),
                tracking_server_name=plan.name,
                artifact_store_uri=plan.artifact_uri,
                role_arn=role.arn,
                automatic_model_registration=False,
                mlflow_version=plan.version,
                tracking_server_size=plan.size,
                opts=self.child(),
            ).arn
        self.register_outputs({"arn": self.arn})

    @property
    def values(self) -> Values:
        """What stands for the unit's refs in other plans."""
        return {self.plan.arn: self.arn} if isinstance(self.plan.arn, Ref) else {}
