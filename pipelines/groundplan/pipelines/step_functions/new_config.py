"""States of what a release makes before it updates an endpoint: models, a config, and their alarms."""

from groundplan.pipelines.endpoint_settings import PREFIX_CHARACTERS, VERSION_VARIABLE
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import SHORT_ID, code, expression, render
from groundplan.pipelines.step_functions.served import NO_MODEL
from groundplan.pipelines.step_functions.states import (
    Scope,
    State,
    States,
    api_task,
    merged,
    throttling_retry,
    words,
)
from groundplan.pipelines.steps import UpdateEndpoint
from groundplan.pipelines.values import Text

NAME_CHARACTERS = 63
"""Of a model or an endpoint config."""


def new_config(step: UpdateEndpoint, scope: Scope) -> States:
    """States that make the models and the config; none where the config is there already."""
    name, own = words(step), f"${step.id}"
    shadowed = step.shadow_version != NO_MODEL
    if step.config_name != "":
        return {
            f"{name} make": {
                "Type": "Pass",
                "Assign": merged(step, {"made_config": expression(step.config_name)}),
                "Next": f"{name} watch new",
            }
        }
    second = (
        f", 'ShadowProductionVariants': [{_variant(step, 'shadow', 'made_shadow')}]"
        if shadowed
        else ""
    )
    config = (
        f"$merge([{own}.settings.config, {{"
        f"'EndpointConfigName': {_name(step, 'c')}, 'Tags': [{own}.settings.tags], "
        f"'ProductionVariants': [{_variant(step, 'primary', 'made')}]{second}}}])"
    )
    last = f"{name} make config"
    made = _model(step, scope, "made", step.version, f"{name} make shadow" if shadowed else last)
    shadow = _model(step, scope, "made_shadow", step.shadow_version, last)
    return {
        f"{name} make": made,
        **({f"{name} make shadow": shadow} if shadowed else {}),
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
            "PrimaryContainer": {
                "ModelPackageName": render(version),
                "Environment": {VERSION_VARIABLE: render(version)},
            },
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
    longest = NAME_CHARACTERS - PREFIX_CHARACTERS - len("-") - 16 - len("9")
    if len(suffix) > longest:
        raise PipelineError(
            f"steps[{step.id}].id",
            f"must have at most {longest - len('--c')} characters, since models are named after it",
            got=step.id,
            fix="shorten it",
        )
    return (
        f"${step.id}.settings.prefix & '-' & {SHORT_ID} & '{suffix}' & "
        "$string($states.context.State.RetryCount)"
    )


def _variant(step: UpdateEndpoint, variant: str, member: str) -> str:
    own = f"${step.id}"
    return (
        f"$merge([{own}.settings.variant, "
        f"{{'VariantName': '{variant}', 'ModelName': {own}.{member}}}])"
    )


def alarms_on(step: UpdateEndpoint, scope: Scope, name: str, config: str, following: str) -> States:
    """States that let every alarm of the endpoint watch a config, a shadow's if there is one."""
    own = f"${step.id}"
    alarm = f"{own}.alarms[{own}.alarm]"
    request = (
        f"$merge([{alarm}, {{'Dimensions': [$append({alarm}.Dimensions, "
        f"{{'Name': 'EndpointConfigName', 'Value': {config}}})]}}])"
    )
    every = f"{own}.settings.alarms"
    if step.shadow_version != NO_MODEL:
        every = f"$append({every}, {own}.settings.shadow_alarms)"
    return {
        name: {
            "Type": "Pass",
            "Assign": merged(step, {"alarms": f"[{every}]", "alarm": "0"}),
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


def ends_shadow(step: UpdateEndpoint) -> bool:
    """Whether the step is to leave no shadow where there may have been one."""
    return step.shadows and step.shadow_version == NO_MODEL


def unshadowed(step: UpdateEndpoint, scope: Scope) -> States:
    """The state that deletes the alarms of a shadow that is gone; without any it is refused."""
    if not ends_shadow(step):
        return {}
    name = words(step)
    return {
        f"{name} unshadow": api_task(
            step,
            scope,
            "aws-sdk:cloudwatch:deleteAlarms",
            {"AlarmNames": code(f"[${step.id}.settings.shadow_alarms.AlarmName]")},
            f"{name} done",
            Retry=throttling_retry("CloudWatch"),
            Catch=[{"ErrorEquals": ["States.ALL"], "Output": {}, "Next": f"{name} done"}],
        ),
    }
