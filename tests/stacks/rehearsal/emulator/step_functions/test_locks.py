"""A lock with a lease, as the release machine takes it."""

from typing import Any

import pytest

NOW = "{% $string($floor($millis() / 1000)) %}"
HELD = {
    "aws-sdk:dynamodb": "DynamoDb.ConditionalCheckFailedException",
    "dynamodb": "DynamoDB.ConditionalCheckFailedException",
}


def _task(integration: str, arguments: dict[str, Any], following: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{integration}",
        "Arguments": {"TableName": "locks", **arguments},
        "Catch": [
            {"ErrorEquals": [HELD[integration.rpartition(":")[0]]], "Output": "held", "Next": "End"}
        ],
        "Output": "mine",
        "Next": following,
    }


def _take(holder: str, *, prefix: str, wait: int = 0, update: bool = False) -> dict[str, Any]:
    values = {":now": {"N": NOW}, ":me": {"S": holder}}
    condition = "attribute_not_exists(id) OR expires_at < :now"
    lease = {"N": "{% $string($floor($millis() / 1000) + 900) %}"}
    if update:
        request = {
            "Key": {"id": {"S": prefix}},
            "UpdateExpression": "SET holder = :me, expires_at = :end",
            "ExpressionAttributeValues": {**values, ":end": lease},
        }
    else:
        request = {
            "Item": {"id": {"S": prefix}, "holder": {"S": holder}, "expires_at": lease},
            "ExpressionAttributeValues": {":now": {"N": NOW}},
        }
    operation = "updateItem" if update else "putItem"
    states: dict[str, Any] = {
        "Wait": {"Type": "Wait", "Seconds": f"{{% {wait} %}}", "Next": "Take"},
        "Take": _task(
            f"{prefix}:{operation}", {**request, "ConditionExpression": condition}, "End"
        ),
        "End": {"Type": "Succeed"},
    }
    return states


def _give_back(holder: str, prefix: str) -> dict[str, Any]:
    request = {
        "Key": {"id": {"S": prefix}},
        "ConditionExpression": "holder = :me",
        "ExpressionAttributeValues": {":me": {"S": holder}},
    }
    return {"Give": _task(f"{prefix}:deleteItem", request, "End"), "End": {"Type": "Succeed"}}


@pytest.fixture(scope="module")
def locks(world: Any) -> Any:
    world.client("dynamodb").create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return world


@pytest.mark.parametrize("prefix", ["aws-sdk:dynamodb", "dynamodb"])
def test_lock_is_held_until_it_is_given_back_or_its_lease_is_over(locks: Any, prefix: str) -> None:
    assert locks.run(_take("a", prefix=prefix))["output"] == "mine"
    assert locks.run(_take("b", prefix=prefix, wait=600))["output"] == "held"
    assert locks.run(_take("b", prefix=prefix, wait=400))["output"] == "mine"
    assert locks.run(_give_back("a", prefix))["output"] == "held"
    assert locks.run(_give_back("b", prefix))["output"] == "mine"
    assert locks.run(_take("c", prefix=prefix, update=True))["output"] == "mine"
    assert locks.run(_take("d", prefix=prefix, update=True))["output"] == "held"


def test_clock_of_expressions_is_the_one_that_waits_move(locks: Any) -> None:
    states = {
        "A": {
            "Type": "Pass",
            "Assign": {
                "start": "{% $millis() %}",
                "until": "{% $fromMillis($millis() + 7200000) %}",
            },
            "Next": "B",
        },
        "B": {"Type": "Wait", "Timestamp": "{% $until %}", "Next": "C"},
        "C": {
            "Type": "Pass",
            "Output": {
                "hours": "{% $round(($millis() - $start) / 3600000) %}",
                "now": "{% $round(($toMillis($now()) - $start) / 3600000) %}",
                "entered": (
                    "{% $round(($toMillis($states.context.State.EnteredTime) - $start) / 3600000) %}"
                ),
            },
            "End": True,
        },
    }

    assert locks.run(states)["output"] == {"hours": 2, "now": 2, "entered": 2}
