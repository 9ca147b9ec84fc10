"""What expressions read of ``$states``, and which functions they call."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from groundplan.stacks.rehearsal.asl.expressions import (
    KNOWN_FUNCTIONS,
    REFUSED_FUNCTIONS,
    Read,
    parse,
    strings,
)
from groundplan.stacks.rehearsal.asl.graph import scopes
from groundplan.stacks.rehearsal.asl.integrations import result_shape
from groundplan.stacks.rehearsal.asl.problem import Problem
from groundplan.stacks.rehearsal.emulator.step_functions.shapes import pascal

_CONTEXT = {
    "Execution": {"Id", "Input", "Name", "RedriveCount", "RoleArn", "StartTime"},
    "Map": {"Item"},
    "State": {"EnteredTime", "Name", "RetryCount"},
    "StateMachine": {"Id", "Name"},
    "Task": {"Token"},
}
_ERROR = {"Cause", "Error"}
_RESULTS = ("Map", "Parallel", "Task")


def check(machine: Mapping[str, Any]) -> Iterator[Problem]:
    """Expressions that do not parse, call no function, or read what ``$states`` does not have."""
    for scope in scopes(machine):
        for name, state in scope["States"].items():
            for place, value, known in _places(state):
                for text in strings(value):
                    yield from _check(name, state, place, text, known)


def _places(state: Mapping[str, Any]) -> Iterator[tuple[str, Any, frozenset[str]]]:
    """Each part of a state, and the members of ``$states`` that it may read."""
    always = frozenset({"context", "input"})
    after = always | {"result"} if state["Type"] in _RESULTS else always
    for key, value in state.items():
        if key in ("Branches", "ItemProcessor"):
            continue
        if key == "Catch":
            yield key, value, always | {"errorOutput"}
        else:
            yield key, value, after if key in ("Assign", "Output") else always


def _check(
    name: str, state: Mapping[str, Any], place: str, text: str, known: frozenset[str]
) -> Iterator[Problem]:
    if not text.endswith("%}"):
        yield Problem(name, f"{place}: is not evaluated, since it does not end with %}}: {text}")
        return
    found = parse(text)
    if found.error:
        yield Problem(name, f"{place}: {found.error}")
    for function in found.functions:
        if function not in KNOWN_FUNCTIONS or function in REFUSED_FUNCTIONS:
            yield Problem(name, f"{place}: there is no function ${function}")
    for read in found.reads:
        if read.variable == "states":
            problem = _states(read, state, known)
            if problem:
                yield Problem(name, f"{place}: {problem}")


def _states(read: Read, state: Mapping[str, Any], known: frozenset[str]) -> str:
    if not read.members:
        return ""
    member, *rest = read.members
    if member not in known:
        return f"$states.{member} is not there"
    if member == "context" and rest:
        allowed = _CONTEXT.get(rest[0])
        if allowed is None or (len(rest) > 1 and rest[0] != "Map" and rest[1] not in allowed):
            return f"the context object has no {'.'.join(rest)}"
    if member == "errorOutput" and rest and rest[0] not in _ERROR:
        return f"an error has no {rest[0]}"
    if member == "result" and state["Type"] == "Task":
        return _result(rest, result_shape(state["Resource"]))
    return ""


def _result(names: list[str], shape: Shape | None) -> str:
    """What is wrong with reading a path of a result; JSONata looks into every item of a list."""
    way = "$states.result"
    for name in names:
        while isinstance(shape, ListShape):
            shape = shape.member
        if isinstance(shape, MapShape):
            shape = shape.value
        elif isinstance(shape, StructureShape):
            members = {pascal(member): member for member in shape.members}
            if name not in members:
                return f"{way} has no member {name}"
            shape = shape.members[members[name]]
        elif shape is not None:
            return f"{way} is a {shape.type_name} and has no member {name}"
        else:
            return ""
        way += f".{name}"
    return ""
