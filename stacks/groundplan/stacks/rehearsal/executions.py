"""Starts state machines, finds what events have started, and waits for the end."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.plan.names import Place
from groundplan.stacks.rehearsal.world import World

POLL_SECONDS = 0.1
START_SECONDS = 30
LIMIT_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an execution ended."""

    arn: str
    status: str
    output: dict[str, Any]
    error: str
    cause: str

    def __str__(self) -> str:
        return f"{self.status} {self.error} {self.cause}".strip()


def start(world: World, place: Place, machine_arn: str, given: dict[str, str]) -> str:
    """Start an execution as an administrator does, and return its ARN."""
    machines = world.client("stepfunctions", place)
    started = machines.start_execution(stateMachineArn=machine_arn, input=json.dumps(given))
    arn: str = started["executionArn"]
    return arn


def find(
    world: World,
    place: Place,
    machine_arn: str,
    wanted: Callable[[dict[str, Any]], bool],
    *,
    seconds: float = START_SECONDS,
) -> str | None:
    """Return the newest execution whose input is wanted; waits for one to be started."""
    machines = world.client("stepfunctions", place)
    for _ in range(1 + round(seconds / POLL_SECONDS)):
        for item in machines.list_executions(stateMachineArn=machine_arn)["executions"]:
            shown = machines.describe_execution(executionArn=item["executionArn"])
            if wanted(json.loads(shown["input"])):
                arn: str = item["executionArn"]
                return arn
        time.sleep(POLL_SECONDS)
    return None


def running(world: World, place: Place, execution_arn: str) -> bool:
    """Whether an execution has not ended."""
    machines = world.client("stepfunctions", place)
    found: str = machines.describe_execution(executionArn=execution_arn)["status"]
    return found == "RUNNING"


def ended(world: World, place: Place, execution_arn: str) -> Ended:
    """Wait for the end of an execution."""
    machines = world.client("stepfunctions", place)
    for _ in range(round(LIMIT_SECONDS / POLL_SECONDS)):
        found = machines.describe_execution(executionArn=execution_arn)
        if found["status"] != "RUNNING":
            return Ended(
                arn=execution_arn,
                status=found["status"],
                output=json.loads(found.get("output") or "{}"),
                error=found.get("error", ""),
                cause=found.get("cause", ""),
            )
        time.sleep(POLL_SECONDS)
    return Ended(
        arn=execution_arn, status="RUNNING", output={}, error="", cause=f"after {LIMIT_SECONDS} s"
    )


def run(world: World, place: Place, machine_arn: str, given: dict[str, str]) -> Ended:
    """Start an execution and wait for its end."""
    return ended(world, place, start(world, place, machine_arn, given))
