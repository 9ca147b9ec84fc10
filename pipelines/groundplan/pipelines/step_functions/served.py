"""States that find out what an endpoint really serves: endpoint, config, model, version.

What a step has not found yet is not in its variable, so that handlers of its failure do not read it.
"""

from collections.abc import Mapping

from groundplan.pipelines.step_functions.jsonata import code, expression, render
from groundplan.pipelines.step_functions.polling import named_error
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
from groundplan.pipelines.steps import DeployVersion, ReadEndpoint, Step, UpdateEndpoint
from groundplan.pipelines.values import Text

NO_MODEL = "none"
ENDPOINT_MISSING = "EndpointMissing"
MISSING = "/could not find|does not exist|not found/i"  # SageMaker has no name for this error


def read_endpoint(step: ReadEndpoint, scope: Scope) -> States:
    """Reads the endpoint once."""
    name = words(step)
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(step),
            "Next": f"{name} endpoint",
        },
        **reading(step, scope, scope.following, absent=required(step, scope, step.required)),
        **failure(step, scope, named_error(step, ENDPOINT_MISSING) if step.required else None),
    }


def required(step: ReadEndpoint | UpdateEndpoint, scope: Scope, advice: Text) -> State | None:
    """What follows where there is no endpoint, if there has to be one; ``advice`` says what to do."""
    if advice == "":
        return None
    endpoint = expression(step.endpoint_name)
    cause = f"'endpoint ' & {endpoint} & ' does not exist; ' & {expression(advice)}"
    return {
        "Output": {"Error": ENDPOINT_MISSING, "Cause": code(cause)},
        "Next": failed(step, scope),
    }


def reading(
    step: ReadEndpoint | DeployVersion | UpdateEndpoint,
    scope: Scope,
    following: str,
    member: str = "version",
    absent: State | None = None,
    also: Mapping[str, str] | None = None,
) -> States:
    """States that set ``member``, ``shadow`` and ``config_name`` of the step's variable.

    The variable exists already. Without an endpoint the versions are `NO_MODEL`, or ``absent`` follows.
    ``also`` is what else to keep of the config, as JSONata.
    """
    name, own = words(step), f"${step.id}"
    component = step.inference_component
    found = "$states.result"
    shadow = f"{found}.ShadowProductionVariants[0].ModelName"
    none = f"'{NO_MODEL}'"
    nothing = merged(
        step,
        {member: none, "shadow": none, "config_name": "''", "endpoint_status": "'missing'"},
    )
    return {
        f"{name} endpoint": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeEndpoint",
            {"EndpointName": render(step.endpoint_name)},
            f"{name} config",
            Assign=merged(
                step,
                {
                    "config_name": f"{found}.EndpointConfigName",
                    "endpoint_status": f"{found}.EndpointStatus",
                    "shadow": f"'{NO_MODEL}'",
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
        f"{name} missing": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"$contains($string($states.input.Cause) & '', {MISSING})")}
                | (absent or {"Assign": nothing, "Output": {}, "Next": following})
            ],
            "Default": failed(step, scope),
        },
        f"{name} config": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeEndpointConfig",
            {"EndpointConfigName": code(f"{own}.config_name")},
            f"{name} model" if component == "" else f"{name} hosts",
            Assign=merged(
                step,
                {
                    "model_name": f"{found}.ProductionVariants[0].ModelName",
                    "shadow_name": f"$string({shadow}) & ''",
                    **(also or {}),
                },
            ),
        ),
        **({} if component == "" else _hosted(step, scope)),
        f"{name} model": _version(step, scope, "model_name", member, f"{name} second"),
        f"{name} second": {
            "Type": "Choice",
            "Choices": [{"Condition": code(f"{own}.shadow_name = ''"), "Next": following}],
            "Default": f"{name} shadow",
        },
        f"{name} shadow": _version(step, scope, "shadow_name", "shadow", following),
    }


def _hosted(step: ReadEndpoint | DeployVersion | UpdateEndpoint, scope: Scope) -> States:
    """Which model the inference component serves, where the endpoint has one, and its status."""
    name, found = words(step), "$states.result"
    component = step.inference_component
    return {
        f"{name} hosts": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{expression(component)} = ''"), "Next": f"{name} model"}
            ],
            "Default": f"{name} component",
        },
        f"{name} component": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeInferenceComponent",
            {"InferenceComponentName": render(component)},
            f"{name} model",
            Assign=merged(
                step,
                {
                    "model_name": f"{found}.Specification.ModelName",
                    "endpoint_status": f"{found}.InferenceComponentStatus",
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
    }


def _version(step: Step, scope: Scope, member: str, output: str, following: str) -> State:
    """A model that was not made of a registered version counts by its own name."""
    package = "$states.result.PrimaryContainer.ModelPackageName"
    model = f"${step.id}.{member}"
    return api_task(
        step,
        scope,
        "aws-sdk:sagemaker:describeModel",
        {"ModelName": code(model)},
        following,
        Assign=merged(step, {output: f"$exists({package}) ? {package} : 'model ' & {model}"}),
    )


def serves(step: Step, version: Text, shadow_version: Text) -> str:
    """JSONata: whether what was read as ``serves`` is what was asked for, and in service."""
    own, none = f"${step.id}", expression(NO_MODEL)
    asked = expression(version)
    return (
        f"{asked} = {none} ? {own}.serves = {none} : ({own}.endpoint_status = 'InService' and "
        f"{own}.serves = {asked} and {own}.shadow = {expression(shadow_version)})"
    )
