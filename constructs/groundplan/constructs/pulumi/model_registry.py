"""Pulumi component of a model package group."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.constructs.pulumi.component import Component, check_plan, document


@dataclass(kw_only=True)
class ModelRegistryArgs:
    """What a :class:`ModelRegistry` is made of."""

    plan: ModelRegistryPlan
    """What to define."""


class ModelRegistry(Component):
    """The versions of one model: a SageMaker model package group with its resource policy.

    The children ``Resource`` and ``Policy`` are part of the public contract.

    Example:
        >>> plan = plan_model_registry(name="fraud", place=place, description="Fraud models")
        >>> registry = ModelRegistry("fraud", ModelRegistryArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the group."""

    def __init__(
        self, name: str, args: ModelRegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the model package group.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a model package group.
        """
        check_plan(name, args.plan, ModelRegistryPlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        group = aws.sagemaker.ModelPackageGroup(
            self.child_name("Resource"),
            model_package_group_name=plan.name,
            model_package_group_description=plan.description,
            opts=self.child(retain=plan.retain),
        )
        if plan.policy is not None:
            aws.sagemaker.ModelPackageGroupPolicy(
                self.child_name("Policy"),
                model_package_group_name=group.model_package_group_name,
                resource_policy=document(name, plan.policy),
                opts=self.child(retain=plan.retain),
            )
        self.arn = group.arn
        self.register_outputs({"arn": self.arn})
