"""Watches executions: where they go, what they hold, and where one may begin and end.

An execution of a large machine takes seconds, a case of a fault only its own state and what follows
from it. So a case begins at its state with the variables that a whole run had there, and ends where
it is back on that run's way.
"""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField

from groundplan.stacks.rehearsal.emulator.step_functions.service_task import ServiceTask


@dataclass(frozen=True)
class Entry:
    """A state at the moment when it was entered."""

    state: str
    variables: dict[str, Any]
    input: Any
    world: Any
    """What the case needs to find in the services again."""
    execution: str
    """Its id then, from which names of jobs and of what they write are made."""
    calls: int
    """How many calls the run had made by then."""


@dataclass
class Run:
    """One execution, from start to end or from one state to where it is back on a known way."""

    name: str
    begin: Entry | None = None
    until: frozenset[str] = frozenset()
    """States at which it ends, once ``after`` has been entered."""
    after: str = ""
    same: bool = False
    """Whether it takes itself for the execution in which its beginning was seen."""
    look: Callable[[], Any] = lambda: None
    entries: list[Entry] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    """State, and the error of its call; empty: it succeeded."""
    ended: threading.Event = field(default_factory=threading.Event)
    joined: str | None = None
    """State at which it was back."""

    @property
    def path(self) -> list[str]:
        return [entry.state for entry in self.entries]


RUNS: dict[str, Run] = {}
"""By name of the execution; any other execution ends before its first state."""


@contextmanager
def recording() -> Iterator[None]:
    evaluate = EvalComponent.eval
    answer = ServiceTask._answer
    failure = ServiceTask._from_error

    def eval_state(self: Any, env: Any) -> None:
        if env.is_frame():
            evaluate(self, env)
            return
        context = env.states.context_object.context_object_data
        run = RUNS.get(context["Execution"]["Name"])
        if run is None:
            env.set_ended()
            return
        if run.begin is not None and not run.entries and self.name != run.begin.state:
            env.variable_store._inner_scope.update(copy.deepcopy(run.begin.variables))
            env.states.reset(input_value=copy.deepcopy(run.begin.input))
            env.next_state_name = run.begin.state
            if run.same:
                context["Execution"]["Id"] = run.begin.execution
            return
        if self.name in run.until and run.after in run.path:
            run.joined = self.name
            env.set_ended()
            return
        run.entries.append(
            Entry(
                self.name,
                copy.deepcopy(env.variable_store._inner_scope),
                copy.deepcopy(env.states.get_input()),
                run.look(),
                context["Execution"]["Id"],
                len(run.calls),
            )
        )
        evaluate(self, env)

    def answered(self: Any, env: Any, client: Any, parameters: Any) -> Any:
        result = answer(self, env, client, parameters)
        _note(env, "")
        return result

    def failed(self: Any, env: Any, ex: Exception) -> Any:
        event: Any = failure(self, env, ex)
        _note(env, str(event.error_name.error_name))
        return event

    with (
        mock.patch.object(CommonStateField, "eval", eval_state, create=True),
        mock.patch.object(ServiceTask, "_answer", answered),
        mock.patch.object(ServiceTask, "_from_error", failed),
    ):
        try:
            yield
        finally:
            RUNS.clear()


def _note(env: Any, error: str) -> None:
    context = env.states.context_object.context_object_data
    run = RUNS.get(context["Execution"]["Name"])
    if run is not None:
        run.calls.append((context["State"]["Name"], error))
