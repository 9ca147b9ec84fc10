from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import plan_network
from groundplan.blueprints.plan.pipeline import PipelinePlan, SchedulePlan, plan_pipeline
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import RolePlan, plan_role, service_trust
from groundplan.constructs.cdk import Network, Pipeline
from groundplan.constructs.errors import ConstructError

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]
STATES = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed", "Output": "${Subnet0}"}}}


def role(place: Place, id: str, service: str) -> RolePlan:
    return plan_role(
        id=id,
        role_name=f"report-{id.lower()}",
        place=place,
        path="/reports/",
        description="Makes the report",
        trust=service_trust(service, place, None),
        duties=[],
        permissions_boundary=None,
    )


@pytest.fixture
def plan(place: Place) -> PipelinePlan:
    schedule = SchedulePlan(
        id="Nightly",
        name="report-nightly",
        expression="cron(0 3 ? * MON *)",
        time_zone="Europe/Berlin",
        group_name="reports",
        input="{}",
    )
    return plan_pipeline(
        name="report",
        place=place,
        definition=STATES,
        role=role(place, "Role", "states.amazonaws.com"),
        log_group_arn=place.arn("logs", "log-group:/reports/runs"),
        encryption_key_alias="alias/reports",
        substitutions={"Subnet0": Ref("Network", "subnet_id_0")},
        schedule_role=role(place, "ScheduleRole", "scheduler.amazonaws.com"),
        schedule_group="reports",
        schedules=[schedule],
        dead_letter_queue_name="report-failed-starts",
    )


@pytest.fixture
def network(stack: cdk.Stack, place: Place) -> Network:
    return Network(stack, "Network", plan=plan_network(name="reports", place=place))


def test_definition_is_plain_with_substitutions(
    stack: cdk.Stack, plan: PipelinePlan, network: Network, resources: Resources
) -> None:
    Pipeline(stack, "Pipeline", plan=plan, network=network)

    machine = resources()["PipelineC660917D"]["Properties"]
    assert machine["DefinitionString"] == plan.definition
    assert machine["DefinitionSubstitutions"] == {"Subnet0": {"Ref": "NetworkSubnet0F5E6F125"}}
    assert machine["RoleArn"] == {"Fn::GetAtt": ["PipelineRoleD68726F7", "Arn"]}
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"] == {
        "Level": "ALL",
        "IncludeExecutionData": False,
        "Destinations": [
            {
                "CloudWatchLogsLogGroup": {
                    "LogGroupArn": "arn:aws:logs:eu-west-1:111111111111:log-group:/reports/runs:*"
                }
            }
        ],
    }


def test_schedules_keep_failed_starts(
    stack: cdk.Stack, plan: PipelinePlan, network: Network, resources: Resources
) -> None:
    Pipeline(stack, "Pipeline", plan=plan, network=network)

    found = resources()
    schedule = found["PipelineNightly91E2D4CE"]["Properties"]
    assert schedule["ScheduleExpression"] == "cron(0 3 ? * MON *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["GroupName"] == {"Ref": "PipelineScheduleGroup43399D4B"}
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    target = schedule["Target"]
    assert target["Arn"] == {"Ref": "PipelineC660917D"}
    assert target["DeadLetterConfig"] == {
        "Arn": {"Fn::GetAtt": ["PipelineFailedStarts60A3D130", "Arn"]}
    }
    assert target["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 3600,
        "MaximumRetryAttempts": 10,
    }
    queue = found["PipelineFailedStarts60A3D130"]["Properties"]
    assert queue == {
        "KmsMasterKeyId": "alias/reports",
        "MessageRetentionPeriod": 1_209_600,
        "QueueName": "report-failed-starts",
    }
    policy = found["PipelineFailedStartsPolicyA08B7DF0"]["Properties"]["PolicyDocument"]
    [statement] = policy["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_queue_without_schedules(stack: cdk.Stack, place: Place, resources: Resources) -> None:
    plan = plan_pipeline(
        name="report",
        place=place,
        definition=STATES,
        role=role(place, "Role", "states.amazonaws.com"),
        log_group_arn=place.arn("logs", "log-group:/reports/runs"),
        encryption_key_alias="alias/reports",
    )

    Pipeline(stack, "Pipeline", plan=plan)

    assert {item["Type"] for item in resources().values()} == {
        "AWS::IAM::Role",
        "AWS::StepFunctions::StateMachine",
    }


def test_fails_without_the_network_that_the_definition_names(
    stack: cdk.Stack, plan: PipelinePlan
) -> None:
    with pytest.raises(ConstructError, match=r"the plan refers to \{Network.subnet_id_0\}"):
        Pipeline(stack, "Pipeline", plan=plan)


def test_grants_starting_only(
    stack: cdk.Stack, plan: PipelinePlan, network: Network, resources: Resources
) -> None:
    pipeline = Pipeline(stack, "Pipeline", plan=plan, network=network)

    pipeline.grant_start_execution(
        iam.Role(stack, "Starter", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    )

    [policy] = [item for item in resources().values() if item["Type"] == "AWS::IAM::Policy"]
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {"Action": "states:StartExecution", "Effect": "Allow", "Resource": plan.arn}
    ]


def test_no_finding(
    stack: cdk.Stack, plan: PipelinePlan, network: Network, findings: Callable[[], list[str]]
) -> None:
    Pipeline(stack, "Pipeline", plan=plan, network=network)

    assert findings() == ["AwsSolutions-VPC7 Test/Network/Vpc"]


def test_finding_on_a_bare_queue_shows_that_the_check_can_fail(
    stack: cdk.Stack, findings: Callable[[], list[str]]
) -> None:
    sqs.CfnQueue(stack, "Bare")

    assert findings() == ["AwsSolutions-SQS3 Test/Bare", "AwsSolutions-SQS4 Test/Bare"]
