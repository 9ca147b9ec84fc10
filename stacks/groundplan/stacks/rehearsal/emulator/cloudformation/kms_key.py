"""AWS::KMS::Key."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
    tag_list,
    tag_map,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class KmsKey(ResourceType):
    """A key with its policy and rotation."""

    type = "AWS::KMS::Key"
    properties = frozenset(
        {
            "Description",
            "EnableKeyRotation",
            "Enabled",
            "KeyPolicy",
            "KeySpec",
            "KeyUsage",
            "MultiRegion",
            "PendingWindowInDays",
            "RotationPeriodInDays",
            "Tags",
        }
    )

    def create(self, name: str, properties: Properties) -> str:
        """Make a key; the service gives the id."""
        made = self.account.call(
            "kms",
            "CreateKey",
            Policy=properties.get("KeyPolicy"),
            Tags=tag_list(tag_map(properties), "TagKey", "TagValue"),
            **only(properties, ("Description", "KeySpec", "KeyUsage", "MultiRegion")),
        )
        return str(made["KeyMetadata"]["KeyId"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set rotation and state, and what an update changes."""
        self.refuse_change(properties, previous, {"KeySpec", "KeyUsage", "MultiRegion"})
        call = self.account.call
        changed = changed_names(properties, previous or {})
        if "EnableKeyRotation" in changed or "RotationPeriodInDays" in changed:
            if str(properties.get("EnableKeyRotation", False)).lower() == "true":
                period = properties.get("RotationPeriodInDays")
                call("kms", "EnableKeyRotation", KeyId=physical_id, RotationPeriodInDays=period)
            elif previous is not None:
                call("kms", "DisableKeyRotation", KeyId=physical_id)
        if "Enabled" in changed:
            enabled = str(properties.get("Enabled", True)).lower() == "true"
            call("kms", "EnableKey" if enabled else "DisableKey", KeyId=physical_id)
        if previous is None:
            return
        if "KeyPolicy" in changed:
            policy = properties.get("KeyPolicy")
            call("kms", "PutKeyPolicy", KeyId=physical_id, PolicyName="default", Policy=policy)
        if "Description" in changed:
            text = properties.get("Description", "")
            call("kms", "UpdateKeyDescription", KeyId=physical_id, Description=text)
        set_tags(self.account, "kms", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and id."""
        return {"Arn": self.account.arn("kms", f"key/{physical_id}"), "KeyId": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Schedule the deletion; AWS never deletes a key at once."""
        window = properties.get("PendingWindowInDays")
        self.account.call(
            "kms", "ScheduleKeyDeletion", KeyId=physical_id, PendingWindowInDays=window
        )
