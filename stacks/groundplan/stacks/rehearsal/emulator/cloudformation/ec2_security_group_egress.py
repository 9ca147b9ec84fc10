"""AWS::EC2::SecurityGroupEgress."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.security_group_rules import (
    change_rule,
)


class Ec2SecurityGroupEgress(ResourceType):
    """A rule of a security group, in a resource of its own."""

    type = "AWS::EC2::SecurityGroupEgress"
    properties = frozenset(
        {
            "CidrIp",
            "CidrIpv6",
            "Description",
            "DestinationPrefixListId",
            "DestinationSecurityGroupId",
            "FromPort",
            "GroupId",
            "IpProtocol",
            "ToPort",
        }
    )
    create_only = properties - {"Description"}
    tags = None

    def create(self, name: str, properties: Properties) -> str:
        """Add the rule."""
        operation = "AuthorizeSecurityGroupEgress"
        return change_rule(self.account, operation, properties["GroupId"], properties)

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """Id of the rule."""
        return {"Id": physical_id}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Take the rule away."""
        operation = "RevokeSecurityGroupEgress"
        change_rule(self.account, operation, properties["GroupId"], properties)
