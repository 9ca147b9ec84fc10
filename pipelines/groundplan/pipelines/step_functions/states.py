"""What the states of every step have in common: names, retries, failures, jobs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import SHORT_ID, code, render
from groundplan.pipelines.steps import BatchScoring, BatchTransform, Job, Step

State = dict[str, object]
States = dict[str, State]

MAX_JOB_PREFIX = 30
MAX_JOB_RETRIES = 5
MAX_CAUSE = 8000

# Reads may be repeated at will. Most errors of a read that do not pass are refusals: four attempts
# cost them two and a half minutes.
READ_RETRY: list[State] = [
    {
        "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
        "IntervalSeconds": 5,
        "MaxAttempts": 4,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    }
]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a step is being compiled.

    Attributes:
        partition: The ARN partition.
        following: The state that follows the step.
        on_failure: The state that follows the failure of a step, where the pipeline has any.
    """

    partition: str
    following: str
    on_failure: str | None = None

    def resource(self, integration: str) -> str:
        """ARN of a service integration."""
        return f"arn:{self.partition}:states:::{integration}"


def throttling_retry(service: str) -> list[State]:
    """Repeats a call that the service refused to take on, and nothing else."""
    names = ("ThrottlingException", "ThrottledException", "TooManyRequestsException")
    return [
        {
            "ErrorEquals": [f"{service}.{name}" for name in names],
            "IntervalSeconds": 10,
            "MaxAttempts": MAX_JOB_RETRIES,
            "BackoffRate": 2,
            "JitterStrategy": "FULL",
        }
    ]


def words(step: Step) -> str:
    """The step's id as it begins the names of its states."""
    return step.id.replace("_", " ").capitalize()


def error_name(step: Step) -> str:
    """The error that an execution ends with when ``step`` fails."""
    return step.id.replace("_", " ").title().replace(" ", "") + "Failed"


def failed(step: Step, scope: Scope) -> str:
    """The state that follows when ``step`` fails."""
    return scope.following if step.on_failure == "continue" else f"{words(step)} failed"


def failure(step: Step, scope: Scope, error: str | None = None) -> States:
    """The state in which ``step`` fails; its input holds ``Error`` and ``Cause``, as a Catch gives."""
    if step.on_failure == "continue":
        return {}
    text = f"'step {step.id}: ' & $states.input.Error & ': ' & $states.input.Cause"
    cause = code(f"$substring({text}, 0, {MAX_CAUSE})")
    name = error or error_name(step)
    if scope.on_failure is None:
        return {f"{words(step)} failed": {"Type": "Fail", "Error": name, "Cause": cause}}
    return {
        f"{words(step)} failed": {
            "Type": "Pass",
            "Assign": {"failure": {"step": step.id, "error": name, "cause": cause}},
            "Output": {},
            "Next": scope.on_failure,
        }
    }


def catch(step: Step, scope: Scope) -> list[State]:
    """Ends the execution, or goes on where the step's policy says so, with the error as output."""
    caught = code("$states.errorOutput")
    return [{"ErrorEquals": ["States.ALL"], "Output": caught, "Next": failed(step, scope)}]


def api_task(
    step: Step, scope: Scope, integration: str, arguments: object, next_state: str, **fields: object
) -> State:
    """A call that answers at once. Its result is dropped unless ``fields`` assign from it."""
    return {
        "Type": "Task",
        "Resource": scope.resource(integration),
        "Arguments": arguments,
        "TimeoutSeconds": 60,
        "Retry": READ_RETRY,
        "Catch": catch(step, scope),
        "Output": {},
        "Next": next_state,
    } | fields


def variable(step: Step, **values: object) -> State:
    """An ``Assign`` that sets the step's variable to an object of ``values``."""
    return {step.id: values}


def merged(step: Step, values: Mapping[str, str]) -> State:
    """An ``Assign`` that replaces members of the step's variable; values are JSONata."""
    members = ", ".join(f"{json.dumps(name)}: {value}" for name, value in values.items())
    return {step.id: code(f"$merge([${step.id}, {{{members}}}])")}


def job_name(step: Step, job: Job | BatchScoring | BatchTransform, rung: int | None = None) -> str:
    """JSONata of a job's name, new with every attempt: at most 63 characters.

    Raises:
        PipelineError: If the prefix leaves too little room.
    """
    if len(job.job_prefix) > MAX_JOB_PREFIX or "_" in job.job_prefix:
        raise PipelineError(
            f"steps[{step.id}].job.job_prefix",
            f"must have at most {MAX_JOB_PREFIX} characters, none of them _",
            got=job.job_prefix,
            fix="shorten it",
        )
    suffix = step.id.replace("_", "-") + ("" if rung is None else f"-{rung}")
    prefix = f"'{job.job_prefix}-' & {SHORT_ID}"
    return f"{prefix} & '-{suffix}-' & $string($states.context.State.RetryCount)"


def tags(job: Job | BatchTransform) -> list[State]:
    """The tags of a job as SageMaker takes them."""
    return [{"Key": key, "Value": value} for key, value in job.tags]


def vpc_config(job: Job | BatchTransform) -> State:
    """``VpcConfig`` where the job has subnets, else nothing."""
    if not job.network.subnet_ids:
        return {}
    return {
        "VpcConfig": {
            "SecurityGroupIds": list(job.network.security_group_ids),
            "Subnets": list(job.network.subnet_ids),
        }
    }


def rendered(values: Sequence[object]) -> list[object]:
    """Each value as it stands in a definition."""
    return [render(value) for value in values]  # type: ignore[arg-type]
