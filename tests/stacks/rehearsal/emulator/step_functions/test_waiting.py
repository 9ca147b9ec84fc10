import time
from datetime import datetime
from typing import Any


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_waits_pass_at_once_and_move_the_clock(world: Any) -> None:
    states = {
        "A": {"Type": "Pass", "Assign": {"before": "{% $now() %}"}, "Next": "B"},
        "B": {"Type": "Wait", "Seconds": "{% 1800 * 2 %}", "Next": "C"},
        "C": {"Type": "Pass", "Output": "{% [$before, $now(), $millis()] %}", "End": True},
    }
    started = time.monotonic()

    before, after, millis = world.run(states)["output"]

    waited = (_moment(after) - _moment(before)).total_seconds()
    assert 3600 <= waited < 3700
    assert abs(_moment(after).timestamp() * 1000 - millis) < 1000
    assert time.monotonic() - started < 5


def test_wait_until_a_moment(world: Any) -> None:
    later = "$fromMillis($millis() + 7200000)"
    states = {
        "A": {"Type": "Wait", "Timestamp": f"{{% {later} %}}", "Next": "B"},
        "B": {
            "Type": "Pass",
            "Output": "{% $millis() - $toMillis($states.context.Execution.StartTime) %}",
            "End": True,
        },
    }

    assert 7_190_000 <= world.run(states)["output"] < 7_300_000


def test_execution_times_out_in_emulated_time(world: Any) -> None:
    states = {
        "A": {"Type": "Wait", "Seconds": 600, "Next": "B"},
        "B": {"Type": "Wait", "Seconds": 600, "Next": "A"},
    }

    assert world.run(states, TimeoutSeconds=86_400)["status"] == "TIMED_OUT"


def test_execution_that_is_quick_enough_does_not_time_out(world: Any) -> None:
    states = {"A": {"Type": "Wait", "Seconds": 600, "End": True}}

    assert world.run(states, TimeoutSeconds=86_400)["status"] == "SUCCEEDED"
