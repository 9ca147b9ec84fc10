"""Completes moto's Step Functions interpreter: JSONata, integrations, errors, accounts, time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from unittest import mock

from moto.stepfunctions.parser.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_factory,
)

from groundplan.stacks.rehearsal.emulator.step_functions import clients, executions, waiting
from groundplan.stacks.rehearsal.emulator.step_functions.expressions import eval_string
from groundplan.stacks.rehearsal.emulator.step_functions.service_task import ServiceTask

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

__all__ = ["patched"]

_OWN_SERVICES = frozenset({"aws-sdk", "sagemaker", "states"})


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Replace what moto's interpreter lacks, until the context ends."""
    task_for = state_task_service_factory.state_task_service_for

    def state_task_service_for(service_name: str) -> object:
        return ServiceTask() if service_name in _OWN_SERVICES else task_for(service_name)

    with ExitStack() as stack:
        for target, name, new in (
            (StringJSONata, "_eval_body", eval_string),
            (StringVariableSample, "_eval_body", eval_string),
            (state_task_factory, "state_task_service_for", state_task_service_for),
        ):
            stack.enter_context(mock.patch.object(target, name, new))
        stack.enter_context(waiting.patched())
        stack.enter_context(executions.patched())
        stack.enter_context(clients.patched(emulator))
        yield
