"""One run of a pipeline: what its steps are given, and how one of them is carried out."""

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Step = Mapping[str, Any]
Outputs = dict[str, Any]

MAX_CAUSE = 8000
# SageMaker has no error name of its own for what is not there.
NOT_THERE = re.compile(r"does not exist|not found|could not find", re.IGNORECASE)


class StepFailed(Exception):
    """A step that cannot succeed. ``names_run`` says that the whole run ends with this error."""

    def __init__(self, error: str, cause: str, names_run: bool = False) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.names_run = names_run


@dataclass
class Run:
    """Facts of the running execution, and its surroundings.

    Attributes:
        outputs: What each step has produced so far; nothing for one that was skipped.
        client: Gives boto3's client of a service.
        again: Whether a job of an earlier attempt that ended badly is replaced by another one.
    """

    execution_id: str
    start_time: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, Mapping[str, Any]]
    client: Callable[[str], Any]
    failure: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    poll_seconds: int = 60
    sleep: Callable[[float], None] = time.sleep

    @property
    def short_id(self) -> str:
        return hashlib.sha256(self.execution_id.encode()).hexdigest()[:16]

    def value(self, given: Any) -> Any:
        """``given`` with each ``$`` object replaced by what it stands for, at any depth."""
        if isinstance(given, list):
            return [self.value(item) for item in given]
        if not isinstance(given, Mapping):
            return given
        if len(given) == 1:
            [(kind, about)] = given.items()
            if kind == "$output":
                step, name = about
                if name not in (self.outputs.get(step) or {}):
                    raise StepFailed("NotProduced", f"step {step} has left no {name}")
                return self.outputs[step][name]
            if kind == "$either":
                step, name = about[0]["$output"]
                produced = self.outputs.get(step) or {}
                return produced[name] if name in produced else self.value(about[1])
            if kind == "$parameter":
                return str(self.parameters[about])
            if kind == "$join":
                return "".join(as_text(self.value(part)) for part in about)
            if kind == "$failure":
                return self.failure[about]
            if kind == "$execution":
                return {
                    "id": self.execution_id,
                    "short_id": self.short_id,
                    "start_time": self.start_time,
                }[about]
        return {key: self.value(item) for key, item in given.items()}


def as_text(value: Any) -> str:
    """A value as part of a text; a whole number has no decimal point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def wanted(step: Step, run: Run) -> bool:
    """Whether all conditions of the step hold."""
    return all(_holds(condition, run) for condition in step["when"])


def _holds(condition: Mapping[str, Any], run: Run) -> bool:
    try:
        value, literal = run.value(condition["output"]), condition["value"]
    except StepFailed:  # its step was skipped
        return False
    comparison = condition["comparison"]
    if comparison in ("equals", "not_equals"):
        return bool((value == literal) == (comparison == "equals"))
    less = bool(float(value) < float(literal))
    return bool(less == (comparison == "less_than"))


def perform(function: Callable[[Step, Run], Outputs], step: Step, run: Run) -> Outputs:
    """What the step produces; nothing where its failure is passed over.

    Raises:
        StepFailed: With the error that the run ends with, and everything known as cause.
    """
    try:
        given = {"id": step["id"], **run.value(step["given"])}
        return function(given, run)
    except Exception as error:
        failed = run_error(step["id"], error)
        if step["on_failure"] == "continue":
            print(f"passed over: {failed}")
            return {}
        raise failed from error


def run_error(step_id: str, error: BaseException) -> StepFailed:
    """The error that a run ends with when ``error`` ended one of its steps."""
    if isinstance(error, StepFailed):
        name, cause = error.error, error.cause
    else:
        response = getattr(error, "response", None)
        code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
        name, cause = code or type(error).__name__, str(error)
    named = isinstance(error, StepFailed) and error.names_run
    final = name if named else step_id.replace("_", " ").title().replace(" ", "") + "Failed"
    return StepFailed(final, f"step {step_id}: {name}: {cause}"[:MAX_CAUSE], names_run=True)


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Both parts of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def tags(pairs: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Tags as SageMaker takes them."""
    return [{"Key": key, "Value": value} for key, value in pairs]
