"""AWS::SageMaker::Endpoint."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags

UPDATE = (
    "DeploymentConfig",
    "EndpointConfigName",
    "ExcludeRetainedVariantProperties",
    "RetainAllVariantProperties",
    "RetainDeploymentConfig",
)


class SageMakerEndpoint(ResourceType):
    """An endpoint that a change of its configuration updates in place."""

    type = "AWS::SageMaker::Endpoint"
    named_by = "EndpointName"
    properties = frozenset({"EndpointName", "Tags", *UPDATE})
    create_only = frozenset({"EndpointName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the endpoint."""
        made = self.account.call(
            "sagemaker",
            "CreateEndpoint",
            EndpointName=name,
            **only(properties, ("DeploymentConfig", "EndpointConfigName", "Tags")),
        )
        return str(made["EndpointArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Update the endpoint where its configuration changed; how to do it is no change."""
        if previous is None:
            return
        if "EndpointConfigName" in changed_names(properties, previous):
            name = physical_id.rsplit("/", 1)[1]
            self.account.call(
                "sagemaker", "UpdateEndpoint", EndpointName=name, **only(properties, UPDATE)
            )
        set_tags(self.account, "sagemaker", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and name."""
        return {"EndpointArn": physical_id, "EndpointName": physical_id.rsplit("/", 1)[1]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the endpoint."""
        name = physical_id.rsplit("/", 1)[1]
        self.account.call("sagemaker", "DeleteEndpoint", EndpointName=name)
