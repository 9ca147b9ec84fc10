"""Calls of task states that fail on purpose."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.faults import CallFault, Faults

_ERRORS: dict[CallFault, tuple[str, str, int]] = {
    "throttled": ("ThrottlingException", "Rate exceeded", 400),
    "no_capacity": ("ResourceLimitExceeded", "The account-level service limit is exceeded", 400),
    "refused": ("ValidationException", "1 validation error detected: injected", 400),
    "unavailable": ("InternalFailure", "The service is unavailable", 500),
}


def answer(
    faults: Faults,
    names: tuple[str, ...],
    operation: str,
    timeout_seconds: float,
    call: Callable[[], Any],
    stop: Callable[[Any], None] | None = None,
) -> Any:
    """What a call answers, or the fault that is meant for it.

    Args:
        faults: What goes wrong on purpose; the fault is used up.
        names: Under which a fault may be entered.
        operation: The API's operation.
        timeout_seconds: Of the task.
        call: Makes the call.
        stop: Stops what the call has started, as Step Functions does when a task that waits for its
            end takes too long. Default: nothing is waited for.

    Raises:
        ClientError: The service refuses.
        EvalTimeoutError: The task takes too long.
    """
    fault = _next(faults, names)
    if fault is None:
        return call()
    if fault in _ERRORS:
        code, message, status = _ERRORS[fault]
        error: Any = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "injected"},
        }
        raise ClientError(error, operation)
    if fault == "answer_lost":
        started = call()
        if stop is not None:
            stop(started)
    CLOCK.advance(timeout_seconds)
    raise EvalTimeoutError


def _next(faults: Faults, names: tuple[str, ...]) -> CallFault | None:
    for name in names:
        if faults.calls.get(name):
            return faults.calls[name].pop(0)
    return None
