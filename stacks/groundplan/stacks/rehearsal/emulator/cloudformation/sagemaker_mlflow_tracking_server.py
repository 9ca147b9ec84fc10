"""AWS::SageMaker::MlflowTrackingServer."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags

MUTABLE = ("ArtifactStoreUri", "AutomaticModelRegistration", "TrackingServerSize")
AT_CREATION = ("MlflowVersion", "RoleArn")
"""What the API of an update does not take, though CloudFormation's schema lets it change."""


class SageMakerMlflowTrackingServer(ResourceType):
    """A server of SageMaker's MLflow."""

    type = "AWS::SageMaker::MlflowTrackingServer"
    named_by = "TrackingServerName"
    properties = frozenset({"TrackingServerName", "Tags", *MUTABLE, *AT_CREATION})
    create_only = frozenset({"TrackingServerName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the server."""
        self.account.call(
            "sagemaker",
            "CreateMlflowTrackingServer",
            TrackingServerName=name,
            **only(properties, ("Tags", *MUTABLE, *AT_CREATION)),
        )
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change settings and tags."""
        if previous is None:
            return
        self.refuse_change(properties, previous, AT_CREATION)
        changed = {*changed_names(properties, previous)} & {*MUTABLE}
        if changed:
            self.account.call(
                "sagemaker",
                "UpdateMlflowTrackingServer",
                TrackingServerName=physical_id,
                **only(properties, sorted(changed)),
            )
        set_tags(self.account, "sagemaker", self._arn(physical_id), properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """The ARN."""
        return {"TrackingServerArn": self._arn(physical_id)}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the server with its runs."""
        self.account.call("sagemaker", "DeleteMlflowTrackingServer", TrackingServerName=physical_id)

    def _arn(self, name: str) -> str:
        account = self.account
        return f"arn:aws:sagemaker:{account.region}:{account.id}:mlflow-tracking-server/{name}"
