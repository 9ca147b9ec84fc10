"""AWS::DynamoDB::Table."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
    tag_list,
    tag_map,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags

CREATED = (
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "KeySchema",
)
FIXED = ("AttributeDefinitions", "KeySchema", "SSESpecification")
UPDATED = ("BillingMode", "DeletionProtectionEnabled")


class DynamoDbTable(ResourceType):
    """A table without indexes."""

    type = "AWS::DynamoDB::Table"
    named_by = "TableName"
    longest_name = 255
    properties = frozenset(
        {
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "TableName",
            "Tags",
            "TimeToLiveSpecification",
            *CREATED,
        }
    )
    create_only = frozenset({"TableName"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the table."""
        encryption = properties.get("SSESpecification")
        more = {} if encryption is None else {"SSESpecification": _encryption(encryption)}
        tags = tag_list(tag_map(properties))
        self.account.call(
            "dynamodb",
            "CreateTable",
            TableName=name,
            **only(properties, CREATED),
            **more,
            Tags=tags,
        )
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set recovery, expiry, protection and tags."""
        self.refuse_change(properties, previous, FIXED)
        old = previous or {}
        recovery = properties.get("PointInTimeRecoverySpecification")
        if recovery != old.get("PointInTimeRecoverySpecification"):
            self.account.call(
                "dynamodb",
                "UpdateContinuousBackups",
                TableName=physical_id,
                PointInTimeRecoverySpecification=recovery or {"PointInTimeRecoveryEnabled": False},
            )
        expiry = properties.get("TimeToLiveSpecification")
        if expiry != old.get("TimeToLiveSpecification"):
            self.account.call(
                "dynamodb",
                "UpdateTimeToLive",
                TableName=physical_id,
                TimeToLiveSpecification=expiry
                or {**old["TimeToLiveSpecification"], "Enabled": False},
            )
        if previous is None:
            return
        changed = {name for name in UPDATED if properties.get(name) != previous.get(name)}
        if changed:
            self.account.call(
                "dynamodb", "UpdateTable", TableName=physical_id, **only(properties, changed)
            )
        set_tags(self.account, "dynamodb", self._arn(physical_id), properties, previous)

    def _arn(self, physical_id: str) -> str:
        return self.account.arn("dynamodb", f"table/{physical_id}")

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN."""
        return {"Arn": self._arn(physical_id)}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the table."""
        self.account.call("dynamodb", "DeleteTable", TableName=physical_id)


def _encryption(specification: Properties) -> dict[str, Any]:
    renamed = {"SSEEnabled": "Enabled", "SSEType": "SSEType", "KMSMasterKeyId": "KMSMasterKeyId"}
    return {renamed[name]: value for name, value in specification.items()}
