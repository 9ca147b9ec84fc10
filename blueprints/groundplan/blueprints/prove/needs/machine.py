"""A state machine's calls, with their arguments as far as they are known before it runs."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.prove.needs.jsonata import Expression
from groundplan.blueprints.prove.needs.patterns import NOTHING, UNKNOWN, Result, Value, joined

MOST_PASSES = 8
"""Times that the assignments of a variable are evaluated."""

Results = Callable[["Machine", str, Result], frozenset[str]]
"""Gives the patterns of a field of what a call returned: machine, integration, field."""


@dataclass(frozen=True, slots=True)
class Call:
    """One task of a state machine."""

    state: str
    """Name of the state."""

    integration: str
    """Resource of the task, without ``arn:PARTITION:states:::``."""

    arguments: Value
    """What it is called with."""

    def texts(self, *path: str) -> tuple[str, ...]:
        """Return the patterns of an argument, sorted; none where it is not given, or empty."""
        return texts(self.arguments, *path)

    def value(self, *path: str) -> Value:
        """Return an argument; nothing where it is not given."""
        return at(self.arguments, *path)

    def has(self, *path: str) -> bool:
        """Return whether an argument is given."""
        return at(self.arguments, *path) != NOTHING


@dataclass(eq=False)
class Machine:
    """A state machine."""

    plan: PipelinePlan
    place: Place
    scope: str
    model: str | None
    """Model that it belongs to; ``None`` where it serves all of an environment."""

    stand_ins: Mapping[Ref, str]
    results: Results = lambda machine, integration, result: UNKNOWN
    _variables: dict[str, Value] = field(default_factory=dict)
    _calls: dict[str, Call] = field(default_factory=dict)
    _making: dict[str, Value] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    """Variables that are being made and were asked for by what is evaluated now."""

    def __post_init__(self) -> None:
        text = self.plan.definition
        for name, ref in self.plan.substitutions:
            text = text.replace(f"${{{name}}}", self.stand_ins[ref])
        self.states = list(_states(json.loads(text)["States"]))
        self._assigned: dict[str, list[tuple[str, Any]]] = {}
        for _, state in self.states:
            for made in (state, *state.get("Choices", ()), *state.get("Catch", ())):
                integration = _integration(state)
                for name, value in made.get("Assign", {}).items():
                    self._assigned.setdefault(name, []).append((integration, value))

    def calls(self) -> Iterator[Call]:
        """Yield every task."""
        return (self._call(name, state) for name, state in self.states if state["Type"] == "Task")

    def of(self, *integrations: str) -> tuple[Call, ...]:
        """Return the tasks of some integrations."""
        return tuple(
            self._call(name, state)
            for name, state in self.states
            if state["Type"] == "Task" and _integration(state) in integrations
        )

    def _call(self, name: str, state: Mapping[str, Any]) -> Call:
        known = self._calls.get(name)
        if known is None:
            before, self._open = self._open, set()
            known = Call(name, _integration(state), self._value(state.get("Arguments", {}), ""))
            if not self._open:
                self._calls[name] = known
            self._open |= before
        return known

    def command(self, call: Call, *path: str) -> dict[str, tuple[str, ...]]:
        """Return the arguments of a program that a call starts, by the option before each."""
        raw = next(state for name, state in self.states if name == call.state)["Arguments"]
        for name in path:
            raw = raw.get(name, {})
        words = [texts(self._value(item, call.integration)) for item in raw]
        return {
            option[0]: value
            for option, value in pairwise(words)
            if option[:1] and option[0][0] == "-"
        }

    def _value(self, value: Any, integration: str) -> Value:
        if isinstance(value, str):
            if not (value.startswith("{%") and value.endswith("%}")):
                return frozenset({value})
            expression = Expression(
                value[2:-2],
                self._variable,
                lambda result: self.results(self, integration, result),
            )
            found = expression.value()
            return (
                expression.texts(found) if isinstance(found, Result) else _plain(found, expression)
            )
        if isinstance(value, dict):
            return {key: self._value(item, integration) for key, item in value.items()}
        if isinstance(value, list):
            return joined(*(self._value(item, integration) for item in value))
        return frozenset({json.dumps(value)})

    def _variable(self, name: str) -> Value:
        """Return what a variable may hold: the least that all its assignments agree with.

        An assignment may refer to its own variable, so that they are evaluated until nothing is added;
        a value that goes on growing is unknown. What rests on a variable that is still being made is
        not kept.
        """
        if name == "states":
            return {"result": Result(), "input": UNKNOWN, "context": UNKNOWN}
        if name not in self._assigned:
            return UNKNOWN
        if name in self._variables:
            return self._variables[name]
        if name in self._making:
            self._open.add(name)
            return self._making[name]
        before, self._open = self._open, set()
        value: Value = NOTHING
        for _ in range(MOST_PASSES):
            self._making[name] = value
            made = joined(*(self._value(item, by) for by, item in self._assigned.get(name, ())))
            if made == value:
                break
            value = made
        else:
            value = UNKNOWN
        del self._making[name]
        self._open.discard(name)
        if not self._open:
            self._variables[name] = value
        self._open |= before
        return value


def at(value: Value, *path: str) -> Value:
    """Return a field of an object; nothing where it has none of that name."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return NOTHING
        value = value[name]
    return value


def texts(value: Value, *path: str) -> tuple[str, ...]:
    """Return the patterns of a field, sorted, without the empty text."""
    found = at(value, *path)
    if not isinstance(found, frozenset):
        return ("*",)
    return tuple(sorted(text for text in found if text))


def leaves(value: Value, name: str) -> frozenset[str]:
    """Return the patterns of all fields of a name, however deep they are."""
    if not isinstance(value, dict):
        return NOTHING
    own = value.get(name)
    found = [own] if isinstance(own, frozenset) else []
    return NOTHING.union(*found, *(leaves(item, name) for item in value.values()))


def _plain(value: Value, expression: Expression) -> Value:
    if isinstance(value, dict):
        return {key: _plain(item, expression) for key, item in value.items()}
    return expression.texts(value)


def _states(states: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, state in states.items():
        yield name, state
        for branch in state.get("Branches", ()):
            yield from _states(branch["States"])
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"]["States"])


def _integration(state: Mapping[str, Any]) -> str:
    return str(state.get("Resource", "")).partition(":states:::")[2]
