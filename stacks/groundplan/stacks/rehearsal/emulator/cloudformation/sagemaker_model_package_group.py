"""AWS::SageMaker::ModelPackageGroup."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class SageMakerModelPackageGroup(ResourceType):
    """A group of a model's versions, with the policy that opens it to other accounts."""

    type = "AWS::SageMaker::ModelPackageGroup"
    named_by = "ModelPackageGroupName"
    properties = frozenset(
        {
            "ModelPackageGroupDescription",
            "ModelPackageGroupName",
            "ModelPackageGroupPolicy",
            "Tags",
        }
    )
    create_only = frozenset({"ModelPackageGroupDescription", "ModelPackageGroupName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the group."""
        made = self.account.call(
            "sagemaker",
            "CreateModelPackageGroup",
            ModelPackageGroupName=name,
            **only(properties, ("ModelPackageGroupDescription", "Tags")),
        )
        return str(made["ModelPackageGroupArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set the policy and change the tags."""
        group = {"ModelPackageGroupName": physical_id.rsplit("/", 1)[1]}
        if "ModelPackageGroupPolicy" in changed_names(properties, previous or {}):
            policy = properties.get("ModelPackageGroupPolicy")
            verb = "Delete" if policy is None else "Put"
            operation = f"{verb}ModelPackageGroupPolicy"
            self.account.call("sagemaker", operation, ResourcePolicy=policy, **group)
        if previous is not None:
            set_tags(self.account, "sagemaker", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and status."""
        return {"ModelPackageGroupArn": physical_id, "ModelPackageGroupStatus": "Completed"}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the group; SageMaker refuses while it has versions."""
        name = physical_id.rsplit("/", 1)[1]
        self.account.call("sagemaker", "DeleteModelPackageGroup", ModelPackageGroupName=name)
