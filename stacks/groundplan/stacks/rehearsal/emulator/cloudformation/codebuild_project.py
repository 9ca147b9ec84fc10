"""AWS::CodeBuild::Project."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class CodeBuildProject(ResourceType):
    """A build project; builds never run."""

    type = "AWS::CodeBuild::Project"
    named_by = "Name"
    longest_name = 255
    properties = frozenset(
        {
            "Artifacts",
            "Cache",
            "ConcurrentBuildLimit",
            "Description",
            "EncryptionKey",
            "Environment",
            "LogsConfig",
            "Name",
            "QueuedTimeoutInMinutes",
            "ServiceRole",
            "Source",
            "SourceVersion",
            "Tags",
            "TimeoutInMinutes",
            "VpcConfig",
        }
    )
    create_only = frozenset({"Name"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the project."""
        self.account.call("codebuild", "CreateProject", **{**properties, "Name": name})
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Change the project."""
        if previous is not None:
            parameters = {**properties, "Name": physical_id}
            self.account.call("codebuild", "UpdateProject", **parameters)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and name."""
        return {"Arn": self.account.arn("codebuild", f"project/{physical_id}"), "Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the project."""
        self.account.call("codebuild", "DeleteProject", name=physical_id)
