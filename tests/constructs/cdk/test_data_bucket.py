from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from groundplan.blueprints.plan.data_bucket import (
    DataBucketPlan,
    plan_access_logs_bucket,
    plan_data_bucket,
)
from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.constructs.cdk import DataBucket, EncryptionKey
from groundplan.constructs.errors import ConstructError

pytestmark = pytest.mark.heavy
Resources = Callable[[], dict[str, Any]]
KEY_ARN = {"Fn::GetAtt": ["Key961B73FD", "Arn"]}


@pytest.fixture
def key(stack: cdk.Stack, place: Place) -> EncryptionKey:
    return EncryptionKey(stack, "Key", plan=plan_encryption_key(alias="reports", place=place))


@pytest.fixture
def plan(place: Place) -> DataBucketPlan:
    return plan_data_bucket(
        name="reports-111111111111",
        place=place,
        encryption_key=Ref("Key", "arn"),
        archive_after_days=90,
        expire_after_days=400,
        organization_id="o-a1b2c3d4e5",
    )


def test_is_private_versioned_and_encrypted(
    stack: cdk.Stack, key: EncryptionKey, plan: DataBucketPlan, resources: Resources
) -> None:
    DataBucket(stack, "Bucket", plan=plan, encryption_key=key)

    found = resources()
    assert sorted(found) == [
        "Bucket83908E77",
        "BucketPolicyE734B3B0",
        "Key961B73FD",
        "KeyAlias6C2E2031",
    ]
    bucket = found["Bucket83908E77"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert bucket["Properties"] == {
        "BucketName": "reports-111111111111",
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "BucketKeyEnabled": True,
                    "ServerSideEncryptionByDefault": {
                        "KMSMasterKeyID": KEY_ARN,
                        "SSEAlgorithm": "aws:kms",
                    },
                }
            ]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "UnfinishedUploads",
                    "Status": "Enabled",
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                },
                {
                    "Id": "OldVersions",
                    "Status": "Enabled",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
                },
                {
                    "Id": "Archive",
                    "Status": "Enabled",
                    "Transitions": [{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}],
                },
                {"Id": "Expire", "Status": "Enabled", "ExpirationInDays": 400},
            ]
        },
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "VersioningConfiguration": {"Status": "Enabled"},
    }


def test_policy_refuses_other_keys_and_outsiders(
    stack: cdk.Stack, key: EncryptionKey, plan: DataBucketPlan, resources: Resources
) -> None:
    DataBucket(stack, "Bucket", plan=plan, encryption_key=key)

    policy = resources()["BucketPolicyE734B3B0"]
    assert policy["DependsOn"] == ["Bucket83908E77"]
    assert policy["Properties"]["Bucket"] == "reports-111111111111"
    statements = {item["Sid"]: item for item in policy["Properties"]["PolicyDocument"]["Statement"]}
    header = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    assert statements["DenyForeignKey"]["Condition"] == {
        "StringNotEquals": {header: KEY_ARN},
        "Null": {header: "false"},
    }
    encryption = "s3:x-amz-server-side-encryption"
    assert statements["DenyOtherEncryption"]["Condition"] == {
        "StringNotEquals": {encryption: "aws:kms"},
        "Null": {encryption: "false"},
    }
    assert statements["DenyCustomerKeys"]["Condition"] == {
        "Null": {f"{encryption}-customer-algorithm": "false"}
    }
    assert statements["DenyOutsideOrganization"]["Condition"] == {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    assert statements["DenyPlainHttp"]["Principal"] == "*"
    assert statements["DenyOldTls"]["Condition"] == {"NumericLessThan": {"s3:TlsVersion": "1.2"}}


def test_logs_to_a_bucket_that_is_made_before(
    stack: cdk.Stack, key: EncryptionKey, plan: DataBucketPlan, place: Place, resources: Resources
) -> None:
    logs_plan = plan_access_logs_bucket(name="logs-111111111111", place=place, sources=[plan.name])
    logs = DataBucket(stack, "AccessLogs", plan=logs_plan)
    logging = replace(plan, access_logs_bucket=logs_plan.name)

    DataBucket(stack, "Bucket", plan=logging, encryption_key=key, access_logs_bucket=logs)

    found = resources()
    assert found["Bucket83908E77"]["Properties"]["LoggingConfiguration"] == {
        "DestinationBucketName": {"Ref": "AccessLogs8B620ECA"},
        "LogFilePrefix": "reports-111111111111/",
    }
    assert found["AccessLogs8B620ECA"]["Properties"]["BucketEncryption"] == {
        "ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        ]
    }


def test_grants_exact_actions_under_a_prefix(
    stack: cdk.Stack, key: EncryptionKey, plan: DataBucketPlan, resources: Resources
) -> None:
    bucket = DataBucket(stack, "Bucket", plan=plan, encryption_key=key)
    writer = iam.Role(stack, "Writer", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))

    bucket.grant_read_write(writer, prefix="in/")

    found = resources()
    [policy] = [item for item in found.values() if item["Type"] == "AWS::IAM::Policy"]
    granted = policy["Properties"]["PolicyDocument"]["Statement"]
    assert [item["Action"] for item in granted] == [
        ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
        "s3:ListBucket",
        ["kms:Decrypt", "kms:GenerateDataKey"],
    ]
    assert granted[0]["Resource"]["Fn::Join"][1][-1] == "/in/*"
    assert granted[1]["Condition"] == {"StringLike": {"s3:prefix": "in/*"}}
    # the plan's own statements, and none for a principal of the same account
    assert len(found["BucketPolicyE734B3B0"]["Properties"]["PolicyDocument"]["Statement"]) == 6
    assert found["Key961B73FD"]["Properties"]["KeyPolicy"]["Statement"][-1]["Action"] == [
        "kms:Decrypt",
        "kms:GenerateDataKey",
    ]


def test_grant_to_another_account_reaches_the_bucket_policy(
    stack: cdk.Stack, key: EncryptionKey, plan: DataBucketPlan, resources: Resources
) -> None:
    bucket = DataBucket(stack, "Bucket", plan=plan, encryption_key=key)
    arn = "arn:aws:iam::222222222222:role/reader"

    bucket.grant_read(iam.Role.from_role_arn(stack, "Reader", arn))

    statements = resources()["BucketPolicyE734B3B0"]["Properties"]["PolicyDocument"]["Statement"]
    granted = [item for item in statements if item["Sid"].startswith("Grant")]
    assert [item["Action"] for item in granted] == ["s3:GetObject", "s3:ListBucket"]
    assert all(item["Condition"]["ArnEquals"] == {"aws:PrincipalArn": arn} for item in granted)
    assert all(
        item["Principal"]["AWS"]["Fn::Join"][1][-1] == ":iam::222222222222:root" for item in granted
    )


def test_takes_a_key_of_somebody_else(
    stack: cdk.Stack, plan: DataBucketPlan, resources: Resources
) -> None:
    theirs = kms.Key(stack, "Theirs", enable_key_rotation=True)
    bucket = DataBucket(stack, "Bucket", plan=plan, encryption_key=theirs)
    reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))

    bucket.grant_read(reader)

    found = resources()
    [policy] = [item for item in found.values() if item["Type"] == "AWS::IAM::Policy"]
    used = policy["Properties"]["PolicyDocument"]["Statement"][-1]
    assert used["Action"] == "kms:Decrypt"
    assert used["Resource"]["Fn::GetAtt"][0].startswith("Theirs")


def test_fails_without_the_key_that_the_plan_refers_to(
    stack: cdk.Stack, plan: DataBucketPlan
) -> None:
    with pytest.raises(ConstructError) as caught:
        DataBucket(stack, "Bucket", plan=plan)

    assert str(caught.value) == (
        "Bucket.encryption_key: the plan refers to the key {Key.arn}, got None; "
        "pass the EncryptionKey, or plan with the key's ARN"
    )


def test_fails_with_what_the_plan_does_not_use(
    stack: cdk.Stack, key: EncryptionKey, plan: DataBucketPlan, place: Place
) -> None:
    logs_plan = plan_access_logs_bucket(name="logs", place=place, sources=[])
    with pytest.raises(ConstructError, match="the plan takes no key from outside"):
        DataBucket(stack, "Keyed", plan=logs_plan, encryption_key=key)
    logs = DataBucket(stack, "AccessLogs", plan=logs_plan)
    with pytest.raises(ConstructError, match="the plan writes no access logs, got 'AccessLogs'"):
        DataBucket(stack, "Bucket", plan=plan, encryption_key=key, access_logs_bucket=logs)


def test_finding_without_access_logs_shows_that_the_check_can_fail(
    stack: cdk.Stack,
    key: EncryptionKey,
    plan: DataBucketPlan,
    findings: Callable[[], list[str]],
) -> None:
    DataBucket(stack, "Bucket", plan=plan, encryption_key=key)

    assert findings() == ["AwsSolutions-S1 Test/Bucket/Resource"]
