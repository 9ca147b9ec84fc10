import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from groundplan.stacks.rehearsal.emulator import Emulator

ACCOUNT, OTHER = "222222222222", "333333333333"
REGION = "eu-west-1"


@dataclass
class World:
    """An account with a bucket, and state machines that run in it."""

    emulator: Emulator
    numbers: Iterator[int] = field(default_factory=count)

    def client(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        return self.emulator.client(service, account, region)

    def machine(self, states: dict[str, Any], account: str = ACCOUNT, **top: Any) -> str:
        """A state machine that starts at its first state; its ARN."""
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": next(iter(states)),
            "States": states,
            **top,
        }
        arn: str = self.client("stepfunctions", account).create_state_machine(
            name=f"machine-{next(self.numbers)}",
            definition=json.dumps(definition),
            roleArn=f"arn:aws:iam::{account}:role/machine",
        )["stateMachineArn"]
        return arn

    def run(
        self, states: dict[str, Any], data: object = None, *, account: str = ACCOUNT, **top: Any
    ) -> dict[str, Any]:
        """Execute the states; the execution's description with its output as a value."""
        sfn = self.client("stepfunctions", account)
        arn = sfn.start_execution(
            stateMachineArn=self.machine(states, account, **top), input=json.dumps(data or {})
        )["executionArn"]
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            execution: dict[str, Any] = sfn.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                if "output" in execution:
                    execution["output"] = json.loads(execution["output"])
                return execution
            time.sleep(0.02)
        raise AssertionError(f"{arn} never ends")

    def value(self, expression: str, data: object = None) -> Any:
        """What an expression yields, or the execution's error and cause."""
        state = {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}
        execution = self.run({"A": state}, data)
        if execution["status"] == "SUCCEEDED":
            return execution["output"]
        return f"{execution['error']}: {execution['cause']}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Emulator(images={}, workdir=tmp_path_factory.mktemp("emulator")) as emulator:
        world = World(emulator)
        storage = world.client("s3")
        storage.create_bucket(
            Bucket="documents", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        storage.put_object(Bucket="documents", Key="a.json", Body=b'{"rows": [1, 2]}')
        yield world
