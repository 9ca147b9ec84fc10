"""Time in an execution: waits and retry intervals pass at once, time-outs count them."""

import types
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.step_functions.expressions import timestamp


@contextmanager
def patched() -> Iterator[None]:
    """Replace sleeping by the emulator's clock."""
    deadlines: dict[str, tuple[Any, datetime]] = {}
    eval_program = Program.eval

    def evaluate(self: Any, env: Any) -> None:
        if self.timeout_seconds is None or env.is_frame():
            eval_program(self, env)
            return
        execution = _execution(env)
        limit = self.timeout_seconds.timeout_seconds
        deadlines[execution] = (env, CLOCK.now() + timedelta(seconds=limit))
        try:
            eval_program(self, env)
        finally:
            del deadlines[execution]

    def wait(self: Any, env: Any, wait_seconds: float) -> None:
        CLOCK.advance(wait_seconds)
        root, deadline = deadlines.get(_execution(env), (None, None))
        if root is not None and deadline is not None and CLOCK.now() > deadline:
            root.set_timed_out()

    with ExitStack() as stack:
        for target, name, new in (
            (Program, "eval", evaluate),
            (WaitFunction, "_wait_interval", wait),
            (Timestamp, "_get_wait_seconds", _until),
            (retrier_decl, "time", types.SimpleNamespace(sleep=CLOCK.advance)),
            (state, "datetime", _DATETIME),
        ):
            stack.enter_context(mock.patch.object(target, name, new))
        yield


_DATETIME = types.SimpleNamespace(
    datetime=types.SimpleNamespace(
        now=lambda tz: types.SimpleNamespace(isoformat=lambda: timestamp(CLOCK.now()))
    ),
    timezone=types.SimpleNamespace(utc=UTC),
)
"""Stands in for the module ``datetime`` where moto notes when a state was entered."""


def _until(self: Any, env: Any) -> float:
    self.string.eval(env=env)
    text = env.stack.pop()
    moment = self._from_timestamp_string(timestamp=text)
    if moment is None:
        raise FailureEventException(self._create_failure_event(env, text))
    return float((moment.replace(tzinfo=UTC) - CLOCK.now()).total_seconds())


def _execution(env: Any) -> str:
    return str(env.states.context_object.context_object_data["Execution"]["Id"])
