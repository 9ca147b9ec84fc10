"""AWS::SSM::Parameter."""

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


class SsmParameter(ResourceType):
    """A parameter."""

    type = "AWS::SSM::Parameter"
    named_by = "Name"
    tags = "map"
    properties = frozenset(
        {"AllowedPattern", "DataType", "Description", "Name", "Tags", "Tier", "Type", "Value"}
    )
    create_only = frozenset({"Name"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the parameter; it must not exist."""
        tags = tag_list(tag_map(properties))
        self._put(name, properties, Overwrite=False, Tags=tags or None)
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Write a new version and change the tags."""
        if previous is None:
            return
        changed = changed_names(properties, previous)
        if changed != ["Tags"]:
            self._put(physical_id, properties, Overwrite=True)
        set_tags(self.account, "ssm", physical_id, properties, previous)

    def _put(self, name: str, properties: Properties, **more: Any) -> None:
        names = ("AllowedPattern", "DataType", "Description", "Tier", "Type", "Value")
        self.account.call("ssm", "PutParameter", Name=name, **only(properties, names), **more)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Type and value."""
        return {"Type": properties["Type"], "Value": properties["Value"]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the parameter."""
        self.account.call("ssm", "DeleteParameter", Name=physical_id)
