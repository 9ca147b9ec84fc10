from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import FlowLogPlan, NetworkPlan, plan_network
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.cdk import Network

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]


@pytest.fixture
def plan(place: Place) -> NetworkPlan:
    flow_log = FlowLogPlan(
        log_group_name="/reports/flow",
        log_group_arn="arn:aws:logs:eu-west-1:111111111111:log-group:/reports/flow",
        role_arn="arn:aws:iam::111111111111:role/flow",
    )
    return plan_network(name="reports", place=place, zones=3, flow_log=flow_log)


def of_type(found: dict[str, Any], type: str) -> dict[str, Any]:
    return {
        id: item["Properties"] for id, item in found.items() if item["Type"] == f"AWS::EC2::{type}"
    }


def test_logical_ids(stack: cdk.Stack, plan: NetworkPlan, resources: Resources) -> None:
    Network(stack, "Network", plan=plan)

    found = resources()
    assert sorted(of_type(found, "VPC") | of_type(found, "Subnet")) == [
        "NetworkSubnet0F5E6F125",
        "NetworkSubnet18D1B2567",
        "NetworkSubnet29A0E8491",
        "NetworkVpcFAC8F4A5",
    ]


def test_subnets_are_isolated_one_a_zone(
    stack: cdk.Stack, plan: NetworkPlan, resources: Resources
) -> None:
    Network(stack, "Network", plan=plan)

    found = resources()
    subnets = of_type(found, "Subnet").values()
    assert [subnet["CidrBlock"] for subnet in subnets] == [item.cidr for item in plan.subnets]
    assert [subnet["AvailabilityZone"] for subnet in subnets] == [
        {"Fn::Select": [index, {"Fn::GetAZs": ""}]} for index in range(3)
    ]
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets)
    types = {item["Type"] for item in found.values()}
    assert types == {
        f"AWS::EC2::{type}"
        for type in (
            "FlowLog",
            "RouteTable",
            "SecurityGroup",
            "Subnet",
            "SubnetRouteTableAssociation",
            "VPC",
            "VPCEndpoint",
        )
    }


def test_security_groups_let_only_https_through(
    stack: cdk.Stack, plan: NetworkPlan, resources: Resources
) -> None:
    Network(stack, "Network", plan=plan)

    endpoints, workload = sorted(
        of_type(resources(), "SecurityGroup").values(),
        key=lambda group: "SecurityGroupIngress" not in group,
    )
    [admitted] = endpoints["SecurityGroupIngress"]
    assert (admitted["CidrIp"], admitted["FromPort"], admitted["ToPort"]) == (plan.cidr, 443, 443)
    [nothing] = endpoints["SecurityGroupEgress"]
    assert nothing["CidrIp"] == "127.0.0.1/32"
    assert "SecurityGroupIngress" not in workload
    [leaving] = workload["SecurityGroupEgress"]
    assert (leaving["IpProtocol"], leaving["FromPort"], leaving["ToPort"]) == ("tcp", 443, 443)
    assert {"Key": "groundplan:scope", "Value": "reports"} in workload["Tags"]


def test_endpoints_carry_their_policies(
    stack: cdk.Stack, plan: NetworkPlan, resources: Resources
) -> None:
    Network(stack, "Network", plan=plan)

    found = {item["ServiceName"]: item for item in of_type(resources(), "VPCEndpoint").values()}
    assert sorted(found) == sorted(item.service for item in plan.endpoints)
    for item in plan.endpoints:
        assert found[item.service]["PolicyDocument"] == item.policy.to_json()
    gateway, interface = (
        found[f"com.amazonaws.eu-west-1.{service}"] for service in ("s3", "sagemaker.api")
    )
    assert list(gateway["RouteTableIds"][0]) == ["Ref"] and "SubnetIds" not in gateway
    assert len(interface["SubnetIds"]) == 3 and interface["PrivateDnsEnabled"] is True


def test_flow_log_covers_all_traffic(
    stack: cdk.Stack, plan: NetworkPlan, resources: Resources
) -> None:
    Network(stack, "Network", plan=plan)

    [flow_log] = of_type(resources(), "FlowLog").values()
    assert flow_log == {
        "DeliverLogsPermissionArn": "arn:aws:iam::111111111111:role/flow",
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": "/reports/flow",
        "ResourceId": {"Ref": "NetworkVpcFAC8F4A5"},
        "ResourceType": "VPC",
        "TrafficType": "ALL",
    }


def test_stands_for_the_refs_of_other_plans(stack: cdk.Stack, plan: NetworkPlan) -> None:
    network = Network(stack, "Network", plan=plan)

    tokens = network.tokens
    assert sorted(tokens) == [
        Ref("Network", "subnet_id_0"),
        Ref("Network", "subnet_id_1"),
        Ref("Network", "subnet_id_2"),
        Ref("Network", "workload_security_group_id"),
    ]
    assert stack.resolve(tokens[Ref("Network", "subnet_id_1")]) == {"Ref": "NetworkSubnet18D1B2567"}


def test_no_finding(stack: cdk.Stack, plan: NetworkPlan, findings: Callable[[], list[str]]) -> None:
    Network(stack, "Network", plan=plan)

    assert findings() == []


def test_finding_without_flow_log_shows_that_the_check_can_fail(
    stack: cdk.Stack, place: Place, findings: Callable[[], list[str]]
) -> None:
    Network(stack, "Network", plan=plan_network(name="reports", place=place))

    assert findings() == ["AwsSolutions-VPC7 Test/Network/Vpc"]
