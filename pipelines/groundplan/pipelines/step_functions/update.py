"""States that make a model and a config of a version and see what the endpoint makes of them."""

from groundplan.pipelines.step_functions.jsonata import code, expression, render
from groundplan.pipelines.step_functions.new_config import (
    alarms_on,
    ends_shadow,
    new_config,
    unshadowed,
)
from groundplan.pipelines.step_functions.polling import interval, named_error, polls
from groundplan.pipelines.step_functions.served import (
    ENDPOINT_MISSING,
    NO_MODEL,
    reading,
    required,
)
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
from groundplan.pipelines.steps import UpdateEndpoint

ROLLED_BACK = "RolledBack"
TIMED_OUT = "UpdateTimedOut"
SETTLE_SECONDS = 15
ALARM_SECONDS = 90
"""Time for an alarm to look at what it watches now: until then it keeps its earlier state."""
BUSY = "['Creating', 'Deleting', 'RollingBack', 'SystemUpdating', 'Updating']"
"""States of an endpoint in which it cannot be updated, as JSONata."""


def update(step: UpdateEndpoint, scope: Scope) -> States:
    """Looks at the endpoint, makes what it is to serve unless it serves that, updates it, looks again.

    Whatever UpdateEndpoint answers, the endpoint decides: a call that timed out may have begun.
    """
    name, own = words(step), f"${step.id}"
    endpoint, busy = expression(step.endpoint_name), f"{own}.endpoint_status in {BUSY}"
    last = f"{name} unshadow" if ends_shadow(step) else f"{name} done"
    most = polls(step.wait_seconds, step.poll_seconds)
    absent = required(step, scope, "it is not for a release to make it")
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(
                step,
                settings=code(f"$parse({expression(step.settings)})"),
                updated=False,
                refusal="",
                reason="",
                polls=0,
                made="",
                made_shadow="",
                made_config="",
            ),
            "Next": f"{name} look",
        },
        f"{name} look": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeEndpoint",
            {"EndpointName": render(step.endpoint_name)},
            f"{name} rest",
            Assign=merged(
                step,
                {
                    "endpoint_status": "$states.result.EndpointStatus",
                    "reason": "$substring($string($states.result.FailureReason) & '', 0, 1000)",
                },
            ),
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Output": code("$states.errorOutput"),
                    "Next": f"{name} missing",
                }
            ],
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
                            f"'endpoint ' & {endpoint} & ' is ' & {own}.endpoint_status & "
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
        **reading(step, scope, f"{name} compare", "serves", absent, _observed()),
        f"{name} compare": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(_as_asked(step)), "Next": f"{name} watch"},
                {"Condition": code(f"$not({own}.updated)"), "Next": f"{name} make"},
            ],
            "Output": {"Error": ROLLED_BACK, "Cause": code(_difference(step))},
            "Default": failed(step, scope),
        },
        **new_config(step, scope),
        **alarms_on(step, scope, f"{name} watch new", f"{own}.made_config", f"{name} alarms look"),
        f"{name} alarms look": {
            "Type": "Wait",
            "Comment": "until it looks again an alarm keeps the state of what it watched before",
            "Seconds": ALARM_SECONDS,
            "Next": f"{name} update",
        },
        f"{name} update": _update(step, scope, f"{name} settle"),
        f"{name} settle": {
            "Type": "Wait",
            "Comment": "what is described at once may still be what was before",
            "Seconds": SETTLE_SECONDS,
            "Next": f"{name} look",
        },
        **alarms_on(step, scope, f"{name} watch", f"{own}.config_name", last),
        **unshadowed(step, scope),
        f"{name} done": {
            "Type": "Pass",
            "Assign": variable(
                step,
                version=code(f"{own}.serves"),
                config_name=code(f"{own}.config_name"),
            ),
            "Next": scope.following,
        },
        **failure(step, scope, named_error(step, ROLLED_BACK, TIMED_OUT, ENDPOINT_MISSING)),
    }


def _update(step: UpdateEndpoint, scope: Scope, following: str) -> State:
    own = f"${step.id}"
    request = (
        f"$merge([{own}.settings.update, {{"
        f"'EndpointName': {expression(step.endpoint_name)}, "
        f"'EndpointConfigName': {own}.made_config, "
        f"'DeploymentConfig': $lookup({own}.settings.deployment, {expression(step.rollout)})}}])"
    )
    return api_task(
        step,
        scope,
        "aws-sdk:sagemaker:updateEndpoint",
        code(request),
        following,
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
                "Next": following,
            }
        ],
    )


def _observed() -> dict[str, str]:
    """What tells two configs apart besides their models."""
    variant = "$states.result.ProductionVariants[0]"
    capture = "$states.result.DataCaptureConfig"
    return {
        "instance_type": f"$string({variant}.InstanceType) & ''",
        "instance_count": f"$exists({variant}.InitialInstanceCount) ? "
        f"{variant}.InitialInstanceCount : 0",
        "captured": f"$exists({capture}.InitialSamplingPercentage) ? "
        f"{capture}.InitialSamplingPercentage : 0",
    }


def _as_asked(step: UpdateEndpoint) -> str:
    """JSONata: whether the endpoint is in service with what was asked for."""
    own = f"${step.id}"
    if step.config_name != "":
        same = f"{own}.config_name = {expression(step.config_name)}"
    else:
        variant = f"{own}.settings.variant"
        same = (
            f"{own}.serves = {expression(step.version)} and "
            f"{own}.shadow = {expression(step.shadow_version)} and "
            f"{own}.instance_type = {variant}.InstanceType and "
            f"{own}.instance_count = {variant}.InitialInstanceCount and "
            f"{own}.captured = {own}.settings.captured"
        )
    return f"{own}.endpoint_status = 'InService' and {same}"


def _difference(step: UpdateEndpoint) -> str:
    """JSONata of what is served instead of what, and all that the service says about it."""
    own = f"${step.id}"
    shadow = expression(step.shadow_version)
    return (
        f"'endpoint ' & {expression(step.endpoint_name)} & ' serves ' & {own}.serves & "
        f"({own}.shadow = '{NO_MODEL}' ? '' : ' with shadow ' & {own}.shadow) & "
        f"' by config ' & {own}.config_name & ' (' & {own}.endpoint_status & ')' & "
        f"' instead of ' & {expression(step.version)} & "
        f"({shadow} = '{NO_MODEL}' ? '' : ' with shadow ' & {shadow}) & "
        f"' by config ' & {own}.made_config & "
        f"({own}.reason = '' ? '' : '; ' & {own}.reason) & "
        f"({own}.refusal = '' ? '' : '; ' & {own}.refusal)"
    )
