from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns

from groundplan.blueprints.plan.alarms import plan_alarm, plan_alarms, plan_topic
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.cdk import Alarms, AlarmTopic

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]


def test_topic_is_encrypted_and_asks_the_owners(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    plan = plan_topic(
        id="Alerts",
        name="alerts",
        place=place,
        encryption_key_alias="alias/alerts",
        emails=["on-call@acme.example"],
    )

    AlarmTopic(stack, "Alerts", plan=plan)

    found = resources()
    assert sorted(found) == ["Alerts91F83244", "AlertsEmail00505A864", "AlertsPolicy9A7AFDBB"]
    assert found["Alerts91F83244"]["Properties"] == {
        "KmsMasterKeyId": "alias/alerts",
        "TopicName": "alerts",
    }
    assert found["AlertsPolicy9A7AFDBB"]["Properties"]["PolicyDocument"] == plan.policy.to_json()
    assert found["AlertsEmail00505A864"]["Properties"]["Endpoint"] == "on-call@acme.example"


def test_alarm(stack: cdk.Stack, place: Place, resources: Resources) -> None:
    alarm = plan_alarm(
        id="Failed",
        name="reports-failed",
        place=place,
        description="a report failed",
        namespace="AWS/States",
        metric="ExecutionsFailed",
        dimensions={"StateMachineArn": place.arn("states", "stateMachine:reports")},
    )

    Alarms(stack, "Alarms", plan=plan_alarms([alarm], topic_arn=place.arn("sns", "alerts")))

    [(id, found)] = resources().items()
    assert id == "AlarmsFailed05342415"
    assert found["Properties"] == {
        "AlarmActions": ["arn:aws:sns:eu-west-1:111111111111:alerts"],
        "AlarmDescription": "a report failed",
        "AlarmName": "reports-failed",
        "ComparisonOperator": "GreaterThanThreshold",
        "Dimensions": [
            {
                "Name": "StateMachineArn",
                "Value": "arn:aws:states:eu-west-1:111111111111:stateMachine:reports",
            }
        ],
        "EvaluationPeriods": 1,
        "MetricName": "ExecutionsFailed",
        "Namespace": "AWS/States",
        "Period": 60,
        "Statistic": "Sum",
        "Threshold": 0,
        "TreatMissingData": "notBreaching",
    }


def test_no_finding(stack: cdk.Stack, place: Place, findings: Callable[[], list[str]]) -> None:
    plan = plan_topic(id="Alerts", name="a", place=place, encryption_key_alias="alias/alerts")

    AlarmTopic(stack, "Alerts", plan=plan)

    assert findings() == []


def test_finding_on_a_bare_topic_shows_that_the_check_can_fail(
    stack: cdk.Stack, findings: Callable[[], list[str]]
) -> None:
    sns.CfnTopic(stack, "Bare")

    assert findings() == ["AwsSolutions-SNS3 Test/Bare"]
