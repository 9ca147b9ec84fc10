"""AWS::EC2::RouteTable."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class Ec2RouteTable(ResourceType):
    """A route table."""

    type = "AWS::EC2::RouteTable"
    properties = frozenset({"Tags", "VpcId"})
    create_only = frozenset({"VpcId"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the table with the local route only."""
        made = self.account.call("ec2", "CreateRouteTable", VpcId=properties["VpcId"])
        return str(made["RouteTable"]["RouteTableId"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set the tags."""
        set_tags(self.account, "ec2", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id."""
        return {"RouteTableId": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the table."""
        self.account.call("ec2", "DeleteRouteTable", RouteTableId=physical_id)
