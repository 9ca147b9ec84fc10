"""What states that wait for something have in common: intervals that fit an execution's history."""

from math import ceil

from groundplan.pipelines.step_functions.jsonata import code
from groundplan.pipelines.step_functions.states import READ_RETRY, State, error_name
from groundplan.pipelines.steps import Step

EVENTS_A_POLL = 9  # of Wait, Task and Choice together
MAX_POLLS = 150
"""Looks that one step takes at most: ten waiting steps stay below the 25,000 events of a history."""


def interval(wait_seconds: int, poll_seconds: int, max_polls: int = MAX_POLLS) -> int:
    """Seconds between two looks."""
    return max(poll_seconds, ceil(wait_seconds / max_polls))


def polls(wait_seconds: int, poll_seconds: int, max_polls: int = MAX_POLLS) -> int:
    """Waits that fit into ``wait_seconds``."""
    return ceil(wait_seconds / interval(wait_seconds, poll_seconds, max_polls))


def named_error(step: Step, *names: str) -> str:
    """The error that the execution ends with: one of ``names`` as it is, or the step's own."""
    known = ", ".join(f"'{name}'" for name in names)
    return code(f"$states.input.Error in [{known}] ? $states.input.Error : '{error_name(step)}'")


def retry_but(*answers: str) -> list[State]:
    """Retries of a call of which some errors are answers, which no repetition changes."""
    return [{"ErrorEquals": list(answers), "MaxAttempts": 0}, *READ_RETRY]
