"""AWS::EC2::VPC."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.tagging import set_tags


class Ec2Vpc(ResourceType):
    """A network."""

    type = "AWS::EC2::VPC"
    properties = frozenset(
        {"CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"}
    )
    create_only = frozenset({"CidrBlock"})

    def create(self, name: str, properties: Properties) -> str:
        """Make the network."""
        names = ("CidrBlock", "InstanceTenancy")
        made = self.account.call("ec2", "CreateVpc", **only(properties, names))
        return str(made["Vpc"]["VpcId"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set DNS attributes and tags."""
        changed = changed_names(properties, previous or {})
        self.refuse_change(properties, previous, {"InstanceTenancy"})
        for name, default in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
            if name in changed:
                value = {name: {"Value": properties.get(name, default)}}
                self.account.call("ec2", "ModifyVpcAttribute", VpcId=physical_id, **value)
        set_tags(self.account, "ec2", physical_id, properties, previous)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id, address range and the groups that come with it."""
        of_vpc = [{"Name": "vpc-id", "Values": [physical_id]}]
        groups = self.account.call("ec2", "DescribeSecurityGroups", Filters=of_vpc)
        default = next(g for g in groups["SecurityGroups"] if g["GroupName"] == "default")
        acls = self.account.call("ec2", "DescribeNetworkAcls", Filters=of_vpc)
        return {
            "CidrBlock": properties["CidrBlock"],
            "DefaultNetworkAcl": acls["NetworkAcls"][0]["NetworkAclId"],
            "DefaultSecurityGroup": default["GroupId"],
            "VpcId": physical_id,
        }

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the network; EC2 refuses while something is in it."""
        self.account.call("ec2", "DeleteVpc", VpcId=physical_id)
