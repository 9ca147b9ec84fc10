"""The calls in the definitions of state machines: what is done, by whom, with what."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.prove.parts import every

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
"""A variable in JSONata."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One call of a state machine."""

    scope: str
    """Stage of the machine."""

    machine: PipelinePlan
    """The machine, whose role makes the call."""

    state: str
    """State, those around it first."""

    call: str
    """Service and operation, such as ``sagemaker:createTrainingJob``."""

    arguments: Any
    """Arguments as the definition holds them, JSONata and placeholders included."""

    @property
    def where(self) -> str:
        """Place in the plan, for a reader."""
        return f"state machine {self.machine.name}, state {self.state}"

    def texts(self) -> Iterator[str]:
        """Yield every text in the arguments, and in what their variables are assigned."""
        own = list(_texts(self.arguments))
        yield from own
        known = _assigned(self.machine.definition)
        for name in {name for text in own for name in _VARIABLE.findall(text)}:
            yield from known.get(name, ())


def tasks(plan: Plan) -> Iterator[Task]:
    """Yield the calls of all state machines of a plan."""
    for stage in plan.stages:
        for machine in every(stage, PipelinePlan):
            for state, call, arguments in _calls(machine.definition):
                yield Task(
                    scope=stage.id, machine=machine, state=state, call=call, arguments=arguments
                )


@lru_cache(maxsize=256)
def _assigned(definition: str) -> Mapping[str, tuple[str, ...]]:
    """Return the texts that each variable of a state machine is assigned, in any state."""
    found: dict[str, tuple[str, ...]] = {}
    for state in _states(json.loads(definition)):
        for name, value in state.get("Assign", {}).items():
            found[name] = (*found.get(name, ()), *_texts(value))
    return found


def _states(machine: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for state in machine["States"].values():
        yield state
        for part in (*state.get("Branches", ()), state.get("ItemProcessor")):
            if part is not None:
                yield from _states(part)


@lru_cache(maxsize=256)
def _calls(definition: str) -> tuple[tuple[str, str, Any], ...]:
    return tuple(_walk(json.loads(definition), ()))


def _walk(machine: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, str, Any]]:
    for name, state in machine["States"].items():
        path = (*above, name)
        if state["Type"] == "Task":
            call = state["Resource"].partition(":states:::")[2].removeprefix("aws-sdk:")
            yield " / ".join(path), call.partition(".")[0], state.get("Arguments", {})
        for branch in state.get("Branches", ()):
            yield from _walk(branch, path)
        if "ItemProcessor" in state:
            yield from _walk(state["ItemProcessor"], path)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
