"""CDK construct of a model package group."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.constructs.cdk.grants import Grantee, allow, outsider
from groundplan.constructs.cdk.tokens import document

GROUP_ACTIONS = ("sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages")
VERSION_ACTIONS = ("sagemaker:DescribeModelPackage",)


class ModelRegistry(Construct):
    """The versions of one model: a SageMaker model package group with its resource policy.

    The id ``Resource`` is part of the public contract.

    Example:
        >>> plan = plan_model_registry(name="fraud", place=place, description="Fraud models")
        >>> registry = ModelRegistry(stack, "Registry", plan=plan)
        >>> auditor = iam.Role(stack, "Auditor", assumed_by=iam.AccountRootPrincipal())
        >>> grant = registry.grant_read(auditor)
    """

    def __init__(self, scope: Construct, id: str, *, plan: ModelRegistryPlan) -> None:
        """Define the group.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.group = sagemaker.CfnModelPackageGroup(
            self,
            "Resource",
            model_package_group_name=plan.name,
            model_package_group_description=plan.description,
            model_package_group_policy=document(plan.policy) if plan.policy is not None else None,
        )
        if plan.retain:
            self.group.apply_removal_policy(RemovalPolicy.RETAIN)

    def grant_read(self, grantee: Grantee) -> iam.Grant:
        """Let ``grantee``, a principal of this account outside groundplan, list and read versions.

        Raises:
            ConstructError: If ``grantee`` is one of groundplan's roles.
        """
        principal = outsider(self, grantee, (*GROUP_ACTIONS, *VERSION_ACTIONS))
        versions = self.plan.arn.replace(":model-package-group/", ":model-package/")
        granted = allow(principal, GROUP_ACTIONS, [self.plan.arn])
        return granted.combine(allow(principal, VERSION_ACTIONS, [f"{versions}/*"]))
