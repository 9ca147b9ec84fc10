"""States that take and give back a lock: an item of a DynamoDB table with a lease."""

from groundplan.pipelines.step_functions.jsonata import code, expression, render
from groundplan.pipelines.step_functions.polling import interval, named_error, polls, retry_but
from groundplan.pipelines.step_functions.states import (
    Scope,
    State,
    States,
    api_task,
    catch,
    failed,
    failure,
    merged,
    variable,
    words,
)
from groundplan.pipelines.steps import AcquireLock, ReleaseLock

LOCKED = "Locked"
HELD = "DynamoDb.ConditionalCheckFailedException"
HOLDER = "$states.context.Execution.Id"
NEVER = 99_999_999_999
NOW = "$floor($millis() / 1000)"


def acquire(step: AcquireLock, scope: Scope) -> States:
    """Writes the item on condition that nobody else holds it, again and again while it is held.

    Who may take over comes from a time in which every lease is over.
    """
    name, own = words(step), f"${step.id}"
    wait = interval(step.wait_seconds, step.poll_seconds)
    request: State = {
        "TableName": step.table_name,
        "Item": {
            "id": {"S": render(step.lock_id)},
            "holder": {"S": code(HOLDER)},
            "expires_at": {"N": code(f"$string({NOW} + {step.lease_seconds})")},
        },
        "ConditionExpression": "holder = :me",
        "ExpressionAttributeValues": {":me": {"S": code(HOLDER)}},
    }
    if not step.renew:
        now = f"{expression(step.takeover)} = 'yes' ? '{NEVER}' : $string({NOW})"
        free = "attribute_not_exists(id) OR expires_at < :now OR holder = :me"
        request["ConditionExpression"] = free
        request["ExpressionAttributeValues"] = {
            ":now": {"N": code(now)},
            ":me": {"S": code(HOLDER)},
        }
    patient: State = {
        "Condition": code(f"{own}.polls < {polls(step.wait_seconds, step.poll_seconds)}"),
        "Next": f"{name} wait",
    }
    cause = (
        f"'another execution holds lock ' & {expression(step.lock_id)} & "
        f"{expression(f' of table {step.table_name}, after {step.wait_seconds} s of waiting')}"
    )
    refused: State = {
        "Default": failed(step, scope),
        "Output": {"Error": LOCKED, "Cause": code(cause)},
    }
    if not step.required:
        refused = {"Default": scope.following, "Output": {}}
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(step, acquired="no", polls=0),
            "Next": f"{name} take",
        },
        f"{name} take": api_task(
            step,
            scope,
            "aws-sdk:dynamodb:putItem",
            request,
            scope.following,
            Retry=retry_but(HELD),
            Catch=[
                {"ErrorEquals": [HELD], "Output": {}, "Next": f"{name} held"},
                *catch(step, scope),
            ],
            Assign=merged(step, {"acquired": "'yes'"}),
        ),
        f"{name} held": {"Type": "Choice", "Choices": [patient], **refused},
        f"{name} wait": {
            "Type": "Wait",
            "Seconds": wait,
            "Assign": merged(step, {"polls": f"{own}.polls + 1"}),
            "Next": f"{name} take",
        },
        **failure(step, scope, named_error(step, LOCKED)),
    }


def release(step: ReleaseLock, scope: Scope) -> States:
    """Deletes the item if it is still this execution's; a lease that is over needs no return."""
    name = words(step)
    kept: State = {"ErrorEquals": [HELD], "Output": {}, "Next": scope.following}
    return {
        name: api_task(
            step,
            scope,
            "aws-sdk:dynamodb:deleteItem",
            {
                "TableName": step.table_name,
                "Key": {"id": {"S": render(step.lock_id)}},
                "ConditionExpression": "holder = :me",
                "ExpressionAttributeValues": {":me": {"S": code(HOLDER)}},
            },
            scope.following,
            Retry=retry_but(HELD),
            Catch=[kept | {"Assign": variable(step, released="no")}, *catch(step, scope)],
            Assign=variable(step, released="yes"),
        ),
        **failure(step, scope),
    }
