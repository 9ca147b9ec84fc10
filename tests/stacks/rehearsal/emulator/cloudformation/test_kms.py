import json
from typing import Any

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


def _key(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::KMS::Key",
        "Properties": {"KeyPolicy": POLICY, "PendingWindowInDays": 7, **properties},
    }


ALIAS = {
    "Type": "AWS::KMS::Alias",
    "Properties": {"AliasName": "alias/churn", "TargetKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
}


def test_a_key_rotates_under_its_policy_until_it_is_deleted(stacks: Any) -> None:
    tags = [{"Key": "project", "Value": "churn"}]
    key = _key(Description="data", EnableKeyRotation=True, RotationPeriodInDays=90, Tags=tags)
    stacks.create({"Key": key, "Alias": ALIAS})
    assert stacks.failures() == []
    kms = stacks.client("kms")
    id = stacks.physical_id("Key")
    [alias] = [a for a in kms.list_aliases()["Aliases"] if a["AliasName"] == "alias/churn"]
    assert alias["TargetKeyId"] == id
    policy = json.loads(kms.get_key_policy(KeyId=id, PolicyName="default")["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{stacks.account}:root"}
    rotation = kms.get_key_rotation_status(KeyId=id)
    assert (rotation["KeyRotationEnabled"], rotation["RotationPeriodInDays"]) == (True, 90)
    listed = kms.list_resource_tags(KeyId=id)["Tags"]
    assert listed == [{"TagKey": "project", "TagValue": "churn"}]

    assert stacks.delete() == "DELETE_COMPLETE"
    metadata = kms.describe_key(KeyId=id)["KeyMetadata"]
    assert metadata["KeyState"] == "PendingDeletion"
    assert metadata["Description"] == "data"
    assert "alias/churn" not in [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]


def test_an_update_keeps_the_key(stacks: Any) -> None:
    stacks.create({"Key": _key(EnableKeyRotation=True), "Alias": ALIAS})
    kms = stacks.client("kms")
    id = stacks.physical_id("Key")
    tags = [{"Key": "a", "Value": "b"}]
    stacks.update({"Key": _key(Description="new", Enabled=False, Tags=tags), "Alias": ALIAS})
    assert stacks.physical_id("Key") == id
    assert kms.get_key_rotation_status(KeyId=id)["KeyRotationEnabled"] is False
    metadata = kms.describe_key(KeyId=id)["KeyMetadata"]
    assert (metadata["Description"], metadata["Enabled"]) == ("new", False)
    assert kms.list_resource_tags(KeyId=id)["Tags"] == [{"TagKey": "a", "TagValue": "b"}]


def test_a_retained_key_keeps_working(stacks: Any) -> None:
    stacks.create({"Key": {**_key(), "DeletionPolicy": "Retain"}})
    id = stacks.physical_id("Key")
    stacks.delete()
    assert stacks.client("kms").describe_key(KeyId=id)["KeyMetadata"]["KeyState"] == "Enabled"
