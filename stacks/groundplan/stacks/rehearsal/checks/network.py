"""Checks a network: what is in it, and that nothing leads out of it."""

from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

UNCOVERED: dict[str, str] = {}

ANYWHERE = ("0.0.0.0/0", "::/0")
ENDED = ("deleted", "deleting", "expired", "failed", "rejected")
"""States of what EC2 still lists for a while, although it leads nowhere."""


def check_network(plan: NetworkPlan, account: Account) -> Iterator[Property]:
    """Compare VPC, subnets, endpoints, routes, groups and flow log."""
    ours = account.scope_filter()
    vpcs = account.read("ec2", "describe_vpcs", Filters=ours)["Vpcs"]
    vpc = vpcs[0] if len(vpcs) == 1 else {}
    yield "name", 1, len(vpcs)
    yield "cidr", plan.cidr, vpc.get("CidrBlock")
    wanted = {**account.tags, plan.scope_tag[0]: plan.scope_tag[1], "Name": plan.name}
    yield tags(wanted, vpc.get("Tags", []))
    if not vpc:
        return
    vpc_id = vpc["VpcId"]
    here = [{"Name": "vpc-id", "Values": [vpc_id]}]
    for name in ("enableDnsHostnames", "enableDnsSupport"):
        shown = account.read("ec2", "describe_vpc_attribute", VpcId=vpc_id, Attribute=name)
        yield name, True, shown[f"{name[0].upper()}{name[1:]}"]["Value"]
    subnets = account.read("ec2", "describe_subnets", Filters=here)["Subnets"]
    yield from _subnets(plan, subnets, account)
    tables = account.read("ec2", "describe_route_tables", Filters=here)["RouteTables"]
    yield from _endpoints(plan, here, subnets, tables, account)
    yield from _isolation(vpc_id, here, tables, account)
    yield from _flow_log(plan, vpc_id, account)


def _subnets(plan: NetworkPlan, found: list[Any], account: Account) -> Iterator[Property]:
    zones = account.read("ec2", "describe_availability_zones")["AvailabilityZones"]
    names = sorted(item["ZoneName"] for item in zones)
    shown = {item["CidrBlock"]: item for item in found}
    yield "subnets", sorted(item.cidr for item in plan.subnets), sorted(shown)
    for subnet in plan.subnets:
        item = shown.get(subnet.cidr, {})
        zone = names[subnet.zone_index] if subnet.zone_index < len(names) else None
        yield f"subnets.{subnet.id}.zone", zone, item.get("AvailabilityZone")
        yield f"subnets.{subnet.id}.public", False, item.get("MapPublicIpOnLaunch")
        scope = {plan.scope_tag[0]: plan.scope_tag[1]}
        yield f"scope_tag.{subnet.id}", *tags(scope, item.get("Tags", []))[1:]


def _endpoints(
    plan: NetworkPlan, here: list[Any], subnets: list[Any], tables: list[Any], account: Account
) -> Iterator[Property]:
    listed = account.read("ec2", "describe_vpc_endpoints", Filters=here)["VpcEndpoints"]
    shown = {item["ServiceName"]: item for item in listed}
    yield "endpoints", sorted(item.service for item in plan.endpoints), sorted(shown)
    cidrs = {item["SubnetId"]: item["CidrBlock"] for item in subnets}
    table_of = {
        association.get("SubnetId"): table["RouteTableId"]
        for table in tables
        for association in table.get("Associations", [])
    }
    for endpoint in plan.endpoints:
        name, item = f"endpoints.{endpoint.id}", shown.get(endpoint.service, {})
        yield f"{name}.kind", endpoint.kind, item.get("VpcEndpointType")
        yield f"{name}.state", "available", str(item.get("State")).lower()
        document = item.get("PolicyDocument")
        yield from compare_policy(f"{name}.policy", endpoint.policy, document, account)
        if endpoint.kind == "Interface":
            reached = [cidrs.get(subnet) for subnet in item.get("SubnetIds", [])]
            yield f"{name}.private_dns", True, item.get("PrivateDnsEnabled")
            yield f"{name}.guarded", True, bool(item.get("Groups"))
        else:
            routed = item.get("RouteTableIds", [])
            reached = [cidr for subnet, cidr in cidrs.items() if table_of.get(subnet) in routed]
        yield f"{name}.subnets", sorted(cidrs.values()), sorted(map(str, reached))


def _isolation(
    vpc_id: str, here: list[Any], tables: list[Any], account: Account
) -> Iterator[Property]:
    """Compare with nothing everything by which a packet could leave or come in."""
    out = [
        route.get("DestinationCidrBlock", route.get("DestinationPrefixListId"))
        for table in tables
        for route in table["Routes"]
        if route.get("GatewayId") != "local" and not str(route.get("GatewayId")).startswith("vpce-")
    ]
    yield "isolation.routes_out", [], out
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc_id]}]
    for operation, key, filters in (
        ("describe_internet_gateways", "InternetGateways", attached),
        ("describe_nat_gateways", "NatGateways", here),
        ("describe_vpn_gateways", "VpnGateways", attached),
        ("describe_transit_gateway_attachments", "TransitGatewayAttachments",
         [{"Name": "resource-id", "Values": [vpc_id]}]),
    ):  # fmt: skip
        shown = account.read("ec2", operation, Filters=filters).get(key, [])
        yield f"isolation.{key}", 0, sum(item.get("State") not in ENDED for item in shown)
    egress = account.read("ec2", "describe_egress_only_internet_gateways")
    ours = [
        item
        for item in egress.get("EgressOnlyInternetGateways", [])
        if any(attachment["VpcId"] == vpc_id for attachment in item["Attachments"])
    ]
    yield "isolation.EgressOnlyInternetGateways", 0, len(ours)
    peers = account.read("ec2", "describe_vpc_peering_connections")["VpcPeeringConnections"]
    joined = [
        item
        for item in peers
        if vpc_id in (item["RequesterVpcInfo"]["VpcId"], item["AccepterVpcInfo"]["VpcId"])
        and item["Status"]["Code"] not in ENDED
    ]
    yield "isolation.VpcPeeringConnections", 0, len(joined)
    groups = account.read("ec2", "describe_security_groups", Filters=here)["SecurityGroups"]
    ours_open = [
        group["GroupName"]
        for group in groups
        for rule in group["IpPermissions"]
        for source in (*rule.get("IpRanges", []), *rule.get("Ipv6Ranges", []))
        if source.get("CidrIp", source.get("CidrIpv6")) in ANYWHERE
    ]
    yield "isolation.open_groups", [], ours_open


def _flow_log(plan: NetworkPlan, vpc_id: str, account: Account) -> Iterator[Property]:
    on_vpc = [{"Name": "resource-id", "Values": [vpc_id]}]
    found = account.read("ec2", "describe_flow_logs", Filters=on_vpc).get("FlowLogs", [])
    if plan.flow_log is None:
        yield "flow_log", 0, len(found)
        return
    item = found[0] if len(found) == 1 else {}
    yield "flow_log", 1, len(found)
    by_arn = str(item.get("LogDestination", "")).rpartition(":log-group:")[2] or None
    group = item.get("LogGroupName", by_arn)
    yield "flow_log.log_group_name", plan.flow_log.log_group_name, group
    arn = account.place.arn("logs", f"log-group:{group}")
    yield "flow_log.log_group_arn", plan.flow_log.log_group_arn, arn
    yield "flow_log.role_arn", plan.flow_log.role_arn, item.get("DeliverLogsPermissionArn")
    yield "flow_log.traffic", "ALL", item.get("TrafficType")
    yield "flow_log.destination", "cloud-watch-logs", item.get("LogDestinationType")
    yield "flow_log.status", "ACTIVE", item.get("FlowLogStatus")
