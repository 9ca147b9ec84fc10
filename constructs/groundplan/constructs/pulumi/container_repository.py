"""Pulumi component of a container repository."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.constructs.pulumi.component import (
    Component,
    check_plan,
    document,
    filled,
    key_values,
)


@dataclass(kw_only=True)
class ContainerRepositoryArgs:
    """What a :class:`ContainerRepository` is made of."""

    plan: ContainerRepositoryPlan
    """What to define."""

    encryption_key: pulumi.Input[str] | None = None
    """ARN of the key that the plan refers to. Default: the plan refers to none."""


class ContainerRepository(Component):
    """A private repository of images: immutable tags, scanned on push, encrypted.

    The children ``Resource``, ``Lifecycle`` and ``Policy`` are part of the public contract.

    Example:
        >>> key_plan = plan_encryption_key(alias="images", place=place)
        >>> key = EncryptionKey("images", EncryptionKeyArgs(plan=key_plan))
        >>> plan = plan_container_repository(
        ...     name="reports/renderer", place=place, encryption_key=key_plan.arn
        ... )
        >>> args = ContainerRepositoryArgs(plan=plan, encryption_key=key.arn)
        >>> repository = ContainerRepository("renderer", args)
    """

    arn: pulumi.Output[str]
    """ARN of the repository."""

    url: pulumi.Output[str]
    """Registry and name, without tag or digest."""

    def __init__(
        self, name: str, args: ContainerRepositoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the repository.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If the plan refers to a key and none is given, or the other way round.
        """
        check_plan(name, args.plan, ContainerRepositoryPlan)
        plan = args.plan
        values = key_values(name, plan.encryption_key, args.encryption_key)
        super().__init__(name, opts)
        self.plan = plan
        repository = aws.ecr.Repository(
            self.child_name("Resource"),
            name=plan.name,
            encryption_configurations=[
                {
                    "encryption_type": "KMS",
                    "kms_key": filled(name, plan.encryption_key, values),
                }
            ],
            image_scanning_configuration={"scan_on_push": True},
            image_tag_mutability="IMMUTABLE",
            opts=self.child(retain=plan.retain),
        )
        aws.ecr.LifecyclePolicy(
            self.child_name("Lifecycle"),
            repository=repository.name,
            policy=_expire_untagged(plan.untagged_days),
            opts=self.child(retain=plan.retain),
        )
        if plan.policy is not None:
            aws.ecr.RepositoryPolicy(
                self.child_name("Policy"),
                repository=repository.name,
                policy=document(name, plan.policy),
                opts=self.child(retain=plan.retain),
            )
        self.arn = repository.arn
        self.url = repository.repository_url
        self.register_outputs({"arn": self.arn, "url": self.url})


def _expire_untagged(days: int) -> str:
    rule = {
        "rulePriority": 1,
        "description": "Images without a tag",
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": days,
        },
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [rule]}, sort_keys=True)
