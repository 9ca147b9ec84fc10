"""Completes moto's Step Functions interpreter: JSONata, integrations, errors, accounts, time."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import (
    ErrorEqualsDecl,
)
from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_factory,
)

from groundplan.stacks.rehearsal.emulator.step_functions import (
    clients,
    definitions,
    executions,
    waiting,
)
from groundplan.stacks.rehearsal.emulator.step_functions.expressions import eval_string
from groundplan.stacks.rehearsal.emulator.step_functions.service_task import ServiceTask

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

__all__ = ["patched"]

_INTERPRETER_LOG = logging.getLogger("moto.stepfunctions")
_OWN_SERVICES = frozenset({"aws-sdk", "batch", "dynamodb", "events", "sagemaker", "sns", "states"})


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Replace what moto's interpreter lacks, until the context ends."""
    task_for = state_task_service_factory.state_task_service_for

    def state_task_service_for(service_name: str) -> object:
        return ServiceTask() if service_name in _OWN_SERVICES else task_for(service_name)

    equals = ErrorEqualsDecl._eval_body

    def error_equals(self: Any, env: Any) -> None:
        """Nothing catches ``States.Runtime``, not even ``States.ALL``."""
        fatal = env.stack[-1].error_name == "States.Runtime"
        equals(self, env)
        if fatal:
            env.stack[-1] = False

    with ExitStack() as stack:
        for target, name, new in (
            (StringJSONata, "_eval_body", eval_string),
            (StringVariableSample, "_eval_body", eval_string),
            (ErrorEqualsDecl, "_eval_body", error_equals),
            (state_task_factory, "state_task_service_for", state_task_service_for),
        ):
            stack.enter_context(mock.patch.object(target, name, new))
        # what it logs as unhandled is the execution's error, which the caller reads there
        stack.callback(_INTERPRETER_LOG.setLevel, _INTERPRETER_LOG.level)
        _INTERPRETER_LOG.setLevel(logging.CRITICAL)
        stack.enter_context(waiting.patched())
        stack.enter_context(definitions.patched())
        stack.enter_context(executions.patched())
        stack.enter_context(clients.patched(emulator))
        yield
