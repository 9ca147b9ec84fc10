"""States that bring a stack to rest: wait for what is busy, continue a rollback that got stuck."""

from groundplan.pipelines.step_functions.jsonata import code, expression, render
from groundplan.pipelines.step_functions.polling import interval, named_error, polls
from groundplan.pipelines.step_functions.states import (
    Scope,
    States,
    api_task,
    failed,
    failure,
    merged,
    variable,
    words,
)
from groundplan.pipelines.steps import RepairStack

STUCK = "UPDATE_ROLLBACK_FAILED"
AT_REST = (
    "CREATE_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
)
BUSY = "/^(CREATE|UPDATE|ROLLBACK|IMPORT)(_|_.*_)IN_PROGRESS$/"
NOT_REPAIRED = "RollbackFailed"
STILL_BUSY = "StackBusy"
BEYOND_REPAIR = "StackBeyondRepair"


def repair(step: RepairStack, scope: Scope) -> States:
    """Looks at the stack until it rests. A call that fails is looked at like a rollback that does."""
    name, own = words(step), f"${step.id}"
    stack = expression(step.stack_name)
    found = "$states.result.Stacks[0]"
    rest = ", ".join(f"'{status}'" for status in AT_REST)
    state_of_it = f"'stack ' & {stack} & ' is ' & {own}.status"
    because = f"({own}.reason = '' ? '' : ': ' & {own}.reason)"

    def end(error: str, cause: str) -> dict[str, object]:
        return {"Output": {"Error": error, "Cause": code(cause)}, "Next": failed(step, scope)}

    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(step, repaired="no", status="", reason="", attempts=0, polls=0),
            "Next": f"{name} look",
        },
        f"{name} look": api_task(
            step,
            scope,
            "aws-sdk:cloudformation:describeStacks",
            {"StackName": render(step.stack_name)},
            f"{name} decide",
            Assign=merged(
                step,
                {
                    "status": f"{found}.StackStatus",
                    "reason": f"$exists({found}.StackStatusReason) ? "
                    f"$substring({found}.StackStatusReason, 0, 1000) : {own}.reason",
                },
            ),
        ),
        f"{name} decide": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{own}.status in [{rest}]"), "Next": scope.following},
                {
                    "Condition": code(
                        f"{own}.status = '{STUCK}' and {own}.attempts < {step.attempts}"
                    ),
                    "Next": f"{name} continue",
                },
                {
                    "Condition": code(f"{own}.status = '{STUCK}'"),
                    **end(
                        NOT_REPAIRED,
                        f"{state_of_it} & ' after {step.attempts} attempts to continue its "
                        f"rollback' & {because}",
                    ),
                },
                {
                    "Condition": code(
                        f"$contains({own}.status, {BUSY}) and "
                        f"{own}.polls < {polls(step.wait_seconds, step.poll_seconds)}"
                    ),
                    "Next": f"{name} wait",
                },
                {
                    "Condition": code(f"$contains({own}.status, {BUSY})"),
                    **end(STILL_BUSY, f"{state_of_it} & ' after {step.wait_seconds} s'"),
                },
            ],
            "Output": {
                "Error": BEYOND_REPAIR,
                "Cause": code(f"{state_of_it} & ', which needs a person' & {because}"),
            },
            "Default": failed(step, scope),
        },
        f"{name} continue": api_task(
            step,
            scope,
            "aws-sdk:cloudformation:continueUpdateRollback",
            {"StackName": render(step.stack_name)},
            f"{name} wait",
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": merged(
                        step,
                        {
                            "attempts": f"{own}.attempts + 1",
                            "reason": "$substring($string($states.errorOutput.Cause) & '', 0, 1000)",
                        },
                    ),
                    "Output": {},
                    "Next": f"{name} wait",
                }
            ],
            Assign=merged(step, {"attempts": f"{own}.attempts + 1", "repaired": "'yes'"}),
        ),
        f"{name} wait": {
            "Type": "Wait",
            "Seconds": interval(step.wait_seconds, step.poll_seconds),
            "Assign": merged(step, {"polls": f"{own}.polls + 1"}),
            "Next": f"{name} look",
        },
        **failure(step, scope, named_error(step, NOT_REPAIRED, STILL_BUSY, BEYOND_REPAIR)),
    }
