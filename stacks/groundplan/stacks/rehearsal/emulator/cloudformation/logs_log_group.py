"""AWS::Logs::LogGroup."""

from collections.abc import Mapping
from typing import Any, ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    tag_map,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class LogsLogGroup(ResourceType):
    """A log group."""

    type = "AWS::Logs::LogGroup"
    named_by = "LogGroupName"
    longest_name = 512
    properties = frozenset({"KmsKeyId", "LogGroupName", "RetentionInDays", "Tags"})
    uncovered: ClassVar[Mapping[str, str]] = {
        "DataProtectionPolicy": "moto has no data protection policies",
        "DeletionProtectionEnabled": "moto's DescribeLogGroups does not show it",
        "LogGroupClass": "moto's DescribeLogGroups does not show it",
    }
    create_only = frozenset({"LogGroupName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the group."""
        self.account.call(
            "logs",
            "CreateLogGroup",
            logGroupName=name,
            kmsKeyId=properties.get("KmsKeyId"),
            tags=tag_map(properties) or None,
        )
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set retention, key and tags."""
        call = self.account.call
        changed = changed_names(properties, previous or {})
        group = {"logGroupName": physical_id}
        if "RetentionInDays" in changed:
            if properties.get("RetentionInDays") is None:
                call("logs", "DeleteRetentionPolicy", **group)
            else:
                days = properties["RetentionInDays"]
                call("logs", "PutRetentionPolicy", retentionInDays=days, **group)
        if previous is None:
            return
        if "KmsKeyId" in changed:
            key = properties.get("KmsKeyId")
            call(
                "logs",
                "DisassociateKmsKey" if key is None else "AssociateKmsKey",
                kmsKeyId=key,
                **group,
            )
        arn = self.account.arn("logs", f"log-group:{physical_id}")
        set_tags(self.account, "logs", arn, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN, with the colon and star that CloudFormation gives."""
        return {"Arn": self.account.arn("logs", f"log-group:{physical_id}:*")}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the group with its logs."""
        self.account.call("logs", "DeleteLogGroup", logGroupName=physical_id)
