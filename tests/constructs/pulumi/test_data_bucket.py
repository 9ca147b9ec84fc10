import json
from collections.abc import Callable

import pulumi
import pytest

from groundplan.blueprints.plan.data_bucket import (
    DataBucketPlan,
    plan_access_logs_bucket,
    plan_data_bucket,
)
from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi import (
    DataBucket,
    DataBucketArgs,
    EncryptionKey,
    EncryptionKeyArgs,
)
from groundplan.stacks.pulumi.recording import Recording

Run = Callable[[Callable[[], object]], Recording]
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
    events=True,
    archive_after_days=30,
)


def program() -> None:
    key = EncryptionKey("key", EncryptionKeyArgs(plan=KEY))
    logs = DataBucket("logs", DataBucketArgs(plan=LOGS))
    args = DataBucketArgs(plan=BUCKET, encryption_key=key.arn, access_logs_bucket=logs.bucket)
    bucket = DataBucket("reports", args)
    pulumi.export("bucket", bucket.bucket)
    pulumi.export("arn", bucket.arn)


def test_outputs_are_inputs(run: Run) -> None:
    recording = run(program)
    found = {item.name: item.inputs for item in recording.registrations}
    [encryption] = found["reports-Encryption"]["rules"]
    key = encryption["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"]
    assert key.startswith("arn:aws:kms:eu-west-1:111111111111:key/")
    statements = json.loads(found["reports-Policy"]["policy"])["Statement"]
    [foreign] = [item for item in statements if item["Sid"] == "DenyForeignKey"]
    assert key in json.dumps(foreign, ensure_ascii=False)
    assert found["reports-Logging"]["targetBucket"] == "reports-logs-111111111111"
    assert recording.outputs == {
        "bucket": "reports-111111111111",
        "arn": "arn:aws:s3:::reports-111111111111",
    }


def test_settings(run: Run) -> None:
    found = {item.name: item.inputs for item in run(program).registrations}
    private = {
        key: value for key, value in found["reports-PublicAccess"].items() if key != "bucket"
    }
    assert len(private) == 4 and all(private.values())
    assert found["reports-Versioning"]["versioningConfiguration"] == {"status": "Enabled"}
    assert found["reports-Ownership"]["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert found["reports-Notifications"]["eventbridge"] is True
    rules = {rule["id"]: rule for rule in found["reports-Lifecycle"]["rules"]}
    assert rules["Archive"]["transitions"] == [{"days": 30, "storageClass": "GLACIER_IR"}]
    [logs] = found["logs-Encryption"]["rules"]
    assert logs["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}


def test_what_holds_data_is_protected_and_stays(run: Run) -> None:
    own = [item for item in run(program).registrations if item.name.startswith("reports-")]
    assert len(own) == 9
    assert all(item.protect and item.retain_on_delete for item in own)


def test_one_that_is_not_retained_can_be_deleted(run: Run) -> None:
    key = "arn:aws:kms:eu-west-1:111111111111:key/00000000-0000-0000-0000-000000000000"
    plan = plan_data_bucket(name="reports-1", place=PLACE, encryption_key=key, retain=False)
    recording = run(lambda: DataBucket("reports", DataBucketArgs(plan=plan)))
    assert not any(item.protect or item.retain_on_delete for item in recording.registrations)


@pytest.mark.parametrize(
    ("plan", "arguments", "message"),
    [
        (BUCKET, {}, "reports.encryption_key: the plan refers to the key"),
        (
            LOGS,
            {"encryption_key": "arn:aws:kms:eu-west-1:111111111111:key/a"},
            "reports.encryption_key: the plan takes no key from outside",
        ),
        (
            LOGS,
            {"access_logs_bucket": "logs"},
            "reports.access_logs_bucket: the plan writes no access logs",
        ),
    ],
)
def test_fails_on_what_the_plan_does_not_ask_for(
    run: Run, plan: DataBucketPlan, arguments: dict[str, str], message: str
) -> None:
    with pytest.raises(ConstructError) as error:
        run(lambda: DataBucket("reports", DataBucketArgs(plan=plan, **arguments)))
    assert str(error.value).startswith(message)


def test_fails_on_a_bucket_where_its_name_is_meant(run: Run) -> None:
    def wrong() -> None:
        key = EncryptionKey("key", EncryptionKeyArgs(plan=KEY))
        logs = DataBucket("logs", DataBucketArgs(plan=LOGS))
        args = DataBucketArgs(plan=BUCKET, encryption_key=key.arn, access_logs_bucket=logs)  # type: ignore[arg-type]
        DataBucket("reports", args)

    with pytest.raises(ConstructError, match=r"reports\.access_logs_bucket: must be a value"):
        run(wrong)
