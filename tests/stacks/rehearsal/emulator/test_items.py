"""Writes of DynamoDB items by many threads at once."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from groundplan.stacks.rehearsal.emulator import Emulator

THREADS, TURNS = 8, 12
KEY = {"id": {"S": "one"}}


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Any]:
    interval = sys.getswitchinterval()
    with Emulator(images={}, workdir=tmp_path) as emulator:
        client = emulator.client("dynamodb", "111111111111", "eu-west-1")
        client.create_table(
            TableName="table",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        sys.setswitchinterval(1e-5)  # threads change places within a write
        yield client
        sys.setswitchinterval(interval)


def at_once(work: Any) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_update_is_lost(table: Any) -> None:
    def add(number: int) -> None:
        for _ in range(TURNS):
            table.update_item(
                TableName="table",
                Key=KEY,
                UpdateExpression="ADD hits :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )

    at_once(add)

    found = table.get_item(TableName="table", Key=KEY)["Item"]["hits"]
    assert found == {"N": str(THREADS * TURNS)}


def test_one_of_those_who_race_takes_a_lock(table: Any) -> None:
    taken = []

    def take(number: int) -> None:
        for turn in range(TURNS):
            try:
                table.put_item(
                    TableName="table",
                    Item={"id": {"S": f"lock-{turn}"}, "holder": {"N": str(number)}},
                    ConditionExpression="attribute_not_exists(id)",
                )
                taken.append(turn)
            except ClientError as exc:
                assert exc.response["Error"]["Code"] == "ConditionalCheckFailedException"

    at_once(take)

    assert sorted(taken) == list(range(TURNS))
