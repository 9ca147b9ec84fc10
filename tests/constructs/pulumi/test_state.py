"""Components of what holds state, alone in a small program."""

import json

import pulumi
import pytest

from groundplan.blueprints.plan.data_bucket import plan_access_logs_bucket, plan_data_bucket
from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import (
    DataBucket,
    DataBucketArgs,
    EncryptionKey,
    EncryptionKeyArgs,
)
from groundplan.stacks.pulumi.recording import Recording, record

PLACE = Place(account="111111111111", region="eu-west-1")
KEY = plan_encryption_key(alias="reports", place=PLACE, description="Reports")
LOGS = plan_access_logs_bucket(
    name="reports-logs-111111111111", place=PLACE, sources=["reports-111111111111"]
)
BUCKET = plan_data_bucket(
    name="reports-111111111111",
    place=PLACE,
    encryption_key=KEY.arn,
    access_logs_bucket=LOGS.name,
)


def small_program() -> Recording:
    def program() -> None:
        key = EncryptionKey("key", EncryptionKeyArgs(plan=KEY))
        logs = DataBucket("logs", DataBucketArgs(plan=LOGS))
        args = DataBucketArgs(plan=BUCKET, encryption_key=key.arn, access_logs_bucket=logs.bucket)
        bucket = DataBucket("reports", args)
        pulumi.export("bucket", bucket.bucket)

    return record(program)


def test_outputs_flow_between_components() -> None:
    recording = small_program()
    arn = "arn:aws:kms:us-east-1:000000000000:key-Resource"
    [encryption] = [
        item
        for item in recording.of_type(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        )
        if item.name.startswith("reports")
    ]
    [rule] = encryption.inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == arn
    policies = {item.name: item for item in recording.of_type("aws:s3/bucketPolicy:BucketPolicy")}
    statements = json.loads(policies["reports-Policy"].inputs["policy"])["Statement"]
    [foreign] = [item for item in statements if item["Sid"] == "DenyForeignKey"]
    assert arn in json.dumps(foreign)
    assert recording.outputs == {"bucket": "reports-111111111111"}


def test_what_holds_data_is_protected_and_stays() -> None:
    held = {
        item.name: (item.protect, item.retain_on_delete)
        for item in small_program().registrations
        if item.name in ("key-Resource", "reports-Resource")
    }
    assert held == {"key-Resource": (True, True), "reports-Resource": (True, True)}


def test_children_belong_to_their_component() -> None:
    for item in small_program().registrations:
        if item.custom:
            assert item.parent.endswith(f"::{item.name.split('-')[0]}")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            DataBucketArgs(plan=KEY),  # type: ignore[arg-type]
            "reports.plan: must be a DataBucketPlan, got",
        ),
        (DataBucketArgs(plan=BUCKET), "reports.encryption_key: the plan refers to the key"),
        (
            DataBucketArgs(plan=LOGS, encryption_key="arn:aws:kms:eu-west-1:111111111111:key/a"),
            "reports.encryption_key: the plan takes no key from outside",
        ),
        (
            DataBucketArgs(
                plan=plan_access_logs_bucket(name="a-logs", place=PLACE, sources=["a"]),
                access_logs_bucket="logs",
            ),
            "reports.access_logs_bucket: the plan writes no access logs",
        ),
    ],
)
def test_bad_arguments(args: DataBucketArgs, message: str) -> None:
    with pytest.raises(ConstructError) as error:
        record(lambda: DataBucket("reports", args))
    assert str(error.value).startswith(message)


def test_a_name_is_used_once() -> None:
    def program() -> None:
        EncryptionKey("key", EncryptionKeyArgs(plan=KEY))
        EncryptionKey("key", EncryptionKeyArgs(plan=KEY))

    with pytest.raises(Exception, match="registered twice"):
        record(program)
