"""Compares networks: VPCs, subnets, routes, security groups, endpoints, flow logs."""

from collections.abc import Iterable, Mapping
from typing import Any

from groundplan.stacks.parity.inventory import Item, Parts, Resource
from groundplan.stacks.parity.values import document, item, lowered, own


def vpc_of_template(vpc: Resource, parts: Parts) -> Item:
    """Return a VPC of CDK."""
    facts = {
        "cidr": vpc.take("CidrBlock"),
        "dns": (vpc.take("EnableDnsHostnames"), vpc.take("EnableDnsSupport")),
    }
    return item("vpc", vpc.unit, vpc, facts, own_tags=vpc.take("Tags"))


def vpc_of_program(vpc: Resource, parts: Parts) -> Item:
    """Return a VPC of Pulumi."""
    facts = {
        "cidr": vpc.take("cidrBlock"),
        "dns": (vpc.take("enableDnsHostnames"), vpc.take("enableDnsSupport")),
    }
    return item("vpc", vpc.unit, vpc, facts, own_tags=vpc.take("tags"))


def routes_of_template(table: Resource, parts: Parts) -> Item:
    """Return a route table of CDK; routes to gateways come with their endpoints."""
    facts = {"vpc": table.take("VpcId"), "routes": []}
    return item("route table", table.unit, table, facts, own_tags=table.take("Tags"))


def routes_of_program(table: Resource, parts: Parts) -> Item:
    """Return a route table of Pulumi."""
    facts = {"vpc": table.take("vpcId"), "routes": lowered(table.take("routes", []))}
    return item("route table", table.unit, table, facts, own_tags=table.take("tags"))


def subnet_of_template(subnet: Resource, parts: Parts) -> Item:
    """Return a subnet of CDK."""
    routes = parts.one(subnet, "AWS::EC2::SubnetRouteTableAssociation", SubnetId=own(subnet)["id"])
    facts = {
        "vpc": subnet.take("VpcId"),
        "cidr": subnet.take("CidrBlock"),
        "zone": subnet.take("AvailabilityZone"),
        "public addresses": subnet.take("MapPublicIpOnLaunch", False),
        "routes": routes and routes.take("RouteTableId"),
    }
    return item("subnet", subnet.unit, subnet, facts, routes, own_tags=subnet.take("Tags"))


def subnet_of_program(subnet: Resource, parts: Parts) -> Item:
    """Return a subnet of Pulumi."""
    routes = parts.one(
        subnet, "aws:ec2/routeTableAssociation:RouteTableAssociation", subnetId=own(subnet)["id"]
    )
    facts = {
        "vpc": subnet.take("vpcId"),
        "cidr": subnet.take("cidrBlock"),
        "zone": subnet.take("availabilityZone"),
        "public addresses": subnet.take("mapPublicIpOnLaunch", False),
        "routes": routes and routes.take("routeTableId"),
    }
    return item("subnet", subnet.unit, subnet, facts, routes, own_tags=subnet.take("tags"))


def group_of_template(group: Resource, parts: Parts) -> Item:
    """Return a security group of CDK."""
    facts = {
        "description": group.take("GroupDescription"),
        "vpc": group.take("VpcId"),
        "in": _rules(group.take("SecurityGroupIngress")),
        "out": _rules(group.take("SecurityGroupEgress")),
    }
    return item("security group", group.unit, group, facts, own_tags=group.take("Tags"))


def group_of_program(group: Resource, parts: Parts) -> Item:
    """Return a security group of Pulumi."""
    facts = {
        "description": group.take("description"),
        "vpc": group.take("vpcId"),
        "in": _rules(group.take("ingress")),
        "out": _rules(group.take("egress")),
    }
    return item("security group", group.unit, group, facts, own_tags=group.take("tags"))


def _rules(rules: Iterable[Mapping[str, Any]] | None) -> dict[str, Any]:
    """Return the rules of a group by what they say of themselves, an address range each."""
    found = {}
    for rule in map(lowered, rules or ()):
        ranges = rule.pop("cidrblocks", None) or [rule.pop("cidrip", None)]
        protocol = rule.pop("protocol", None) or rule.pop("ipprotocol", None)
        description = rule.pop("description", "")
        for cidr in ranges:
            found[f"{description} {cidr}"] = {"protocol": protocol, **rule}
    return found


def endpoint_of_template(endpoint: Resource, parts: Parts) -> Item:
    """Return a VPC endpoint of CDK."""
    facts = {
        "vpc": endpoint.take("VpcId"),
        "service": endpoint.take("ServiceName"),
        "type": endpoint.take("VpcEndpointType"),
        "policy": document(endpoint.take("PolicyDocument")),
        "routes": endpoint.take("RouteTableIds"),
        "subnets": endpoint.take("SubnetIds"),
        "groups": endpoint.take("SecurityGroupIds"),
        "private dns": endpoint.take("PrivateDnsEnabled", False),
    }
    return item("vpc endpoint", endpoint.unit, endpoint, facts, own_tags=endpoint.take("Tags"))


def endpoint_of_program(endpoint: Resource, parts: Parts) -> Item:
    """Return a VPC endpoint of Pulumi."""
    facts = {
        "vpc": endpoint.take("vpcId"),
        "service": endpoint.take("serviceName"),
        "type": endpoint.take("vpcEndpointType"),
        "policy": document(endpoint.take("policy")),
        "routes": endpoint.take("routeTableIds"),
        "subnets": endpoint.take("subnetIds"),
        "groups": endpoint.take("securityGroupIds"),
        "private dns": endpoint.take("privateDnsEnabled", False),
    }
    return item("vpc endpoint", endpoint.unit, endpoint, facts, own_tags=endpoint.take("tags"))


def flow_of_template(log: Resource, parts: Parts) -> Item:
    """Return a flow log of CDK."""
    facts = {
        log.take("ResourceType").lower(): log.take("ResourceId"),
        "traffic": log.take("TrafficType"),
        "to": log.take("LogDestinationType"),
        "log group": log.take("LogGroupName"),
        "role": log.take("DeliverLogsPermissionArn"),
    }
    return item("flow log", log.unit, log, facts, own_tags=log.take("Tags"))


def flow_of_program(log: Resource, parts: Parts) -> Item:
    """Return a flow log of Pulumi, which names the log group by its ARN."""
    arn = log.take("logDestination")
    prefix = log.place.arn("logs", "log-group:")
    facts = {
        "vpc": log.take("vpcId"),
        "traffic": log.take("trafficType"),
        "to": log.take("logDestinationType"),
        "log group": arn.removeprefix(prefix).removesuffix(":*"),
        "role": log.take("iamRoleArn"),
    }
    return item("flow log", log.unit, log, facts, own_tags=log.take("tags"))


TEMPLATES = {
    "AWS::EC2::FlowLog": flow_of_template,
    "AWS::EC2::RouteTable": routes_of_template,
    "AWS::EC2::SecurityGroup": group_of_template,
    "AWS::EC2::Subnet": subnet_of_template,
    "AWS::EC2::VPC": vpc_of_template,
    "AWS::EC2::VPCEndpoint": endpoint_of_template,
}
PROGRAMS = {
    "aws:ec2/flowLog:FlowLog": flow_of_program,
    "aws:ec2/routeTable:RouteTable": routes_of_program,
    "aws:ec2/securityGroup:SecurityGroup": group_of_program,
    "aws:ec2/subnet:Subnet": subnet_of_program,
    "aws:ec2/vpc:Vpc": vpc_of_program,
    "aws:ec2/vpcEndpoint:VpcEndpoint": endpoint_of_program,
}
PARTS = {
    "AWS::EC2::SubnetRouteTableAssociation",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
}
