"""Whether every task state is bounded and handles errors."""

from collections.abc import Iterator, Mapping
from typing import Any

from groundplan.stacks.rehearsal.asl.graph import scopes
from groundplan.stacks.rehearsal.asl.problem import Problem


def check(machine: Mapping[str, Any]) -> Iterator[Problem]:
    """Task states without TimeoutSeconds, a Retry, or a Catch of everything."""
    if "TimeoutSeconds" not in machine:
        yield Problem("", "the machine has no TimeoutSeconds")
    for scope in scopes(machine):
        for name, state in scope["States"].items():
            if state["Type"] != "Task":
                continue
            if "TimeoutSeconds" not in state:
                yield Problem(name, "has no TimeoutSeconds")
            if not any(item.get("MaxAttempts", 3) > 0 for item in state.get("Retry", [])):
                yield Problem(name, "has no Retry")
            caught = state.get("Catch", [])
            if not caught or caught[-1]["ErrorEquals"] != ["States.ALL"]:
                yield Problem(name, "has no Catch of States.ALL")
