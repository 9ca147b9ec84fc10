import json
from typing import Any

import pytest

START = "arn:aws:states:::states:startExecution"


def _start(machine: str, pattern: str, **more: Any) -> dict[str, Any]:
    arguments = {"StateMachineArn": machine, "Input": {"n": 2}}
    return {"Type": "Task", "Resource": f"{START}{pattern}", "Arguments": arguments, **more}


def test_nested_execution_is_waited_for(world: Any) -> None:
    child = world.machine(
        {"A": {"Type": "Pass", "Output": "{% {'n': $states.input.n + 1} %}", "End": True}}
    )

    parsed = world.run({"A": _start(child, ".sync:2", End=True)})["output"]
    text = world.run({"A": _start(child, ".sync", End=True)})["output"]
    started = world.run({"A": _start(child, "", End=True)})["output"]

    assert (parsed["Status"], parsed["Input"], parsed["Output"]) == (
        "SUCCEEDED",
        {"n": 2},
        {"n": 3},
    )
    assert json.loads(text["Output"]) == {"n": 3}
    assert isinstance(parsed["StartDate"], int)
    assert set(started) == {"ExecutionArn", "StartDate"}


def test_nested_failure_is_a_failed_task(world: Any) -> None:
    child = world.machine({"A": {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"}})

    failed = world.run({"A": _start(child, ".sync:2", End=True)})

    assert failed["error"] == "States.TaskFailed"
    assert json.loads(failed["cause"])["Error"] == "Broken"


@pytest.mark.parametrize("pattern", [".sync", ".sync:2"])
def test_fails_on_a_machine_that_does_not_exist(world: Any, pattern: str) -> None:
    machine = "arn:aws:states:eu-west-1:222222222222:stateMachine:nobody"

    failed = world.run({"A": _start(machine, pattern, End=True)})

    assert failed["error"] == "StepFunctions.StateMachineDoesNotExistException"


def test_task_token_is_waited_for(world: Any) -> None:
    queue = world.client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sqs:sendMessage.waitForTaskToken",
        "Arguments": {
            "QueueUrl": queue,
            "MessageBody": "{% $states.context.Task.Token %}",
        },
        "TimeoutSeconds": 1,
        "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}],
        "End": True,
    }

    output = world.run({"A": task, "Late": {"Type": "Succeed", "Output": "late"}})["output"]

    assert output == "late"
    messages = world.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert len(messages[0]["Body"]) == 36
