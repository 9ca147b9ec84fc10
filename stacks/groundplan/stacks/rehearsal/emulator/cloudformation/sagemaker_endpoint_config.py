"""AWS::SageMaker::EndpointConfig."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class SageMakerEndpointConfig(ResourceType):
    """What an endpoint runs; every change but that of tags makes another one."""

    type = "AWS::SageMaker::EndpointConfig"
    named_by = "EndpointConfigName"
    properties = frozenset(
        {
            "AsyncInferenceConfig",
            "DataCaptureConfig",
            "EnableNetworkIsolation",
            "EndpointConfigName",
            "ExecutionRoleArn",
            "ExplainerConfig",
            "KmsKeyId",
            "MetricsConfig",
            "ProductionVariants",
            "ShadowProductionVariants",
            "Tags",
            "VpcConfig",
        }
    )
    create_only = properties - {"Tags"}

    def create(self, name: str, properties: Properties) -> str:
        """Make the configuration; its models must exist."""
        variants = (
            *properties.get("ProductionVariants", ()),
            *properties.get("ShadowProductionVariants", ()),
        )
        for variant in variants:
            if "ModelName" in variant:
                model = variant["ModelName"]
                self.account.call("sagemaker", "DescribeModel", ModelName=model)
        parameters = {**properties, "EndpointConfigName": name}
        made = self.account.call("sagemaker", "CreateEndpointConfig", **parameters)
        return str(made["EndpointConfigArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change the tags."""
        if previous is not None:
            set_tags(self.account, "sagemaker", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and name."""
        name = physical_id.rsplit("/", 1)[1]
        return {"EndpointConfigArn": physical_id, "EndpointConfigName": name}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the configuration."""
        name = physical_id.rsplit("/", 1)[1]
        self.account.call("sagemaker", "DeleteEndpointConfig", EndpointConfigName=name)
