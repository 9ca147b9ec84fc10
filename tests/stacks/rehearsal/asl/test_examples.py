"""The state machines of the examples stand every check of their definitions."""

import json
from typing import Any

import pytest

from groundplan.stacks.rehearsal.asl import check_definition

PURPOSES = ("training", "release", "monitoring")


def test_every_purpose_has_a_machine(machines: dict[str, Any]) -> None:
    for purpose in PURPOSES:
        assert any(name.endswith(purpose) for name in machines), purpose


def test_definitions_have_no_problem(machines: dict[str, Any]) -> None:
    found = {
        name: problems
        for name, machine in machines.items()
        if (
            problems := check_definition(
                machine.definition, [key for key, _ in machine.substitutions]
            )
        )
    }

    assert not found, "\n".join(
        f"{name}: {item}" for name, items in found.items() for item in items
    )


def test_every_failure_is_told(machines: dict[str, Any]) -> None:
    """No machine has a way to fail that avoids its message or event."""
    for name, machine in machines.items():
        states = json.loads(machine.definition)["States"]
        fails = [key for key, state in states.items() if state["Type"] == "Fail"]
        assert fails == ["Failed"], f"{name}: {fails}"
        assert _told(states), name


def _told(states: dict[str, Any]) -> bool:
    """Whether every way into ``Failed`` leads through a state that tells."""
    before = [key for key, state in states.items() if "Failed" in _targets(state)]
    telling = ("sns:publish", "events:putEvents")
    waiting, seen = before, set(before)
    while waiting:
        name = waiting.pop()
        if states[name]["Type"] == "Task" and states[name]["Resource"].endswith(telling):
            continue
        if states[name].get("Assign", {}).get("failure") is not None:
            return False  # a failure came this far untold
        for key, state in states.items():
            if name in _targets(state) and key not in seen:
                seen.add(key)
                waiting.append(key)
    return True


def _targets(state: dict[str, Any]) -> set[str]:
    ways = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return {way[key] for way in ways for key in ("Next", "Default") if key in way}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_planted_mistake_in_a_real_machine_is_found(machines: dict[str, Any], purpose: str) -> None:
    machine = next(item for name, item in machines.items() if name.endswith(purpose))
    known = [key for key, _ in machine.substitutions]
    definition = json.loads(machine.definition)
    task = next(
        state
        for state in definition["States"].values()
        if state["Type"] == "Task" and "sns:publish" in state["Resource"]
    )
    task["Arguments"]["Mesage"] = task["Arguments"].pop("Message")

    problems = {item.text for item in check_definition(json.dumps(definition), known)}

    assert {"Arguments has no member Mesage", "Arguments lacks Message"} <= problems
