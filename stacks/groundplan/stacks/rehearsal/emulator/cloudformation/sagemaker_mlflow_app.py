"""AWS::SageMaker::MlflowApp."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags

MUTABLE = ("ArtifactStoreUri", "ModelRegistrationMode")


class SageMakerMlflowApp(ResourceType):
    """SageMaker's MLflow without a server."""

    type = "AWS::SageMaker::MlflowApp"
    named_by = "Name"
    properties = frozenset({"Name", "RoleArn", "Tags", *MUTABLE})
    create_only = frozenset({"Name", "RoleArn"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the app."""
        made = self.account.call(
            "sagemaker",
            "CreateMlflowApp",
            Name=name,
            **only(properties, ("RoleArn", "Tags", *MUTABLE)),
        )
        return str(made["Arn"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change settings and tags."""
        if previous is None:
            return
        changed = {*changed_names(properties, previous)} & {*MUTABLE}
        if changed:
            self.account.call(
                "sagemaker", "UpdateMlflowApp", Arn=physical_id, **only(properties, sorted(changed))
            )
        set_tags(self.account, "sagemaker", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """The ARN, whose id AWS assigns."""
        return {"Arn": physical_id, "MlflowAppId": physical_id.rsplit("/", 1)[1]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the app with its runs."""
        self.account.call("sagemaker", "DeleteMlflowApp", Arn=physical_id)
