"""AWS::SageMaker::Model."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class SageMakerModel(ResourceType):
    """A model; every change but that of tags makes another one."""

    type = "AWS::SageMaker::Model"
    named_by = "ModelName"
    properties = frozenset(
        {
            "Containers",
            "EnableNetworkIsolation",
            "ExecutionRoleArn",
            "InferenceExecutionConfig",
            "ModelName",
            "PrimaryContainer",
            "Tags",
            "VpcConfig",
        }
    )
    create_only = properties - {"Tags"}

    def create(self, name: str, properties: Properties) -> str:
        """Make the model."""
        parameters = {**properties, "ModelName": name}
        return str(self.account.call("sagemaker", "CreateModel", **parameters)["ModelArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change the tags."""
        if previous is not None:
            set_tags(self.account, "sagemaker", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and name."""
        return {"ModelArn": physical_id, "ModelName": physical_id.rsplit("/", 1)[1]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the model."""
        name = physical_id.rsplit("/", 1)[1]
        self.account.call("sagemaker", "DeleteModel", ModelName=name)
