"""What releases are made of besides their state machine: locks, buses, rules, undelivered events."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.event_bus import plan_event_bus
from groundplan.blueprints.plan.event_rule import plan_event_rule, plan_rule_role, rule_arn
from groundplan.blueprints.plan.lock_table import plan_lock_table
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.undelivered import plan_undelivered_events
from groundplan.constructs.cdk import (
    EncryptionKey,
    EventBus,
    EventRule,
    LockTable,
    UndeliveredEvents,
)
from groundplan.constructs.errors import ConstructError

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]
Findings = Callable[[], list[str]]
ROLE = "arn:aws:iam::222222222222:role/groundplan/churn/forward"


def rule(place: Place, target: str, **more: Any) -> Any:
    bus = more.get("bus_name")
    return plan_event_rule(
        id="Rule",
        name="approved",
        place=place,
        description="Starts a release",
        event_pattern={"source": ["aws.sagemaker"]},
        target_arn=target,
        role=plan_rule_role(
            rule=rule_arn(place, "approved", bus),
            role_name="approved-rule",
            place=place,
            project="churn",
            target_arn=target,
            permissions_boundary=None,
            description="Starts a release",
        ),
        dead_letter_queue_arn=place.arn("sqs", "undelivered"),
        **more,
    )


def test_a_lock_table_is_encrypted_recoverable_and_expires(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    key = EncryptionKey(stack, "Key", plan=plan_encryption_key(alias="locks", place=place))
    plan = plan_lock_table(
        name="locks", place=place, encryption_key=Ref("Key", "arn"), deletion_protection=True
    )
    LockTable(stack, "Locks", plan=plan, encryption_key=key)

    [table] = [r for r in resources().values() if r["Type"] == "AWS::DynamoDB::Table"]
    assert table["DeletionPolicy"] == "Delete"
    assert table["Properties"] == {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": True,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {
            "KMSMasterKeyId": {"Fn::GetAtt": ["Key961B73FD", "Arn"]},
            "SSEEnabled": True,
            "SSEType": "KMS",
        },
        "TableName": "locks",
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
    }


def test_fails_without_the_key_that_the_plan_refers_to(stack: cdk.Stack, place: Place) -> None:
    plan = plan_lock_table(name="locks", place=place, encryption_key=Ref("Key", "arn"))
    with pytest.raises(ConstructError) as caught:
        LockTable(stack, "Locks", plan=plan)
    assert str(caught.value) == (
        "Locks.encryption_key: the plan refers to the key {Key.arn}, got None; "
        "pass the EncryptionKey, or plan with the key's ARN"
    )


def test_a_bus_admits_exact_roles_by_the_root_of_their_account(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    EventBus(stack, "Bus", plan=plan_event_bus(name="churn-prod", place=place, sources=[ROLE]))

    [policy] = [r for r in resources().values() if r["Type"] == "AWS::Events::EventBusPolicy"]
    assert policy["Properties"]["StatementId"] == "PutFrom222222222222"
    assert policy["Properties"]["Statement"] == {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
        "Action": "events:PutEvents",
        "Resource": "arn:aws:events:eu-west-1:111111111111:event-bus/churn-prod",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": [ROLE]}},
    }


def test_a_rule_starts_a_machine_with_what_it_takes_from_the_event(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    target = place.arn("states", "stateMachine:release")
    given = {"model": "churn", "version": "$.detail.ModelPackageArn"}
    plan = rule(place, target, bus_name="churn-prod", input=given)
    EventRule(stack, "Rule", plan=plan)

    [found] = [r["Properties"] for r in resources().values() if r["Type"] == "AWS::Events::Rule"]
    assert found["EventBusName"] == "churn-prod"
    [to] = found["Targets"]
    assert to["InputTransformer"] == {
        "InputPathsMap": {"version": "$.detail.ModelPackageArn"},
        "InputTemplate": '{"model": "churn", "version": <version>}',
    }
    assert to["DeadLetterConfig"] == {"Arn": "arn:aws:sqs:eu-west-1:111111111111:undelivered"}
    assert to["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20}
    assert [duty.actions for duty in plan.role.duties] == [("states:StartExecution",)]


def test_a_rule_forwards_an_event_as_it_is(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    target = "arn:aws:events:eu-west-1:222222222222:event-bus/churn-prod"
    plan = rule(place, target)
    EventRule(stack, "Rule", plan=plan)

    [found] = [r["Properties"] for r in resources().values() if r["Type"] == "AWS::Events::Rule"]
    assert "EventBusName" not in found
    assert "InputTransformer" not in found["Targets"][0]
    [duty] = plan.role.duties
    assert (duty.actions, duty.resources) == (("events:PutEvents",), (target,))
    [trust] = plan.role.trust.statements
    assert trust.condition["ArnLike"] == {
        "aws:SourceArn": "arn:aws:events:eu-west-1:111111111111:rule/approved"
    }


def test_undelivered_events_are_kept_for_exact_rules_and_raise_an_alarm(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    plan = plan_undelivered_events(
        name="undelivered",
        place=place,
        encryption_key_alias="alias/churn-prod",
        rules=[rule_arn(place, "approved", "churn-prod")],
        topic_arn=place.arn("sns", "alerts"),
    )
    UndeliveredEvents(stack, "Undelivered", plan=plan)

    found = {r["Type"]: r["Properties"] for r in resources().values()}
    assert found["AWS::SQS::Queue"]["KmsMasterKeyId"] == "alias/churn-prod"
    keep = found["AWS::SQS::QueuePolicy"]["PolicyDocument"]["Statement"][0]
    assert keep["Condition"]["ArnEquals"]["aws:SourceArn"] == [
        "arn:aws:events:eu-west-1:111111111111:rule/churn-prod/approved"
    ]
    assert found["AWS::CloudWatch::Alarm"]["AlarmActions"] == [place.arn("sns", "alerts")]


def test_no_unacknowledged_nag_finding(stack: cdk.Stack, place: Place, findings: Findings) -> None:
    key_arn = place.arn("kms", "key/00000000-0000-0000-0000-000000000000")
    LockTable(
        stack,
        "Locks",
        plan=plan_lock_table(name="locks", place=place, encryption_key=key_arn),
    )
    EventBus(stack, "Bus", plan=plan_event_bus(name="churn-prod", place=place, sources=[ROLE]))
    EventRule(stack, "Rule", plan=rule(place, place.arn("states", "stateMachine:release")))
    undelivered = plan_undelivered_events(
        name="undelivered", place=place, encryption_key_alias="alias/x", rules=[]
    )
    UndeliveredEvents(stack, "Undelivered", plan=undelivered)

    assert findings() == []


def test_fails_a_table_without_recovery(stack: cdk.Stack, place: Place, findings: Findings) -> None:
    key_arn = place.arn("kms", "key/00000000-0000-0000-0000-000000000000")
    locks = LockTable(
        stack,
        "Locks",
        plan=plan_lock_table(name="locks", place=place, encryption_key=key_arn),
    )
    locks.table.point_in_time_recovery_specification = None

    assert findings() == ["AwsSolutions-DDB3 Test/Locks/Resource"]
