from collections.abc import Iterator
from typing import Any

import pytest

from groundplan.stacks.rehearsal.emulator import Faults

PUT = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:ssm:putParameter",
    "Arguments": {"Name": "{% $states.input.name %}", "Value": "v", "Type": "String"},
    "TimeoutSeconds": 60,
    "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "IntervalSeconds": 1}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "B"}],
    "Output": "stored",
    "Next": "B",
}
STATES = {"Put it": PUT, "B": {"Type": "Succeed"}}


@pytest.fixture(autouse=True)
def _faultless(world: Any) -> Iterator[None]:
    yield
    world.emulator.faults = Faults()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("throttled", "Ssm.ThrottlingException"),
        ("refused", "Ssm.ValidationException"),
        ("unavailable", "Ssm.SsmException"),
    ],
)
def test_errors_have_the_names_that_aws_gives_them(world: Any, fault: Any, error: str) -> None:
    world.emulator.faults.calls["Put it"] = [fault]

    output = world.run(STATES, {"name": f"error-{fault}"})["output"]

    assert output["Error"] == error
    assert world.run(STATES, {"name": f"error-{fault}"})["output"] == "stored"


def test_lost_answer_has_been_given(world: Any) -> None:
    world.emulator.faults.calls["ssm:putParameter"] = ["answer_lost"]

    output = world.run(STATES, {"name": "lost"})["output"]

    assert output["Error"] == "Ssm.ParameterAlreadyExistsException"


def test_call_that_never_answers_is_made_again(world: Any) -> None:
    world.emulator.faults.calls["Put it"] = ["never_answers"]
    assert world.run(STATES, {"name": "never"})["output"] == "stored"

    world.emulator.faults.calls["Put it"] = ["never_answers", "never_answers"]
    assert world.run(STATES, {"name": "never-2"})["output"]["Error"] == "States.Timeout"
