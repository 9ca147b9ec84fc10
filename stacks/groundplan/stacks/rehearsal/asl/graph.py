"""The graph of states: where each state leads to."""

from collections.abc import Iterator, Mapping
from typing import Any

from groundplan.stacks.rehearsal.asl.problem import Problem

State = Mapping[str, Any]
_ENDS = ("Succeed", "Fail")


def scopes(machine: State) -> Iterator[State]:
    """The machine and the machines within its Map and Parallel states."""
    yield machine
    for state in machine["States"].values():
        for inner in inner_machines(state):
            yield from scopes(inner)


def inner_machines(state: State) -> list[State]:
    """What a Map or Parallel state runs."""
    found = [*state.get("Branches", []), state.get("ItemProcessor")]
    return [item for item in found if item is not None]


def successors(state: State) -> list[str]:
    """Names of the states that may follow."""
    ways = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return [way[key] for way in ways for key in ("Next", "Default") if key in way]


def check(machine: State) -> Iterator[Problem]:
    """Transitions to nowhere, unreachable states, and states that lead to no end."""
    for scope in scopes(machine):
        yield from _check_scope(scope)


def _check_scope(scope: State) -> Iterator[Problem]:
    states = scope["States"]
    if scope["StartAt"] not in states:
        yield Problem("", f"StartAt names no state: {scope['StartAt']}")
        return
    dangling = False
    for name, state in states.items():
        for target in successors(state):
            if target not in states:
                dangling = True
                yield Problem(name, f"leads to a state that is not there: {target}")
        ends = state["Type"] in _ENDS or state.get("End") is True
        leads = "Default" in state if state["Type"] == "Choice" else "Next" in state
        if ends == leads:
            yield Problem(name, "needs either an end or a next state")
    if dangling:
        return
    reached = _reached(
        {scope["StartAt"]}, {name: successors(item) for name, item in states.items()}
    )
    for name in sorted(states.keys() - reached):
        yield Problem(name, "nothing leads to it")
    back: dict[str, list[str]] = {name: [] for name in states}
    for name, state in states.items():
        for target in successors(state):
            back[target].append(name)
    ends_at = {
        name for name, state in states.items() if state["Type"] in _ENDS or state.get("End") is True
    }
    for name in sorted(reached - _reached(ends_at, back)):
        yield Problem(name, "leads to no end")


def _reached(start: set[str], edges: Mapping[str, list[str]]) -> set[str]:
    reached, waiting = set(start), list(start)
    while waiting:
        for target in edges[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
