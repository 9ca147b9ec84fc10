"""AWS::EC2::SubnetRouteTableAssociation."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)


class Ec2SubnetRouteTableAssociation(ResourceType):
    """Which table routes a subnet."""

    type = "AWS::EC2::SubnetRouteTableAssociation"
    properties = frozenset({"RouteTableId", "SubnetId"})
    create_only = frozenset({"RouteTableId", "SubnetId"})
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Associate the table."""
        made = self.account.call("ec2", "AssociateRouteTable", **properties)
        return str(made["AssociationId"])

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id."""
        return {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Take the table away."""
        self.account.call("ec2", "DisassociateRouteTable", AssociationId=physical_id)
