import json
from typing import Any

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "*"}
    ],
}
NAME = [{"Key": "Name", "Value": "churn"}]


def _resource(type: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{type}", "Properties": properties}


def _network() -> dict[str, Any]:
    vpc = {"Ref": "Vpc"}
    return {
        "Vpc": _resource(
            "VPC",
            CidrBlock="10.0.0.0/20",
            EnableDnsHostnames=True,
            EnableDnsSupport=True,
            Tags=NAME,
        ),
        "Subnet": _resource(
            "Subnet",
            AvailabilityZone={"Fn::Select": [1, {"Fn::GetAZs": ""}]},
            CidrBlock={
                "Fn::Select": [2, {"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 4, 8]}]
            },
            MapPublicIpOnLaunch=False,
            Tags=NAME,
            VpcId=vpc,
        ),
        "Routes": _resource("RouteTable", VpcId=vpc, Tags=NAME),
        "Association": _resource(
            "SubnetRouteTableAssociation",
            RouteTableId={"Ref": "Routes"},
            SubnetId={"Ref": "Subnet"},
        ),
        "Workload": _resource(
            "SecurityGroup",
            GroupDescription="jobs and endpoints",
            SecurityGroupEgress=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": 443,
                    "ToPort": 443,
                    "CidrIp": "10.0.0.0/20",
                    "Description": "endpoints",
                }
            ],
            Tags=NAME,
            VpcId=vpc,
        ),
        "Endpoints": _resource(
            "SecurityGroup",
            GroupDescription="interface endpoints",
            SecurityGroupIngress=[
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/20"}
            ],
            VpcId=vpc,
        ),
        "FromWorkload": _resource(
            "SecurityGroupIngress",
            GroupId={"Fn::GetAtt": ["Endpoints", "GroupId"]},
            IpProtocol="tcp",
            FromPort=8080,
            ToPort=8080,
            SourceSecurityGroupId={"Fn::GetAtt": ["Workload", "GroupId"]},
        ),
        "ToEndpoints": _resource(
            "SecurityGroupEgress",
            GroupId={"Fn::GetAtt": ["Workload", "GroupId"]},
            IpProtocol="tcp",
            FromPort=8080,
            ToPort=8080,
            DestinationSecurityGroupId={"Fn::GetAtt": ["Endpoints", "GroupId"]},
        ),
        "S3": _resource(
            "VPCEndpoint",
            PolicyDocument=POLICY,
            RouteTableIds=[{"Ref": "Routes"}],
            ServiceName="com.amazonaws.eu-west-1.s3",
            VpcEndpointType="Gateway",
            VpcId=vpc,
        ),
        "Kms": _resource(
            "VPCEndpoint",
            PolicyDocument=POLICY,
            PrivateDnsEnabled=True,
            SecurityGroupIds=[{"Ref": "Endpoints"}],
            ServiceName="com.amazonaws.eu-west-1.kms",
            SubnetIds=[{"Ref": "Subnet"}],
            Tags=NAME,
            VpcEndpointType="Interface",
            VpcId=vpc,
        ),
        "Group": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": "/network/churn", "RetentionInDays": 30},
        },
        "FlowLog": _resource(
            "FlowLog",
            DeliverLogsPermissionArn="arn:aws:iam::111111111111:role/flow",
            LogDestinationType="cloud-watch-logs",
            LogGroupName={"Ref": "Group"},
            MaxAggregationInterval=60,
            ResourceId=vpc,
            ResourceType="VPC",
            Tags=NAME,
            TrafficType="ALL",
        ),
    }


def _ports(permissions: list[dict[str, Any]]) -> list[tuple[Any, list[Any]]]:
    return sorted(
        (
            item.get("FromPort"),
            [r["CidrIp"] for r in item["IpRanges"]]
            + [pair["GroupId"] for pair in item["UserIdGroupPairs"]],
        )
        for item in permissions
    )


def test_a_network_is_isolated_and_has_its_endpoints(stacks: Any) -> None:
    stacks.create(_network())
    assert stacks.failures() == []
    ec2 = stacks.client("ec2")
    vpc, subnet = stacks.physical_id("Vpc"), stacks.physical_id("Subnet")
    workload, endpoints = stacks.physical_id("Workload"), stacks.physical_id("Endpoints")
    for attribute in ("enableDnsHostnames", "enableDnsSupport"):
        shown = ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
        assert shown[attribute[0].upper() + attribute[1:]] == {"Value": True}
    [found] = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert (found["CidrBlock"], found["AvailabilityZone"]) == ("10.0.2.0/24", "eu-west-1b")
    assert found["MapPublicIpOnLaunch"] is False
    [table] = ec2.describe_route_tables(RouteTableIds=[stacks.physical_id("Routes")])["RouteTables"]
    assert [item["SubnetId"] for item in table["Associations"]] == [subnet]

    groups = ec2.describe_security_groups(GroupIds=[workload, endpoints])["SecurityGroups"]
    by_id = {group["GroupId"]: group for group in groups}
    assert _ports(by_id[workload]["IpPermissionsEgress"]) == [
        (443, ["10.0.0.0/20"]),
        (8080, [endpoints]),
    ]
    assert _ports(by_id[workload]["IpPermissions"]) == []
    assert _ports(by_id[endpoints]["IpPermissions"]) == [(443, ["10.0.0.0/20"]), (8080, [workload])]
    assert _ports(by_id[endpoints]["IpPermissionsEgress"]) == [(None, ["0.0.0.0/0"])]

    ways = {item["VpcEndpointType"]: item for item in ec2.describe_vpc_endpoints()["VpcEndpoints"]}
    assert json.loads(ways["Gateway"]["PolicyDocument"]) == POLICY
    assert ways["Gateway"]["RouteTableIds"] == [stacks.physical_id("Routes")]
    interface = ways["Interface"]
    assert json.loads(interface["PolicyDocument"]) == POLICY
    assert interface["PrivateDnsEnabled"] is True
    assert interface["SubnetIds"] == [subnet]
    assert [group["GroupId"] for group in interface["Groups"]] == [endpoints]
    assert interface["Tags"] == NAME
    [log] = ec2.describe_flow_logs()["FlowLogs"]
    assert (log["ResourceId"], log["LogGroupName"]) == (vpc, "/network/churn")
    assert log["MaxAggregationInterval"] == 60


def test_an_update_moves_rules_and_attachments(stacks: Any) -> None:
    network = _network()
    stacks.create(network)
    workload = stacks.physical_id("Workload")
    network["Workload"]["Properties"]["SecurityGroupEgress"][0]["CidrIp"] = "10.0.1.0/24"
    del network["ToEndpoints"]
    other = {**POLICY, "Statement": [{**POLICY["Statement"][0], "Action": "s3:PutObject"}]}  # type: ignore[dict-item]
    network["S3"]["Properties"]["PolicyDocument"] = other
    network["Kms"]["Properties"]["SecurityGroupIds"] = [{"Ref": "Workload"}]
    stacks.update(network)
    assert stacks.failures() == []
    assert stacks.physical_id("Workload") == workload
    ec2 = stacks.client("ec2")
    [group] = ec2.describe_security_groups(GroupIds=[workload])["SecurityGroups"]
    assert _ports(group["IpPermissionsEgress"]) == [(443, ["10.0.1.0/24"])]
    ways = {item["VpcEndpointType"]: item for item in ec2.describe_vpc_endpoints()["VpcEndpoints"]}
    assert json.loads(ways["Gateway"]["PolicyDocument"]) == other
    assert [group["GroupId"] for group in ways["Interface"]["Groups"]] == [workload]


def test_deleting_a_network_leaves_nothing(stacks: Any) -> None:
    stacks.create(_network())
    vpc = stacks.physical_id("Vpc")
    assert stacks.delete() == "DELETE_COMPLETE"
    ec2 = stacks.client("ec2")
    assert vpc not in [item["VpcId"] for item in ec2.describe_vpcs()["Vpcs"]]
    assert ec2.describe_flow_logs()["FlowLogs"] == []
    assert [
        item["State"]
        for item in ec2.describe_vpc_endpoints()["VpcEndpoints"]
        if item["State"] != "deleted"
    ] == []
