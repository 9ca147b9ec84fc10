"""States that look for capacity: one group of states for each rung of a ladder.

A rung creates its job without ``.sync`` and polls it, because a spot job without capacity raises no
error: it waits. The step's variable holds what is known about the current job and, in ``attempts``,
how the earlier ones ended.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import code
from groundplan.pipelines.step_functions.states import (
    READ_RETRY,
    Scope,
    State,
    States,
    api_task,
    failed,
    merged,
    throttling_retry,
    words,
)
from groundplan.pipelines.steps import Rung, TrainingJob, TuningJob

POLL_SECONDS = 60
EVENTS_A_POLL = 14  # of Wait, Choice and two Tasks
HISTORY_EVENTS = 20_000  # of the 25,000 that an execution may have
MAX_CREATIONS = 5
LIMIT_ERRORS = ["SageMaker.ResourceLimitExceededException", "SageMaker.ResourceLimitExceeded"]

# What a later rung may well overcome; anything else that fails a job would fail it there too.
PASSES = "/CapacityError|InsufficientCapacity|InsufficientInstanceCapacity|InternalServerError/i"
THROTTLED = "/Rate exceeded|Throttl|TooManyRequests/i"

Laddered = TrainingJob | TuningJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job that a ladder runs.

    Attributes:
        noun: The job in the names of the API's actions and parameters, such as ``TrainingJob``.
        name: JSONata of the name that is tried on a rung.
        request: The arguments of its creation on a rung.
        observed: What a look at it adds to the step's variable, as JSONata.
        watch: A further call of each look, which tells whether the job has started.
        rounds: How often ``max_wait_seconds`` may pass on a rung.
    """

    noun: str
    name: Callable[[int], str]
    request: Callable[[int], State]
    observed: Mapping[str, str]
    watch: Callable[[str], State] | None = None
    rounds: int = 1

    def task(self, verb: str) -> str:
        """The integration of an action that answers at once."""
        return f"aws-sdk:sagemaker:{verb}{self.noun}"


def rungs(step: Laddered, scope: Scope, kind: Kind) -> States:
    """The states of all rungs; the state ``... done`` follows the one that succeeds.

    Raises:
        PipelineError: If there is no rung, or a spot job may wait for less time than it may run.
    """
    if not step.ladder:
        raise PipelineError(
            f"steps[{step.id}].ladder", "training needs a rung", got=(), fix="add one"
        )
    if step.max_wait_seconds < step.job.max_runtime_seconds:
        raise PipelineError(
            f"steps[{step.id}].max_wait_seconds",
            "must be at least the job's max_runtime_seconds",
            got=step.max_wait_seconds,
            fix=f"use {step.job.max_runtime_seconds} or more",
        )
    states: States = {}
    for number in range(1, len(step.ladder) + 1):
        states |= _rung(step, scope, kind, number)
    return states | {_abandon_name(step): _abandon(step, scope, kind)}


def poll_seconds(step: Laddered, rounds: int = 1) -> int:
    """Seconds between two looks at a job, so that the longest run fits an execution's history."""
    seconds = len(step.ladder) * rounds * step.max_wait_seconds
    needed = EVENTS_A_POLL * seconds / HISTORY_EVENTS
    return max(POLL_SECONDS, ceil(needed / POLL_SECONDS) * POLL_SECONDS)


def _rung(step: Laddered, scope: Scope, kind: Kind, number: int) -> States:
    """The states of one rung, in the order in which a run passes through them."""
    own = f"${step.id}"
    rung = step.ladder[number - 1]
    is_last = number == len(step.ladder)
    name = f"{words(step)} {number}"
    following = f"{words(step)} {number + 1} begin"
    tried = kind.name(number)
    described = {f"{kind.noun}Name": code(f"{own}.job_name")}
    seen = f"{name} outcome" if is_last or kind.watch is None else f"{name} watch"
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Comment": f"{rung.instance_type}, {'spot' if rung.spot else 'on demand'}",
            "Assign": _fresh(step, rung, number),
            "Next": f"{name} create",
        },
        f"{name} create": {
            "Type": "Task",
            "Resource": scope.resource(f"sagemaker:create{kind.noun}"),
            "Arguments": kind.request(number),
            "TimeoutSeconds": 60,
            "Retry": throttling_retry("SageMaker"),
            "Catch": [
                {
                    "ErrorEquals": LIMIT_ERRORS,
                    "Assign": merged(
                        step,
                        {
                            "status": "'NotCreated'",
                            "reason": "$string($states.errorOutput.Cause) & ''",
                        },
                    ),
                    "Output": code("$states.errorOutput"),
                    "Next": failed(step, scope) if is_last else following,
                },
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": merged(
                        step,
                        {
                            "job_name": tried,
                            "creations": f"{own}.creations + 1",
                            "error": "$states.errorOutput",
                        },
                    ),
                    "Output": {},
                    "Next": f"{name} look up",
                },
            ],
            "Assign": merged(step, {"job_name": tried}),
            "Output": {},
            "Next": f"{name} wait",
        },
        f"{name} look up": {
            "Type": "Task",
            "Comment": "the call failed, but the job may have been created all the same",
            "Resource": scope.resource(kind.task("describe")),
            "Arguments": described,
            "TimeoutSeconds": 60,
            "Retry": READ_RETRY,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": {}, "Next": f"{name} not created"}],
            "Output": {},
            "Next": f"{name} wait",
        },
        f"{name} not created": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(
                        f"{own}.creations < {MAX_CREATIONS} and $contains("
                        f"$string({own}.error.Error) & ' ' & $string({own}.error.Cause), "
                        f"{THROTTLED})"
                    ),
                    "Next": f"{name} back off",
                }
            ],
            "Default": _abandon_name(step),
            "Output": code(f"{own}.error"),
        },
        f"{name} back off": {"Type": "Wait", "Seconds": POLL_SECONDS, "Next": f"{name} create"},
        f"{name} wait": {
            "Type": "Wait",
            "Seconds": poll_seconds(step, kind.rounds),
            "Next": f"{name} describe",
        },
        f"{name} describe": api_task(
            step,
            scope,
            kind.task("describe"),
            described,
            seen,
            Assign=merged(step, kind.observed),
            Catch=abandoning(step),
        ),
        **(
            {}
            if is_last or kind.watch is None
            else {f"{name} watch": kind.watch(f"{name} outcome")}
        ),
        f"{name} outcome": _outcome(step, scope, kind, number, None if is_last else following),
        **({} if is_last else {f"{name} stop": _stop(step, scope, kind, name)}),
    }


def _fresh(step: Laddered, rung: Rung, number: int) -> State:
    """What is known when a rung begins; the rung before it becomes an attempt."""
    members = ("instance_type", "spot", "job_name", "status", "secondary_status", "reason")
    times = ("training_seconds", "billable_seconds")
    own = f"${step.id}"
    last = ", ".join(f"'{member}': {own}.{member}" for member in (*members, *times))
    attempts: object = [] if number == 1 else code(f"[$append({own}.attempts, {{{last}}})]")
    return {
        step.id: {
            "instance_type": rung.instance_type,
            "spot": rung.spot,
            "job_name": "",
            "status": "",
            "secondary_status": "",
            "reason": "",
            "artifact_uri": "",
            "training_seconds": 0,
            "billable_seconds": 0,
            "started": False,
            "stopping": False,
            "polls": 0,
            "creations": 0,
            "attempts": attempts,
        }
    }


def _outcome(step: Laddered, scope: Scope, kind: Kind, number: int, following: str | None) -> State:
    """Tells outcomes apart; an ``Interrupted`` spot job is in progress and resumes by itself."""
    own = f"${step.id}"
    name = f"{words(step)} {number}"
    passes = f"$contains({own}.reason, {PASSES})"
    starved = f"({own}.stopping or {own}.secondary_status = 'MaxWaitTimeExceeded' or {passes})"
    stopped = f"{own}.status = 'Stopped' and {own}.secondary_status != 'MaxRuntimeExceeded'"
    report = {
        "Error": code(f"{own}.status & ' ' & {own}.secondary_status"),
        "Cause": code(f"'job ' & {own}.job_name & ': ' & {own}.reason"),
    }
    no_capacity = {
        "Error": "NoCapacity",
        "Cause": code(
            f"'no rung of the ladder got capacity, the last one was ' & {own}.instance_type & "
            f"': job ' & {own}.job_name & ': ' & {own}.status & ' ' & {own}.secondary_status & "
            f"' ' & {own}.reason"
        ),
    }
    out_of_luck = f"({stopped} and {starved}) or ({own}.status = 'Failed' and {passes})"
    advance: State = {"Condition": code(out_of_luck)}
    advance |= (
        {"Next": following} if following else {"Output": no_capacity, "Next": failed(step, scope)}
    )
    choices: list[State] = [
        {"Condition": code(f"{own}.status = 'Completed'"), "Next": f"{words(step)} done"},
        advance,
        {
            "Condition": code(f"{own}.status = 'Failed' or {own}.status = 'Stopped'"),
            "Output": report,
            "Next": failed(step, scope),
        },
    ]
    if following:
        patience = ceil(step.patience_seconds / poll_seconds(step, kind.rounds))
        choices += [
            {
                "Condition": code(f"$exists({own}.stop_error)"),
                "Output": code(f"{own}.stop_error"),
                "Next": failed(step, scope),
            },
            {
                "Condition": code(
                    f"$not({own}.started) and $not({own}.stopping) and {own}.polls >= {patience}"
                ),
                "Next": f"{name} stop",
            },
        ]
    return {"Type": "Choice", "Choices": choices, "Default": f"{name} wait"}


def abandoning(step: Laddered) -> list[State]:
    """The Catch of a call that looks at a job: unseen, it must not run on until its time is over."""
    caught = code("$states.errorOutput")
    return [{"ErrorEquals": ["States.ALL"], "Output": caught, "Next": _abandon_name(step)}]


def _abandon_name(step: Laddered) -> str:
    return f"{words(step)} abandon"


def _abandon(step: Laddered, scope: Scope, kind: Kind) -> State:
    """Stops the job that nobody watches any more, if there is one; what failed before is told."""
    told = code("$states.input")
    return {
        "Type": "Task",
        "Resource": scope.resource(kind.task("stop")),
        "Arguments": {f"{kind.noun}Name": code(f"${step.id}.job_name")},
        "TimeoutSeconds": 60,
        "Retry": READ_RETRY,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": told, "Next": failed(step, scope)}],
        "Output": told,
        "Next": failed(step, scope),
    }


def _stop(step: Laddered, scope: Scope, kind: Kind, name: str) -> State:
    """Asks for the end of a job that got no capacity.

    The call also fails when the job has just ended by itself, so the next look decides.
    """
    return {
        "Type": "Task",
        "Resource": scope.resource(kind.task("stop")),
        "Arguments": {f"{kind.noun}Name": code(f"${step.id}.job_name")},
        "TimeoutSeconds": 60,
        "Retry": READ_RETRY,
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": merged(step, {"stop_error": "$states.errorOutput"}),
                "Output": {},
                "Next": f"{name} wait",
            }
        ],
        "Assign": merged(step, {"stopping": "true"}),
        "Output": {},
        "Next": f"{name} wait",
    }
