"""States that remove what a job needed, whether the job went well or not."""

from groundplan.pipelines.step_functions.jsonata import code
from groundplan.pipelines.step_functions.states import (
    Scope,
    State,
    States,
    api_task,
    failed,
    failure,
    merged,
    words,
)
from groundplan.pipelines.steps import Step

NOTHING = {"error": "", "cause": "", "left_behind": ""}
"""What a step's variable begins with: no error, nothing left behind."""


def clean_up(step: Step) -> str:
    """The state that follows the job, however it ended."""
    return f"{words(step)} clean up"


def keep_error(step: Step, next_state: str) -> list[State]:
    """A Catch that remembers the error in the step's variable and goes on."""
    error = "$states.errorOutput"
    kept = merged(step, {"error": f"{error}.Error", "cause": f"{error}.Cause & ''"})
    return [{"ErrorEquals": ["States.ALL"], "Assign": kept, "Output": {}, "Next": next_state}]


def kept_error(step: Step) -> State:
    """The error that `keep_error` has kept, as a Catch gives it."""
    return {"Error": code(f"${step.id}.error"), "Cause": code(f"${step.id}.cause")}


def cleaned(step: Step, scope: Scope, integration: str, arguments: State, left: str) -> States:
    """Removes, then fails with the job's error if there was one.

    What cannot be removed costs nothing and is no reason to lose the job's work: ``left``, JSONata,
    becomes the step's ``left_behind``.
    """
    decide = f"{words(step)} decide"
    remember: State = {
        "ErrorEquals": ["States.ALL"],
        "Assign": merged(step, {"left_behind": left}),
        "Output": {},
        "Next": decide,
    }
    return {
        clean_up(step): api_task(step, scope, integration, arguments, decide, Catch=[remember]),
        decide: {
            "Type": "Choice",
            "Choices": [{"Condition": code(f"${step.id}.error = ''"), "Next": scope.following}],
            "Default": failed(step, scope),
            "Output": kept_error(step),
        },
        **failure(step, scope),
    }
