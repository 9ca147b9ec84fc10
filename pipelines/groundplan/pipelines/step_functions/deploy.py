"""States that give a serving stack new parameters and see what the endpoint makes of them."""

from groundplan.pipelines.step_functions.jsonata import SHORT_ID, code, expression, render
from groundplan.pipelines.step_functions.polling import interval, named_error, polls
from groundplan.pipelines.step_functions.served import NO_MODEL, reading, serves
from groundplan.pipelines.step_functions.states import (
    Scope,
    State,
    States,
    api_task,
    failed,
    failure,
    merged,
    variable,
    words,
)
from groundplan.pipelines.steps import DeployVersion

ROLLED_BACK = "RolledBack"
TIMED_OUT = "UpdateTimedOut"
SETTLE_SECONDS = 15


def deploy(step: DeployVersion, scope: Scope) -> States:
    """Looks at the stack and the endpoint, updates the stack unless they are as asked, looks again.

    Whatever UpdateStack answers, the stack and the endpoint decide: a call that timed out may have
    begun, and that there is nothing to update is an error of the API only.
    """
    name, own = words(step), f"${step.id}"
    stack = expression(step.stack_name)
    most = polls(step.wait_seconds, step.poll_seconds)
    busy = f"$contains({own}.status, /IN_PROGRESS$/)"
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(step, updated=False, refusal="", polls=0),
            "Next": f"{name} look",
        },
        f"{name} update": api_task(
            step,
            scope,
            "aws-sdk:cloudformation:updateStack",
            _request(step),
            f"{name} settle",
            Assign=merged(step, {"updated": "true"}),
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": merged(
                        step,
                        {
                            "updated": "true",
                            "refusal": "$substring($states.errorOutput.Error & ': ' & "
                            "$states.errorOutput.Cause, 0, 1000)",
                        },
                    ),
                    "Output": {},
                    "Next": f"{name} settle",
                }
            ],
        ),
        f"{name} settle": {
            "Type": "Wait",
            "Comment": "what is described at once may still be what was before",
            "Seconds": SETTLE_SECONDS,
            "Next": f"{name} look",
        },
        f"{name} look": api_task(
            step,
            scope,
            "aws-sdk:cloudformation:describeStacks",
            {"StackName": render(step.stack_name)},
            f"{name} rest",
            Assign=merged(step, _observed()),
        ),
        f"{name} rest": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{busy} and {own}.polls < {most}"), "Next": f"{name} wait"},
                {
                    "Condition": code(busy),
                    "Output": {
                        "Error": TIMED_OUT,
                        "Cause": code(
                            f"'stack ' & {stack} & ' is ' & {own}.status & "
                            f"' after {step.wait_seconds} s'"
                        ),
                    },
                    "Next": failed(step, scope),
                },
            ],
            "Default": f"{name} endpoint",
        },
        f"{name} wait": {
            "Type": "Wait",
            "Seconds": interval(step.wait_seconds, step.poll_seconds),
            "Assign": merged(step, {"polls": f"{own}.polls + 1"}),
            "Next": f"{name} look",
        },
        **reading(step, scope, f"{name} compare", "serves"),
        f"{name} compare": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(_as_asked(step)),
                    "Assign": merged(
                        step, {"version": f"{own}.serves", "stack_status": f"{own}.status"}
                    ),
                    "Next": scope.following,
                },
                {"Condition": code(f"$not({own}.updated)"), "Next": f"{name} update"},
            ],
            "Output": {"Error": ROLLED_BACK, "Cause": code(_difference(step))},
            "Default": failed(step, scope),
        },
        **failure(step, scope, named_error(step, ROLLED_BACK, TIMED_OUT)),
    }


def _request(step: DeployVersion) -> State:
    """UpdateStack with the previous template; the stack keeps its role and its tags.

    The token lets CloudFormation know a repeated call.
    """
    parameters = {
        "ModelVersion": step.version,
        "ShadowModelVersion": step.shadow_version,
        "Rollout": step.rollout,
    }
    return {
        "StackName": render(step.stack_name),
        "UsePreviousTemplate": True,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": render(value)}
            for key, value in parameters.items()
        ],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "ClientRequestToken": code(f"'release-' & {SHORT_ID} & '-{step.id.replace('_', '-')}'"),
    }


def _as_asked(step: DeployVersion) -> str:
    """JSONata: whether the stack rests with the parameters and the endpoint serves them."""
    own = f"${step.id}"
    return (
        f"$contains({own}.status, /_COMPLETE$/) and "
        f"{own}.parameters.ModelVersion = {expression(step.version)} and "
        f"{own}.parameters.ShadowModelVersion = {expression(step.shadow_version)} and "
        f"({serves(step, step.version, step.shadow_version)})"
    )


def _observed() -> dict[str, str]:
    found = "$states.result.Stacks[0]"
    return {
        "status": f"{found}.StackStatus",
        "reason": f"$substring($string({found}.StackStatusReason) & '', 0, 1000)",
        "parameters": f"{found}.Parameters{{ParameterKey: ParameterValue}}",
    }


def _difference(step: DeployVersion) -> str:
    """JSONata of what is served instead of what, and all that the stack says about it."""
    own = f"${step.id}"
    shadow = expression(step.shadow_version)
    return (
        f"'endpoint ' & {expression(step.endpoint_name)} & ' serves ' & {own}.serves & "
        f"({own}.shadow = {expression(NO_MODEL)} ? '' : ' with shadow ' & {own}.shadow) & "
        f"' by config ' & ({own}.config_name = '' ? 'none' : {own}.config_name) & "
        f"' (' & {own}.endpoint_status & ')' & "
        f"' instead of ' & {expression(step.version)} & "
        f"({shadow} = {expression(NO_MODEL)} ? '' : ' with shadow ' & {shadow}) & "
        f"'; stack ' & {expression(step.stack_name)} & ' is ' & {own}.status & "
        f"({own}.reason = '' ? '' : ': ' & {own}.reason) & "
        f"({own}.refusal = '' ? '' : '; ' & {own}.refusal)"
    )
