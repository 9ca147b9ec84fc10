"""AWS::CodeConnections::Connection."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)

REASON = "moto has no CodeConnections"


class CodeConnectionsConnection(ResourceType):
    """A connection, of which nothing but its ARN is there."""

    type = "AWS::CodeConnections::Connection"
    named_by = "ConnectionName"
    longest_name = 32
    properties = frozenset()
    uncovered: ClassVar[Mapping[str, str]] = {"ConnectionName": REASON, "ProviderType": REASON}
    create_only = frozenset({"ConnectionName", "ProviderType"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Make up an id, the same one for the same name."""
        own = f"{self.account.id}/{self.account.region}/{name}"
        id = uuid.uuid5(uuid.NAMESPACE_URL, own)
        return self.account.arn("codeconnections", f"connection/{id}")

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN, and the state of a connection that nobody has completed."""
        return {
            "ConnectionArn": physical_id,
            "ConnectionStatus": "PENDING",
            "OwnerAccountId": self.account.id,
        }

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Nothing to delete."""
