"""States that delete the configs and models which releases of an endpoint have left behind."""

from typing import Literal

from groundplan.pipelines.step_functions.jsonata import code, expression, render
from groundplan.pipelines.step_functions.states import (
    READ_RETRY,
    Scope,
    State,
    States,
    api_task,
    catch,
    failure,
    merged,
    variable,
    words,
)
from groundplan.pipelines.steps import CollectGarbage

PAGE = 100
MAX_PAGES = 2
MAX_DELETED = 40
AT_ONCE = 2

Kind = Literal["config", "model"]
_LIST = {"config": "listEndpointConfigs", "model": "listModels"}
_ITEMS = {"config": "EndpointConfigs", "model": "Models"}
_NAME = {"config": "EndpointConfigName", "model": "ModelName"}
_ARN = {"config": "EndpointConfigArn", "model": "ModelArn"}
_DELETE = {"config": "deleteEndpointConfig", "model": "deleteModel"}


def collect(step: CollectGarbage, scope: Scope) -> States:
    """First what must stay, then the configs, then the models that no kept config names.

    CloudFormation makes up the names, so that only the tag tells whose a config is. What is newer
    than the served config stays: the stack may know it while the endpoint was put back.
    """
    name, own = words(step), f"${step.id}"
    used = (
        f"$append([{own}.kept_models], $append("
        "$append([], $states.result.ProductionVariants.ModelName), "
        "$append([], $states.result.ShadowProductionVariants.ModelName)))"
    )
    kept, component = expression(step.keep_config), step.inference_component
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(
                step,
                deleted_configs=0,
                deleted_models=0,
                passed_over=0,
                kept_configs=[],
                kept_models=[],
                before="",
                token="",
                found=[],
                pages=0,
            ),
            "Next": f"{name} endpoint",
        },
        f"{name} endpoint": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeEndpoint",
            {"EndpointName": render(step.endpoint_name)},
            f"{name} served",
            Assign=merged(step, {"kept_configs": "[$states.result.EndpointConfigName]"}),
        ),
        f"{name} served": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeEndpointConfig",
            {"EndpointConfigName": code(f"{own}.kept_configs[0]")},
            f"{name} also",
            Assign=merged(step, {"kept_models": used, "before": "$states.result.CreationTime"}),
        ),
        f"{name} also": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{kept} = '' or {kept} in {own}.kept_configs"),
                    "Next": f"{name} config list",
                }
            ],
            "Default": f"{name} earlier",
        },
        f"{name} earlier": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeEndpointConfig",
            {"EndpointConfigName": render(step.keep_config)},
            f"{name} config list",
            Assign=merged(
                step,
                {"kept_models": used, "kept_configs": f"$append({own}.kept_configs, {kept})"},
            ),
        ),
        **_of_kind(step, scope, "config", f"{name} models too"),
        f"{name} models too": {
            "Type": "Choice",
            "Comment": "a config that could not be deleted keeps its models",
            "Choices": [
                {
                    "Condition": code(f"{own}.passed_over = 0"),
                    "Next": f"{name} model list" if component == "" else f"{name} hosts",
                }
            ],
            "Default": f"{name} done",
        },
        **({} if component == "" else _hosted(step, scope)),
        **_of_kind(step, scope, "model", f"{name} done"),
        f"{name} done": {
            "Type": "Pass",
            "Assign": variable(
                step,
                configs=code(f"{own}.deleted_configs"),
                models=code(f"{own}.deleted_models"),
                left=code(f"{own}.passed_over"),
            ),
            "Next": scope.following,
        },
        **failure(step, scope),
    }


def _hosted(step: CollectGarbage, scope: Scope) -> States:
    """The model of an inference component stays, and so does what is newer than that."""
    name, own = words(step), f"${step.id}"
    component = step.inference_component
    return {
        f"{name} hosts": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{expression(component)} = ''"), "Next": f"{name} model list"}
            ],
            "Default": f"{name} component",
        },
        f"{name} component": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeInferenceComponent",
            {"InferenceComponentName": render(component)},
            f"{name} component model",
            Assign=merged(step, {"kept_models": "[$states.result.Specification.ModelName]"}),
        ),
        f"{name} component model": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeModel",
            {"ModelName": code(f"{own}.kept_models[0]")},
            f"{name} model list",
            Assign=merged(step, {"before": "$states.result.CreationTime"}),
        ),
    }


def _of_kind(step: CollectGarbage, scope: Scope, kind: Kind, following: str) -> States:
    """Lists what is older than the served config, page after page, and deletes what is marked."""
    name, own = f"{words(step)} {kind}", f"${step.id}"
    items = f"$append([], $states.result.{_ITEMS[kind]})"
    older = f"{items}[$toMillis(CreationTime) < $toMillis({own}.before)]"
    unkept = f"{older}[$not({_NAME[kind]} in {own}.kept_{kind}s)]"
    candidates = f"{unkept}.{{'name': {_NAME[kind]}, 'arn': {_ARN[kind]}}}"
    request = (
        f"{{'SortBy': 'CreationTime', 'SortOrder': 'Descending', 'MaxResults': {PAGE}, "
        f"'CreationTimeBefore': {own}.before}}"
    )
    return {
        f"{name} list": api_task(
            step,
            scope,
            f"aws-sdk:sagemaker:{_LIST[kind]}",
            code(f"$merge([{request}, {own}.token = '' ? {{}} : {{'NextToken': {own}.token}}])"),
            f"{name} more",
            Assign=merged(
                step,
                {
                    "found": f"[$append({own}.found, {candidates})]",
                    "token": "$string($states.result.NextToken) & ''",
                    "pages": f"{own}.pages + 1",
                },
            ),
        ),
        f"{name} more": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{own}.token != '' and {own}.pages < {MAX_PAGES}"),
                    "Next": f"{name} list",
                }
            ],
            "Default": f"{name} whose",
        },
        f"{name} whose": _map(
            step,
            scope,
            code(f"[{own}.found]"),
            _whose(step, scope, name),
            merged(
                step,
                {
                    "found": f"[([$states.result[mine].name])[[0..{MAX_DELETED - 1}]]]",
                    "passed_over": f"{own}.passed_over + $count($states.result[unknown])",
                },
            ),
            f"{name} delete all",
        ),
        f"{name} delete all": _map(
            step,
            scope,
            code(f"[{own}.found.{{'name': $}}]"),
            _delete(step, scope, kind, name),
            merged(
                step,
                {
                    f"deleted_{kind}s": "$count($states.result[deleted])",
                    "passed_over": f"{own}.passed_over + $count($states.result[$not(deleted)])",
                    "found": "[]",
                    "token": "''",
                    "pages": "0",
                },
            ),
            following,
        ),
    }


def _map(
    step: CollectGarbage,
    scope: Scope,
    items: str,
    states: States,
    assigned: State,
    following: str,
) -> State:
    return {
        "Type": "Map",
        "Items": items,
        "MaxConcurrency": AT_ONCE,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": next(iter(states)),
            "States": states,
        },
        "Assign": assigned,
        "Catch": catch(step, scope),
        "Output": {},
        "Next": following,
    }


def _whose(step: CollectGarbage, scope: Scope, name: str) -> States:
    """Whether an item carries the endpoint's tag."""
    tag = (
        f"$append([], $states.result.Tags)[Key = {expression(step.tag_key)} and "
        f"Value = {expression(step.endpoint_name)}]"
    )
    return _call(
        scope,
        f"{name} tags",
        "listTags",
        {"ResourceArn": code("$states.input.arn")},
        {"name": code("$states.input.name"), "mine": code(f"$count({tag}) > 0")},
        {"mine": False, "unknown": True},
    )


def _delete(step: CollectGarbage, scope: Scope, kind: Kind, name: str) -> States:
    """Deletes one item; what something else still uses stays."""
    return _call(
        scope,
        f"{name} delete",
        _DELETE[kind],
        {_NAME[kind]: code("$states.input.name")},
        {"deleted": True},
        {"deleted": False},
    )


def _call(
    scope: Scope, name: str, action: str, arguments: State, output: State, otherwise: State
) -> States:
    return {
        name: {
            "Type": "Task",
            "Resource": scope.resource(f"aws-sdk:sagemaker:{action}"),
            "Arguments": arguments,
            "TimeoutSeconds": 60,
            "Retry": READ_RETRY,
            "Catch": [
                {"ErrorEquals": ["States.ALL"], "Output": otherwise, "Next": f"{name} passed over"}
            ],
            "Output": output,
            "End": True,
        },
        f"{name} passed over": {"Type": "Pass", "End": True},
    }
