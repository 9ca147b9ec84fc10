"""Tables: what an update changes, what it refuses, and what protection keeps."""

from typing import Any

KEY = "arn:aws:kms:eu-west-1:111111111111:key/0123"


def _table(**properties: Any) -> dict[str, Any]:
    return {
        "Locks": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "locks",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                **properties,
            },
        }
    }


def _recovery(dynamodb: Any) -> str:
    found = dynamodb.describe_continuous_backups(TableName="locks")["ContinuousBackupsDescription"]
    return str(found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"])


def test_an_update_keeps_the_items_and_changes_the_settings(stacks: Any) -> None:
    stacks.create(_table())
    dynamodb = stacks.client("dynamodb")
    assert _recovery(dynamodb) == "ENABLED"
    dynamodb.put_item(TableName="locks", Item={"id": {"S": "release"}})

    stacks.update(
        _table(
            DeletionProtectionEnabled=True,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
            Tags=[{"Key": "project", "Value": "churn"}],
        )
    )

    assert stacks.status() == "UPDATE_COMPLETE"
    assert dynamodb.describe_table(TableName="locks")["Table"]["DeletionProtectionEnabled"]
    assert _recovery(dynamodb) == "DISABLED"
    assert dynamodb.scan(TableName="locks")["Items"] == [{"id": {"S": "release"}}]


def test_fails_to_delete_a_protected_table(stacks: Any) -> None:
    stacks.create(_table(DeletionProtectionEnabled=True))
    assert stacks.delete() == "DELETE_FAILED"
    stacks.client("dynamodb").update_table(TableName="locks", DeletionProtectionEnabled=False)
    assert stacks.delete() == "DELETE_COMPLETE"


def test_fails_an_update_that_is_not_emulated(stacks: Any) -> None:
    stacks.create(_table())
    encryption = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    stacks.update(_table(SSESpecification=encryption))
    assert any("SSESpecification is not emulated" in reason for _, reason in stacks.failures())
