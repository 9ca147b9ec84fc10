from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from groundplan.blueprints.plan.encryption_key import KeyUse, plan_encryption_key, via
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.cdk import EncryptionKey
from groundplan.constructs.errors import ConstructError

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]
READER = "arn:aws:iam::222222222222:role/reader"


def test_rotates_and_is_retained(stack: cdk.Stack, place: Place, resources: Resources) -> None:
    use = KeyUse(
        id="Read", roles=(READER,), actions=("kms:Decrypt",), condition=via("s3", place.region)
    )
    plan = plan_encryption_key(alias="reports", place=place, description="Reports", uses=[use])

    EncryptionKey(stack, "Key", plan=plan)

    found = resources()
    key = found["Key961B73FD"]
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["Properties"]["PendingWindowInDays"] == 30
    assert key["Properties"]["KeyPolicy"] == plan.policy.to_json()
    assert found["KeyAlias6C2E2031"]["Properties"] == {
        "AliasName": "alias/reports",
        "TargetKeyId": {"Fn::GetAtt": ["Key961B73FD", "Arn"]},
    }
    assert sorted(found) == ["Key961B73FD", "KeyAlias6C2E2031"]


def test_is_deleted_where_the_plan_does_not_retain(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    EncryptionKey(stack, "Key", plan=plan_encryption_key(alias="k", place=place, retain=False))

    assert "DeletionPolicy" not in resources()["Key961B73FD"]


def test_serves_other_constructs_as_a_key(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    key = EncryptionKey(stack, "Key", plan=plan_encryption_key(alias="k", place=place))

    sns.CfnTopic(stack, "Topic", kms_master_key_id=key)

    assert resources()["Topic"]["Properties"] == {
        "KmsMasterKeyId": {"Fn::GetAtt": ["Key961B73FD", "Arn"]}
    }


def test_grant_reaches_the_identity_and_the_key_policy(
    stack: cdk.Stack, place: Place, resources: Resources
) -> None:
    plan = plan_encryption_key(alias="k", place=place)
    key = EncryptionKey(stack, "Key", plan=plan)
    reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))

    key.grant_decrypt(reader, conditions=via("s3", place.region))

    found = resources()
    [identity] = [item for item in found.values() if item["Type"] == "AWS::IAM::Policy"]
    assert identity["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Action": "kms:Decrypt",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": ["Key961B73FD", "Arn"]},
        }
    ]
    planned, granted = found["Key961B73FD"]["Properties"]["KeyPolicy"]["Statement"]
    assert [planned] == plan.policy.to_json()["Statement"]
    assert granted["Action"] == "kms:Decrypt"
    assert granted["Condition"]["ArnEquals"] == {
        "aws:PrincipalArn": {"Fn::GetAtt": ["ReaderF7BF189D", "Arn"]}
    }
    assert granted["Principal"]["AWS"]["Fn::Join"][1][-1] == ":iam::111111111111:root"


def test_fails_to_grant_to_a_service(stack: cdk.Stack, place: Place) -> None:
    key = EncryptionKey(stack, "Key", plan=plan_encryption_key(alias="k", place=place))

    with pytest.raises(ConstructError, match="only an IAM role or user can be admitted"):
        key.grant_decrypt(iam.ServicePrincipal("s3.amazonaws.com"))


def test_no_finding(stack: cdk.Stack, place: Place, findings: Callable[[], list[str]]) -> None:
    EncryptionKey(stack, "Key", plan=plan_encryption_key(alias="k", place=place))

    assert findings() == []
