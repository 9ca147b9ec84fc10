"""States that ask an endpoint the stored cases and compare its answers with the stored ones."""

import json

from groundplan.pipelines.step_functions.jsonata import code, expression, parsed_body, render
from groundplan.pipelines.step_functions.polling import interval, named_error, polls
from groundplan.pipelines.step_functions.states import (
    READ_RETRY,
    Scope,
    State,
    States,
    api_task,
    catch,
    failed,
    failure,
    merged,
    variable,
    words,
)
from groundplan.pipelines.steps import SkewTest

NO_CASES = "NoCases"
SKEW = "SkewFound"
MAX_CASES = 20
TOLD = 3  # differences that the cause names
AT_ONCE = 2
INVOKE_SECONDS = 70  # a model may take 60
ASLEEP = "/no capacity/i"  # an inference component without a copy; SageMaker has no name for this


def skew_test(step: SkewTest, scope: Scope) -> States:
    """Reads the cases, asks them in a Map, and ends with `SKEW` when an answer differs."""
    name, own = words(step), f"${step.id}"
    uri, prefix = expression(step.cases_uri), expression(f"s3://{step.cases_bucket}/")
    body = parsed_body()
    numbered = "function($case, $index) { $merge([$case, {'number': $index + 1}]) }"
    usable = f"{own}.cases > 0 and {own}.cases <= {MAX_CASES}"
    hosted = step.inference_component != ""
    return {
        f"{name} begin": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"$contains({uri}, {prefix})"),
                    "Next": f"{name} read",
                }
            ],
            "Output": {
                "Error": NO_CASES,
                "Cause": code(
                    f"'the version has no stored cases below ' & {prefix} & ': ' & "
                    f"({uri} = '' ? 'none' : {uri})"
                ),
            },
            "Default": failed(step, scope),
        },
        f"{name} read": api_task(
            step,
            scope,
            "aws-sdk:s3:getObject",
            {
                "Bucket": render(step.cases_bucket),
                "Key": code(f"$substringAfter({uri}, {prefix})"),
            },
            f"{name} enough",
            Assign=variable(
                step,
                cases=code(f"$count({body}.cases)"),
                asked=code(f"[$map({body}.cases, {numbered})]"),
                content_type=code(f"$string({body}.content_type) & ''"),
                **({"polls": 0} if hosted else {}),
            ),
        ),
        f"{name} enough": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(usable), "Next": f"{name} sleeps" if hosted else f"{name} ask"}
            ],
            "Output": {
                "Error": NO_CASES,
                "Cause": code(
                    f"{uri} & ' must hold 1 to {MAX_CASES} cases, got ' & $string({own}.cases)"
                ),
            },
            "Default": failed(step, scope),
        },
        **(_waking(step, scope) if hosted else {}),
        f"{name} ask": {
            "Type": "Map",
            "Items": code(f"{own}.asked"),
            "MaxConcurrency": AT_ONCE,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": f"{name} which" if hosted else f"{name} invoke",
                "States": _invoke(step, scope),
            },
            "Assign": variable(
                step,
                cases=code(f"{own}.cases"),
                problems=code("[$states.result[problem != ''].problem]"),
            ),
            "Catch": catch(step, scope),
            "Output": {},
            "Next": f"{name} decide",
        },
        f"{name} decide": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"$count({own}.problems) = 0"), "Next": scope.following}
            ],
            "Output": {
                "Error": SKEW,
                "Cause": code(
                    f"$string($count({own}.problems)) & ' of ' & $string({own}.cases) & "
                    f"' cases differ: ' & $join([{own}.problems[[0..{TOLD - 1}]]], '; ')"
                ),
            },
            "Default": failed(step, scope),
        },
        **failure(step, scope, named_error(step, NO_CASES, SKEW)),
    }


def _invoke(step: SkewTest, scope: Scope) -> States:
    """What is done with one case; an endpoint that does not answer is a difference, too.

    Step Functions writes a body as JSON: a text that is JSON is sent as what it means, since it
    would arrive in quotes otherwise.
    """
    name, case = words(step), "$states.input"
    number = f"'case ' & $string({case}.number)"
    invoke: State = {
        **_request(step, scope, case),
        "Retry": READ_RETRY,
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Output": {
                    "problem": code(
                        f"{number} & ' is not answered: ' & "
                        "$substring($states.errorOutput.Error & ': ' & "
                        "$states.errorOutput.Cause, 0, 500)"
                    )
                },
                "Next": f"{name} unanswered",
            }
        ],
        "Output": {"problem": code(_problem(step, number))},
        "End": True,
    }
    unanswered: States = {f"{name} unanswered": {"Type": "Pass", "End": True}}
    if step.inference_component == "":
        return {f"{name} invoke": invoke, **unanswered}
    return {
        f"{name} which": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{expression(step.inference_component)} = ''"),
                    "Next": f"{name} invoke",
                }
            ],
            "Default": f"{name} invoke component",
        },
        f"{name} invoke": invoke,
        f"{name} invoke component": {**invoke, **_request(step, scope, case, hosted=True)},
        **unanswered,
    }


def _request(step: SkewTest, scope: Scope, case: str, *, hosted: bool = False) -> State:
    """A task that asks an endpoint, or the inference component on it, one case."""
    own = f"${step.id}"
    is_json = f"$type({case}.body) = 'string' and $contains({own}.content_type, /json/i)"
    component = {"InferenceComponentName": render(step.inference_component)} if hosted else {}
    return {
        "Type": "Task",
        "Resource": scope.resource("aws-sdk:sagemakerruntime:invokeEndpoint"),
        "Arguments": {
            "EndpointName": render(step.endpoint_name),
            **component,
            "ContentType": code(f"{own}.content_type"),
            "Accept": "application/json",
            "Body": code(f"{is_json} ? $parse({case}.body) : {case}.body"),
        },
        "TimeoutSeconds": INVOKE_SECONDS,
    }


def _waking(step: SkewTest, scope: Scope) -> States:
    """Asks until an inference component has a copy; whatever else is wrong, the cases will tell."""
    name, own = words(step), f"${step.id}"
    most = polls(step.wake_seconds, step.poll_seconds)
    asleep = f"$contains($string($states.input.Cause) & '', {ASLEEP})"
    return {
        f"{name} sleeps": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{expression(step.inference_component)} = ''"),
                    "Next": f"{name} ask",
                }
            ],
            "Default": f"{name} wake",
        },
        f"{name} wake": {
            **_request(step, scope, f"{own}.asked[0]", hosted=True),
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Output": code("$states.errorOutput"),
                    "Next": f"{name} asleep",
                }
            ],
            "Output": {},
            "Next": f"{name} ask",
        },
        f"{name} asleep": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{asleep} and {own}.polls < {most}"),
                    "Output": {},
                    "Next": f"{name} wait",
                }
            ],
            "Output": {},
            "Default": f"{name} ask",
        },
        f"{name} wait": {
            "Type": "Wait",
            "Seconds": interval(step.wake_seconds, step.poll_seconds),
            "Assign": merged(step, {"polls": f"{own}.polls + 1"}),
            "Next": f"{name} wake",
        },
    }


def _problem(step: SkewTest, number: str) -> str:
    """JSONata: how the answer differs from the stored one, or an empty text.

    The answer is JSON unless the stored one is a text.
    """
    return (
        "($compare := function($want, $got, $at) {("
        "$type($want) = 'number' and $type($got) = 'number' "
        f"? ($abs($want - $got) <= {json.dumps(step.tolerance)} * $max([1, $abs($want)]) "
        "? '' : $at & ' is ' & $string($got) & ' instead of ' & $string($want) & ', ') "
        ": $type($want) = 'array' and $type($got) = 'array' "
        "? ($count($want) != $count($got) "
        "? $at & ' has ' & $string($count($got)) & ' items instead of ' & "
        "$string($count($want)) & ', ' "
        ": $join([$map($want, function($item, $index) { "
        "$compare($item, $got[$index], $at & '[' & $string($index) & ']') })], '')) "
        ": $type($want) = 'object' and $type($got) = 'object' "
        "? $join([$map($distinct($append($keys($want), $keys($got))), function($key) { "
        "$compare($lookup($want, $key), $lookup($got, $key), $at & '.' & $key) })], '') "
        ": $want = $got or $not($exists($want) or $exists($got)) ? '' "
        ": $at & ' is ' & ($exists($got) ? $string($got) : 'missing') & ' instead of ' & "
        "($exists($want) ? $string($want) : 'missing') & ', '"
        ")}; "
        "$body := $states.result.Body; "
        "$got := $type($body) = 'string' and $type($states.input.answer) != 'string' "
        "? $parse($body) : $body; "
        "$found := $compare($states.input.answer, $got, 'answer'); "
        f"$found = '' ? '' : {number} & ': ' & $substring($found, 0, $min([$length($found) - 2, "
        "500])))"
    )
