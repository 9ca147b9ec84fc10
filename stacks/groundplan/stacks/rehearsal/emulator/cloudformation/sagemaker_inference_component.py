"""AWS::SageMaker::InferenceComponent."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags

CREATE = (
    "EndpointName",
    "InferenceComponentName",
    "RuntimeConfig",
    "Specification",
    "Tags",
    "VariantName",
)


class SageMakerInferenceComponent(ResourceType):
    """Copies of a model on an endpoint; another model rolls in place of the old one."""

    type = "AWS::SageMaker::InferenceComponent"
    named_by = "InferenceComponentName"
    properties = frozenset({"DeploymentConfig", *CREATE})
    create_only = frozenset({"EndpointName", "InferenceComponentName", "VariantName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the component."""
        parameters = {**only(properties, CREATE), "InferenceComponentName": name}
        made = self.account.call("sagemaker", "CreateInferenceComponent", **parameters)
        return str(made["InferenceComponentArn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Update what has changed; how to do it is no change, and scaling owns the copies."""
        if previous is None:
            return
        changed = {"Specification", "RuntimeConfig"}.intersection(
            changed_names(properties, previous)
        )
        if changed:
            self.account.call(
                "sagemaker",
                "UpdateInferenceComponent",
                InferenceComponentName=_name(physical_id),
                **only(properties, (*sorted(changed), "DeploymentConfig")),
            )
        set_tags(self.account, "sagemaker", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """The ARN."""
        return {"InferenceComponentArn": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the component."""
        self.account.call(
            "sagemaker", "DeleteInferenceComponent", InferenceComponentName=_name(physical_id)
        )


def _name(physical_id: str) -> str:
    return physical_id.rsplit("/", 1)[1]
