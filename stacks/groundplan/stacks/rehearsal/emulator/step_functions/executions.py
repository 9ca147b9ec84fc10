"""Executions: their names, their place in emulated time, and their end with the emulator."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import (
    StepFunctionsParserBackend,
    stepfunctions_parser_backends,
)
from moto.stepfunctions.responses import StepFunctionResponse

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.step_functions.expressions import timestamp


@contextmanager
def patched() -> Iterator[None]:
    """Complete StartExecution; stop what still runs when the emulator ends."""
    start_execution: Any = StepFunctionsParserBackend.start_execution
    describe_execution: Any = StepFunctionResponse.describe_execution
    evaluation_environment = ExecutionWorker._get_evaluation_environment

    def start(
        self: Any,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: Any = None,
    ) -> Any:
        name = name or str(uuid.uuid4())
        return start_execution(self, state_machine_arn, name, execution_input, trace_header)

    def environment(self: Any) -> Any:
        env = evaluation_environment(self)
        execution = env.states.context_object.context_object_data["Execution"]
        execution["StartTime"] = timestamp(CLOCK.now())
        return env

    def describe(self: Any) -> Any:
        """Moto returns a text as it is and nothing for null; an output is always JSON."""
        described = describe_execution(self)
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        if execution.stop_date is not None:
            described.result["stopDate"] = execution.stop_date
        if execution.exec_status == ExecutionStatus.SUCCEEDED:
            described.result["output"] = json.dumps(execution.output)
        return described

    with ExitStack() as stack:
        for target, attribute, new in (
            (StepFunctionsParserBackend, "start_execution", start),
            (StepFunctionResponse, "describe_execution", describe),
            (ExecutionWorker, "_get_evaluation_environment", environment),
        ):
            stack.enter_context(mock.patch.object(target, attribute, new))
        try:
            yield
        finally:
            _stop_all()


def _stop_all() -> None:
    for account in list(stepfunctions_parser_backends):
        for backend in list(stepfunctions_parser_backends[account].values()):
            for machine in backend.state_machines:
                executions: list[Any] = list(machine.executions)
                for execution in executions:
                    if execution.exec_status == ExecutionStatus.RUNNING:
                        execution.stop(CLOCK.now(), error=None, cause="the emulator ends")
