"""Tasks that wait for what they started: ``.sync`` and ``.sync:2``."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError

from groundplan.stacks.rehearsal.emulator.clock import CLOCK

Call = Callable[[str, dict[str, Any]], Any]
"""API action and parameters -> result, both in PascalCase."""

_PAUSE_SECONDS = 0.02


class SyncFailure(Exception):
    """What was started did not succeed; the text is its description as JSON."""


@dataclass(frozen=True)
class Sync:
    """How one API action is waited for."""

    describe: str
    stop: str
    identifier: str
    """Parameter of describe and stop; taken from the request or from the first result."""
    status: str
    done: tuple[str, ...]
    failed: tuple[str, ...]
    parsed: tuple[str, ...] = ()
    """Members of the result that hold JSON and are returned as values."""
    listed: str = ""
    """Member that describe takes identifiers in, and gives descriptions in, where it lists."""
    because: str = ""
    """Parameter of stop that takes a reason, where there is one."""

    def wait(
        self,
        call: Call,
        *,
        created: dict[str, Any],
        request: dict[str, Any],
        timeout_seconds: float,
        running: Callable[[], bool],
    ) -> Any:
        """Describe until the end.

        Raises:
            SyncFailure: It ended without success.
            EvalTimeoutError: It took longer than ``timeout_seconds`` of emulated time; it was
                asked to stop, as Step Functions does.
        """
        which = {self.identifier: {**request, **created}[self.identifier]}
        started = CLOCK.now()
        while True:
            result = self._described(call, which)
            status = result[self.status]
            if status in self.done or status in self.failed:
                break
            if (CLOCK.now() - started).total_seconds() > timeout_seconds or not running():
                self.end(call, created=created, request=request)
                raise EvalTimeoutError
            time.sleep(_PAUSE_SECONDS)
        for member in self.parsed:
            if member in result:
                result[member] = json.loads(result[member])
        if status in self.failed:
            raise SyncFailure(json.dumps(result))
        return result

    def end(self, call: Call, *, created: dict[str, Any], request: dict[str, Any]) -> None:
        """Stop what was started, since its state has taken too long."""
        why = {self.because: "the state has taken too long"} if self.because else {}
        call(self.stop, {self.identifier: {**request, **created}[self.identifier], **why})

    def _described(self, call: Call, which: dict[str, Any]) -> Any:
        if not self.listed:
            return call(self.describe, dict(which))
        return call(self.describe, {self.listed: [which[self.identifier]]})[self.listed][0]


_JOB_DONE = ("Completed",)
_JOB_FAILED = ("Failed", "Stopped")
_EXECUTION_DONE = ("SUCCEEDED",)
_EXECUTION_FAILED = ("FAILED", "TIMED_OUT", "ABORTED")

_TRAINING = Sync(
    "describeTrainingJob",
    "stopTrainingJob",
    "TrainingJobName",
    "TrainingJobStatus",
    _JOB_DONE,
    _JOB_FAILED,
)
_PROCESSING = Sync(
    "describeProcessingJob",
    "stopProcessingJob",
    "ProcessingJobName",
    "ProcessingJobStatus",
    _JOB_DONE,
    _JOB_FAILED,
)
_TRANSFORM = Sync(
    "describeTransformJob",
    "stopTransformJob",
    "TransformJobName",
    "TransformJobStatus",
    _JOB_DONE,
    _JOB_FAILED,
)
_BATCH = Sync(
    "describeJobs",
    "terminateJob",
    "JobId",
    "Status",
    ("SUCCEEDED",),
    ("FAILED",),
    listed="Jobs",
    because="Reason",
)
_EXECUTION = ("describeExecution", "stopExecution", "ExecutionArn", "Status")
_SYNCS = {
    ("batch", "submitJob", "sync"): _BATCH,
    ("sagemaker", "createTrainingJob", "sync"): _TRAINING,
    ("sagemaker", "createProcessingJob", "sync"): _PROCESSING,
    ("sagemaker", "createTransformJob", "sync"): _TRANSFORM,
    ("states", "startExecution", "sync"): Sync(*_EXECUTION, _EXECUTION_DONE, _EXECUTION_FAILED),
    ("states", "startExecution", "sync:2"): Sync(
        *_EXECUTION, _EXECUTION_DONE, _EXECUTION_FAILED, parsed=("Input", "Output")
    ),
}


def find(service: str, action: str, condition: object) -> Sync:
    """How ``service:action.condition`` is waited for.

    Raises:
        ValueError: AWS or this emulator does not wait for it.
    """
    try:
        return _SYNCS[service, action, str(condition)]
    except KeyError as exc:
        raise ValueError(
            f"{service}:{action}.{condition} is not emulated; "
            f"known are {', '.join(f'{s}:{a}.{c}' for s, a, c in _SYNCS)}"
        ) from exc
