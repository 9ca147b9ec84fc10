"""Executions of several accounts at once, and what is left of them when the emulator ends."""

import json
import threading
import time
from pathlib import Path
from typing import Any

from groundplan.stacks.rehearsal.emulator import Emulator

REGION = "eu-west-1"
ACCOUNTS = tuple(f"{number}" * 12 for number in range(1, 5))


def _machine(emulator: Emulator, account: str, states: dict[str, Any]) -> str:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": next(iter(states)),
        "States": states,
    }
    arn: str = emulator.client("stepfunctions", account, REGION).create_state_machine(
        name="machine",
        definition=json.dumps(definition),
        roleArn=f"arn:aws:iam::{account}:role/machine",
    )["stateMachineArn"]
    return arn


def test_executions_of_several_accounts_race_and_all_end(tmp_path: Path) -> None:
    add = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:updateItem",
        "Arguments": {
            "TableName": "counts",
            "Key": {"id": {"S": "one"}},
            "UpdateExpression": "ADD hits :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        },
        "Output": {},
        "Next": "Tell",
    }
    tell = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents",
        "Arguments": {"Entries": [{"Source": "race", "DetailType": "Hit", "Detail": {"a": 1}}]},
        "Output": {},
        "Next": "Wait",
    }
    states = {"Add": add, "Tell": tell, "Wait": {"Type": "Wait", "Seconds": 60, "Next": "End"}}
    states["End"] = {"Type": "Succeed"}
    with Emulator(images={}, workdir=tmp_path) as emulator:
        for account in ACCOUNTS:
            emulator.client("dynamodb", account, REGION).create_table(
                TableName="counts",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        machines = [_machine(emulator, account, states) for account in ACCOUNTS]
        started = [
            (account, emulator.client("stepfunctions", account, REGION))
            for account in ACCOUNTS
            for _ in range(5)
        ]
        executions = [
            (client, client.start_execution(stateMachineArn=machines[ACCOUNTS.index(account)]))
            for account, client in started
        ]
        deadline = time.monotonic() + 30
        for client, execution in executions:
            status = "RUNNING"
            while status == "RUNNING" and time.monotonic() < deadline:
                status = client.describe_execution(executionArn=execution["executionArn"])["status"]
            assert status == "SUCCEEDED"
        for account in ACCOUNTS:
            item = emulator.client("dynamodb", account, REGION).get_item(
                TableName="counts", Key={"id": {"S": "one"}}
            )["Item"]
            assert item["hits"] == {"N": "5"}


def test_no_execution_outlives_the_emulator(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    turn = {
        "Look": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sns:listTopics",
            "Arguments": {},
            "Next": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Look"},
    }
    with Emulator(images={}, workdir=tmp_path) as emulator:
        for account in ACCOUNTS[:2]:
            arn = _machine(emulator, account, turn)
            emulator.client("stepfunctions", account, REGION).start_execution(stateMachineArn=arn)
        time.sleep(0.5)
        assert set(threading.enumerate()) - before

    deadline = time.monotonic() + 5
    left = set(threading.enumerate()) - before
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {thread for thread in left if thread.is_alive()}
    assert not left
