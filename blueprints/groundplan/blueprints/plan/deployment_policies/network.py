"""What CloudFormation needs for an isolated network; the rest of the table is in ``table.py``."""

from groundplan.blueprints.plan.deployment_policies.scope import (
    DeploymentScope,
    HandlerDuty,
    also,
    row,
)
from groundplan.blueprints.plan.exceptions import NO_NARROWER

NETWORK_BY_TAG = "AWS assigns the ids of networks; the project's tag limits this to its own"
"""Why a statement on parts of a network holds a wildcard."""
NEW_NETWORK = "AWS assigns the ids of what is being made, in a network that carries the tag"
"""Why a statement on parts of a network that do not exist yet holds a wildcard."""
PARTS = ("route-table", "security-group", "subnet", "vpc-endpoint", "vpc-flow-log")
"""Resource types of what is made in a VPC."""
TYPES = (
    "EC2::FlowLog EC2::RouteTable EC2::SecurityGroup EC2::Subnet"
    " EC2::SubnetRouteTableAssociation EC2::VPC EC2::VPCEndpoint"
)


def network_duties(scope: DeploymentScope) -> list[HandlerDuty]:
    """Return what CloudFormation needs for the isolated networks of an account's environments."""
    place = scope.place
    vpcs = (place.arn("ec2", "vpc/*"),)
    new = tuple(place.arn("ec2", f"{part}/*") for part in PARTS)
    rules = (place.arn("ec2", "security-group-rule/*"),)
    owned = scope.owned(scope.networks)
    creations = [
        "CreateFlowLogs", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet", "CreateVpc",
        "CreateVpcEndpoint",
    ]  # fmt: skip
    in_vpc = "ec2: " + " ".join(item for item in creations if item != "CreateVpc")
    parts = in_vpc.replace(" CreateFlowLogs", "")
    return [
        row(
            "EC2::VPC", "CreateNetworks", "ec2: CreateVpc", vpcs,
            "an environment has a network of its own",
            condition=scope.tagged(scope.networks), wildcard=NEW_NETWORK,
        ),
        row(
            TYPES, "ExtendOwnNetworks", in_vpc, vpcs,
            "subnets, groups, endpoints and flow logs belong to the environment's network",
            condition=owned, wildcard=NETWORK_BY_TAG,
        ),
        row(
            TYPES, "CreateNetworkParts", parts, new,
            "subnets, groups and endpoints belong to the environment's network",
            wildcard=NEW_NETWORK,
        ),
        row(
            "EC2::FlowLog", "CreateNetworkFlowLogs", "ec2: CreateFlowLogs",
            (place.arn("ec2", "vpc-flow-log/*"),),
            "a flow log is of the environment's network, and of no subnet or interface elsewhere",
            wildcard=NEW_NETWORK,
        ),
        row(
            TYPES, "TagNewNetworks", "ec2: CreateTags", (*vpcs, *new),
            "each part of a network is tagged as it is created",
            condition=also(
                scope.tagged(scope.networks), {"StringEquals": {"ec2:CreateAction": creations}}
            ),
            wildcard=NEW_NETWORK,
        ),
        row(
            TYPES, "ManageNetworks",
            "ec2: AssociateRouteTable CreateTags DeleteFlowLogs DeleteRouteTable"
            " DeleteSecurityGroup DeleteSubnet DeleteTags DeleteVpc DeleteVpcEndpoints"
            " DescribeVpcAttribute DisassociateRouteTable ModifySubnetAttribute"
            " ModifyVpcAttribute ModifyVpcEndpoint ReplaceRouteTableAssociation",
            (*vpcs, *new),
            "stacks change, tag and end their networks",
            condition=owned, wildcard=NETWORK_BY_TAG,
        ),
        row(
            "EC2::SecurityGroup", "ManageSecurityGroupRules",
            "ec2: AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress"
            " RevokeSecurityGroupEgress RevokeSecurityGroupIngress"
            " UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress",
            (place.arn("ec2", "security-group/*"),),
            "rules let workloads reach the endpoints and nothing else",
            condition=owned, wildcard=NETWORK_BY_TAG,
        ),
        row(
            "EC2::SecurityGroup", "CreateSecurityGroupRules",
            "ec2: AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress", rules,
            "a rule is made in a group that carries the tag", wildcard=NEW_NETWORK,
        ),
        row(
            TYPES, "ReadNetworks",
            "ec2: DescribeAccountAttributes DescribeAvailabilityZones DescribeFlowLogs"
            " DescribeInstances DescribeNetworkAcls DescribeRouteTables"
            " DescribeSecurityGroups DescribeSubnets DescribeTags"
            " DescribeVpcEncryptionControls DescribeVpcEndpoints DescribeVpcs",
            ("*",),
            "handlers find what they made by listing, and zones are looked up",
            condition={"StringEquals": {"ec2:Region": place.region}}, wildcard=NO_NARROWER,
        ),
    ]  # fmt: skip
