"""AWS::Events::EventBus."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class EventsEventBus(ResourceType):
    """An event bus."""

    type = "AWS::Events::EventBus"
    named_by = "Name"
    longest_name = 256
    properties = frozenset({"Description", "KmsKeyIdentifier", "Name", "Tags"})
    create_only = frozenset({"Name"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the bus."""
        names = ("Description", "KmsKeyIdentifier")
        self.account.call("events", "CreateEventBus", Name=name, **only(properties, names))
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set the tags."""
        self.refuse_change(properties, previous, self.properties - {"Tags"})
        set_tags(self.account, "events", self._arn(physical_id), properties, previous)

    def _arn(self, physical_id: str) -> str:
        return self.account.arn("events", f"event-bus/{physical_id}")

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and name."""
        return {"Arn": self._arn(physical_id), "Name": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the bus."""
        self.account.call("events", "DeleteEventBus", Name=physical_id)
