"""EC2: a network without a way out."""

from typing import Any, ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_flow_log import Ec2FlowLog
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_route_table import Ec2RouteTable
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_security_group import Ec2SecurityGroup
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_subnet import Ec2Subnet
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_subnet_route_table_association import (
    Ec2SubnetRouteTableAssociation,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_vpc import Ec2Vpc
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_vpc_endpoint import Ec2VpcEndpoint
from groundplan.stacks.rehearsal.pulumi.types.resource_type import PulumiType, fields


class _SecurityGroup(Ec2SecurityGroup):
    """A group whose egress is what the program says: the provider lets nothing out by itself."""

    without_egress: ClassVar[list[dict[str, str]]] = []


_rule = fields(
    protocol="IpProtocol",
    fromPort="FromPort",
    toPort="ToPort",
    description="Description",
    cidrBlocks="CidrBlocks",
)


def _rules(blocks: Any) -> list[dict[str, Any]]:
    """Return one rule for each range of addresses."""
    made = []
    for block in blocks:
        rule = _rule(block)
        ranges = rule.pop("CidrBlocks", [])
        made += [{**rule, "CidrIp": item} for item in ranges]
    return made


TYPES = (
    PulumiType(
        token="aws:ec2/vpc:Vpc",
        made_by=Ec2Vpc,
        names={
            "cidrBlock": "CidrBlock",
            "enableDnsHostnames": "EnableDnsHostnames",
            "enableDnsSupport": "EnableDnsSupport",
        },
        replaced_by=frozenset({"cidrBlock"}),
    ),
    PulumiType(
        token="aws:ec2/subnet:Subnet",
        made_by=Ec2Subnet,
        names={
            "vpcId": "VpcId",
            "cidrBlock": "CidrBlock",
            "availabilityZone": "AvailabilityZone",
            "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
        },
        replaced_by=frozenset({"availabilityZone", "cidrBlock", "vpcId"}),
    ),
    PulumiType(
        token="aws:ec2/routeTable:RouteTable",
        made_by=Ec2RouteTable,
        names={"vpcId": "VpcId"},
        replaced_by=frozenset({"vpcId"}),
    ),
    PulumiType(
        token="aws:ec2/routeTableAssociation:RouteTableAssociation",
        made_by=Ec2SubnetRouteTableAssociation,
        names={"routeTableId": "RouteTableId", "subnetId": "SubnetId"},
        # The provider can change the table in place; nothing here does.
        replaced_by=frozenset({"routeTableId", "subnetId"}),
    ),
    PulumiType(
        token="aws:ec2/securityGroup:SecurityGroup",
        made_by=_SecurityGroup,
        names={
            "name": "GroupName",
            "description": "GroupDescription",
            "vpcId": "VpcId",
            "ingress": "SecurityGroupIngress",
            "egress": "SecurityGroupEgress",
        },
        values={"ingress": _rules, "egress": _rules},
        replaced_by=frozenset({"description", "name", "vpcId"}),
    ),
    PulumiType(
        token="aws:ec2/vpcEndpoint:VpcEndpoint",
        made_by=Ec2VpcEndpoint,
        names={
            "vpcId": "VpcId",
            "serviceName": "ServiceName",
            "vpcEndpointType": "VpcEndpointType",
            "policy": "PolicyDocument",
            "routeTableIds": "RouteTableIds",
            "subnetIds": "SubnetIds",
            "securityGroupIds": "SecurityGroupIds",
            "privateDnsEnabled": "PrivateDnsEnabled",
        },
        replaced_by=frozenset({"serviceName", "vpcEndpointType", "vpcId"}),
    ),
    PulumiType(
        token="aws:ec2/flowLog:FlowLog",
        made_by=Ec2FlowLog,
        names={
            "vpcId": "ResourceId",
            "trafficType": "TrafficType",
            "logDestinationType": "LogDestinationType",
            "logDestination": "LogDestination",
            "iamRoleArn": "DeliverLogsPermissionArn",
        },
        fixed={"ResourceType": "VPC"},
        replaced_by=frozenset(
            {"iamRoleArn", "logDestination", "logDestinationType", "trafficType", "vpcId"}
        ),
    ),
)
