from typing import Any

import pytest

KEY = "arn:aws:kms:eu-west-1:111111111111:key/0123"
LOGS = {
    "Type": "AWS::S3::Bucket",
    "Properties": {
        "BucketName": "access-logs",
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    },
}
LOGS_POLICY = {
    "Type": "AWS::S3::BucketPolicy",
    "Properties": {
        "Bucket": {"Ref": "Logs"},
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "logging.s3.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": {"Fn::Sub": "${Logs.Arn}/*"},
                    "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                }
            ],
        },
    },
}
DATA: dict[str, Any] = {
    "Type": "AWS::S3::Bucket",
    "DependsOn": "LogsPolicy",
    "Properties": {
        "BucketName": "churn-data",
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "BucketKeyEnabled": True,
                    "ServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": KEY,
                    },
                }
            ]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "old",
                    "Status": "Enabled",
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                    "ExpirationInDays": "365",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                    "Transitions": [{"StorageClass": "GLACIER_IR", "TransitionInDays": 90}],
                }
            ]
        },
        "LoggingConfiguration": {"DestinationBucketName": "access-logs", "LogFilePrefix": "data/"},
        "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "Tags": [{"Key": "project", "Value": "churn"}],
        "VersioningConfiguration": {"Status": "Enabled"},
    },
}
TEMPLATE = {"Data": DATA, "Logs": LOGS, "LogsPolicy": LOGS_POLICY}


def test_a_bucket_has_everything_that_protects_it(stacks: Any) -> None:
    stacks.create(TEMPLATE, Tags=[{"Key": "stage", "Value": "test"}])
    assert stacks.failures() == []
    s3 = stacks.client("s3")
    bucket = {"Bucket": "churn-data"}
    [encryption] = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": KEY,
    }
    assert encryption["BucketKeyEnabled"] is True
    [rule] = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    assert rule["Expiration"]["Days"] == 365
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert rule["Transitions"] == [{"Days": 90, "StorageClass": "GLACIER_IR"}]
    assert s3.get_bucket_logging(**bucket)["LoggingEnabled"]["TargetBucket"] == "access-logs"
    notification = s3.get_bucket_notification_configuration(**bucket)
    assert notification["EventBridgeConfiguration"] == {}
    [ownership] = s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"]
    assert ownership == {"ObjectOwnership": "BucketOwnerEnforced"}
    block = s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    assert all(block.values())
    assert len(block) == 4
    tags = s3.get_bucket_tagging(**bucket)["TagSet"]
    assert sorted((tag["Key"], tag["Value"]) for tag in tags) == [
        ("project", "churn"),
        ("stage", "test"),
    ]
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    assert "logging.s3.amazonaws.com" in s3.get_bucket_policy(Bucket="access-logs")["Policy"]


def test_an_update_changes_and_takes_away(stacks: Any) -> None:
    stacks.create(TEMPLATE)
    kept = {
        key: value for key, value in DATA["Properties"].items() if key != "LifecycleConfiguration"
    }
    changed = {
        **DATA,
        "Properties": {
            **kept,
            "Tags": [{"Key": "project", "Value": "vision"}],
            "VersioningConfiguration": {"Status": "Suspended"},
        },
    }
    stacks.update({**TEMPLATE, "Data": changed})
    assert stacks.status() == "UPDATE_COMPLETE"
    s3 = stacks.client("s3")
    assert s3.get_bucket_tagging(Bucket="churn-data")["TagSet"] == [
        {"Key": "project", "Value": "vision"}
    ]
    assert s3.get_bucket_versioning(Bucket="churn-data")["Status"] == "Suspended"
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="churn-data")


def test_fails_to_delete_a_bucket_that_holds_something(stacks: Any) -> None:
    stacks.create({"Logs": LOGS})
    s3 = stacks.client("s3")
    s3.put_object(Bucket="access-logs", Key="a", Body=b"1")
    assert stacks.delete() == "DELETE_FAILED"
    [(logical_id, reason)] = stacks.failures()[-1:]
    assert logical_id == "Logs"
    assert "BucketNotEmpty" in reason
    s3.delete_object(Bucket="access-logs", Key="a")
    assert stacks.delete() == "DELETE_COMPLETE"
    assert "access-logs" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_a_retained_bucket_stays_and_blocks_its_name(stacks: Any) -> None:
    retained = {**LOGS, "Properties": {"BucketName": "retained-logs"}, "DeletionPolicy": "Retain"}
    stacks.create({"Logs": retained})
    assert stacks.delete() == "DELETE_COMPLETE"
    s3 = stacks.client("s3")
    assert "retained-logs" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert stacks.create({"Logs": retained})["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.failures()[0] == (
        "Logs",
        "AWS::S3::Bucket with identifier retained-logs already exists",
    )


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"WebsiteConfiguration": {}}, "AWS::S3::Bucket: not emulated: WebsiteConfiguration"),
        (
            {"NotificationConfiguration": {"TopicConfigurations": []}},
            "AWS::S3::Bucket: only notifications to EventBridge are emulated",
        ),
        (
            {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "TagFilters": []}]}},
            "AWS::S3::Bucket: lifecycle rule: not emulated: TagFilters",
        ),
    ],
)
def test_fails_on_a_property_that_would_be_dropped(
    stacks: Any, properties: dict[str, Any], reason: str
) -> None:
    resource = {"Type": "AWS::S3::Bucket", "Properties": properties}
    assert stacks.create({"Bucket": resource})["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.failures()[0] == ("Bucket", reason)
