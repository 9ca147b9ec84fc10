"""AWS::EC2::Subnet."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class Ec2Subnet(ResourceType):
    """A subnet."""

    type = "AWS::EC2::Subnet"
    properties = frozenset(
        {"AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"}
    )
    create_only = frozenset({"AvailabilityZone", "CidrBlock", "VpcId"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the subnet."""
        made = self.account.call("ec2", "CreateSubnet", **only(properties, self.create_only))
        return str(made["Subnet"]["SubnetId"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set public addresses and tags."""
        if "MapPublicIpOnLaunch" in changed_names(properties, previous or {}):
            value = {"Value": properties.get("MapPublicIpOnLaunch", False)}
            self.account.call(
                "ec2", "ModifySubnetAttribute", SubnetId=physical_id, MapPublicIpOnLaunch=value
            )
        set_tags(self.account, "ec2", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id, zone, network."""
        found = self.account.call("ec2", "DescribeSubnets", SubnetIds=[physical_id])
        [subnet] = found["Subnets"]
        return only(subnet, ("AvailabilityZone", "CidrBlock", "SubnetId", "VpcId"))

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the subnet."""
        self.account.call("ec2", "DeleteSubnet", SubnetId=physical_id)
