"""States that make a model and a config of a version and see what the endpoint makes of them."""

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import SHORT_ID, code, expression, render
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
from groundplan.pipelines.values import Text

ROLLED_BACK = "RolledBack"
TIMED_OUT = "UpdateTimedOut"
NAME_CHARACTERS = 63
"""Of a model or an endpoint config."""
ENDPOINT_CHARACTERS = 30
"""Of an endpoint's name that begin the names of what is made for it, so that a role can be limited to
them."""
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
        **_made(step, scope),
        **_alarms(step, scope, f"{name} watch new", f"{own}.made_config", f"{name} alarms look"),
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
        **_alarms(step, scope, f"{name} watch", f"{own}.config_name", f"{name} unshadow wanted"),
        **_unshadowed(step, scope),
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


def _made(step: UpdateEndpoint, scope: Scope) -> States:
    """States that make the models and the config; none where the config is there already."""
    name, own = words(step), f"${step.id}"
    shadow = expression(step.shadow_version)
    if step.config_name != "":
        return {
            f"{name} make": {
                "Type": "Pass",
                "Assign": merged(step, {"made_config": expression(step.config_name)}),
                "Next": f"{name} watch new",
            }
        }
    config = (
        f"$merge([{own}.settings.config, {{"
        f"'EndpointConfigName': {_name(step, 'c')}, 'Tags': [{own}.settings.tags], "
        f"'ProductionVariants': [{_variant(step, 'primary', 'made')}]}}, "
        f"{shadow} = '{NO_MODEL}' ? {{}} : "
        f"{{'ShadowProductionVariants': [{_variant(step, 'shadow', 'made_shadow')}]}}])"
    )
    return {
        f"{name} make": _model(step, scope, "made", step.version, f"{name} make second"),
        f"{name} make second": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{shadow} = '{NO_MODEL}'"), "Next": f"{name} make config"}
            ],
            "Default": f"{name} make shadow",
        },
        f"{name} make shadow": _model(
            step, scope, "made_shadow", step.shadow_version, f"{name} make config"
        ),
        f"{name} make config": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:createEndpointConfig",
            code(config),
            f"{name} watch new",
            Assign=merged(
                step,
                {
                    "made_config": "$substringAfter($states.result.EndpointConfigArn, "
                    "':endpoint-config/')"
                },
            ),
        ),
    }


def _model(step: UpdateEndpoint, scope: Scope, member: str, version: Text, following: str) -> State:
    """Creates a model; its name is read from the answer, since each attempt has its own."""
    vpc: State = {}
    if step.network.subnet_ids:
        vpc = {
            "VpcConfig": {
                "SecurityGroupIds": list(step.network.security_group_ids),
                "Subnets": list(step.network.subnet_ids),
            }
        }
    own = f"${step.id}"
    return api_task(
        step,
        scope,
        "aws-sdk:sagemaker:createModel",
        {
            "ModelName": code(_name(step, "m" if member == "made" else "s")),
            "PrimaryContainer": {"ModelPackageName": render(version)},
            "ExecutionRoleArn": code(f"{own}.settings.role"),
            "EnableNetworkIsolation": True,
            "Tags": code(f"[{own}.settings.tags]"),
            **vpc,
        },
        following,
        Assign=merged(step, {member: "$substringAfter($states.result.ModelArn, ':model/')"}),
    )


def _name(step: UpdateEndpoint, kind: str) -> str:
    """JSONata of a name that no other attempt has, of at most `NAME_CHARACTERS` characters.

    Raises:
        PipelineError: If the step's id leaves too little room.
    """
    suffix = f"-{step.id.replace('_', '-')}-{kind}"
    longest = NAME_CHARACTERS - ENDPOINT_CHARACTERS - len("-") - 16 - len("9")
    if len(suffix) > longest:
        raise PipelineError(
            f"steps[{step.id}].id",
            f"must have at most {longest - len('--c')} characters, since models are named after it",
            got=step.id,
            fix="shorten it",
        )
    return (
        f"$substring({expression(step.endpoint_name)}, 0, {ENDPOINT_CHARACTERS}) & '-' & {SHORT_ID}"
        f" & '{suffix}' & $string($states.context.State.RetryCount)"
    )


def _variant(step: UpdateEndpoint, variant: str, member: str) -> str:
    own = f"${step.id}"
    return (
        f"$merge([{own}.settings.variant, "
        f"{{'VariantName': '{variant}', 'ModelName': {own}.{member}}}])"
    )


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


def _alarms(step: UpdateEndpoint, scope: Scope, name: str, config: str, following: str) -> States:
    """States that let every alarm of the endpoint watch a config, a shadow's if there is one."""
    own, shadow = f"${step.id}", expression(step.shadow_version)
    alarm = f"{own}.alarms[{own}.alarm]"
    request = (
        f"$merge([{alarm}, {{'Dimensions': [$append({alarm}.Dimensions, "
        f"{{'Name': 'EndpointConfigName', 'Value': {config}}})]}}])"
    )
    every = (
        f"[$append({own}.settings.alarms, "
        f"{shadow} = '{NO_MODEL}' ? [] : {own}.settings.shadow_alarms)]"
    )
    return {
        name: {
            "Type": "Pass",
            "Assign": merged(step, {"alarms": every, "alarm": "0"}),
            "Next": f"{name} more",
        },
        f"{name} more": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{own}.alarm < $count({own}.alarms)"),
                    "Next": f"{name} alarm",
                }
            ],
            "Default": following,
        },
        f"{name} alarm": api_task(
            step,
            scope,
            "aws-sdk:cloudwatch:putMetricAlarm",
            code(request),
            f"{name} more",
            Assign=merged(step, {"alarm": f"{own}.alarm + 1"}),
        ),
    }


def _unshadowed(step: UpdateEndpoint, scope: Scope) -> States:
    """States that delete the alarms of a shadow that is gone; without any the call is refused."""
    name, own = words(step), f"${step.id}"
    shadow, alarms = expression(step.shadow_version), f"{own}.settings.shadow_alarms"
    return {
        f"{name} unshadow wanted": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{shadow} = '{NO_MODEL}' and $count({alarms}) > 0"),
                    "Next": f"{name} unshadow",
                }
            ],
            "Default": f"{name} done",
        },
        f"{name} unshadow": api_task(
            step,
            scope,
            "aws-sdk:cloudwatch:deleteAlarms",
            {"AlarmNames": code(f"[{alarms}.AlarmName]")},
            f"{name} done",
            Catch=[{"ErrorEquals": ["States.ALL"], "Output": {}, "Next": f"{name} done"}],
        ),
    }


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
