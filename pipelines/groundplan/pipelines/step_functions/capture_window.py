"""States that find what an endpoint has captured in a period."""

from groundplan.pipelines.step_functions.jsonata import code, expression, split_s3_uri
from groundplan.pipelines.step_functions.states import (
    Scope,
    States,
    api_task,
    failed,
    failure,
    words,
)
from groundplan.pipelines.steps import CaptureWindow

NO_BASELINE_ERROR = "NoBaseline"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_START_TIME = "$states.context.Execution.StartTime"
_PICTURES = {
    "hour": "[Y0001]/[M01]/[D01]/[H01]/",
    "day": "[Y0001]/[M01]/[D01]/",
    "week": "[Y0001]/[M01]/",
}


def capture_window(step: CaptureWindow, scope: Scope) -> States:
    """Asks for one object below each URI of the period."""
    name, own = words(step), f"${step.id}"
    bucket, key = split_s3_uri(f"steps[{step.id}].uri", step.uri)
    fallback = expression(step.fallback)
    found = (
        f"($uri := {expression(f's3://{bucket}/')} & {own}.keys[{own}.index]; "
        "$some := $states.result.KeyCount > 0; "
        f"$merge([{own}, {{'index': {own}.index + 1, "
        f"'objects': {own}.objects + ($some ? 1 : 0), "
        f"'uri_' & $string({own}.index): $some ? $uri : {fallback}}}]))"
    )
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": {step.id: code(_window(step, expression(key)))},
            "Next": f"{name} check",
        },
        f"{name} check": {
            "Type": "Choice",
            "Choices": [{"Condition": code(f"{fallback} != ''"), "Next": f"{name} list"}],
            "Default": failed(step, scope),
            "Output": {
                "Error": NO_BASELINE_ERROR,
                "Cause": "the version that is served has no baseline to compare with; register one "
                "whose evaluation leaves baseline.jsonl",
            },
        },
        f"{name} list": api_task(
            step,
            scope,
            "aws-sdk:s3:listObjectsV2",
            {"Bucket": bucket, "Prefix": code(f"{own}.keys[{own}.index]"), "MaxKeys": 1},
            f"{name} choose",
            Assign={step.id: code(found)},
        ),
        f"{name} choose": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{own}.index < $count({own}.keys)"),
                    "Next": f"{name} list",
                }
            ],
            "Default": scope.following,
        },
        **failure(step, scope, NO_BASELINE_ERROR),
    }


def _window(step: CaptureWindow, key: str) -> str:
    """JSONata of the step's variable before anything has been listed."""
    until = expression(step.until)
    moment = f"$toMillis({until} = '' ? {_START_TIME} : {until})"
    unit = HOUR_MS if step.period == "hour" else DAY_MS
    length = 7 * DAY_MS if step.period == "week" else unit
    picture = f"'{_PICTURES[step.period]}'" if step.period is not None else ""
    if step.period is None:
        keys = f"[{key}]"
    elif step.period == "week":
        # the last moment of the week is in the month that its end may no longer be in
        months = f"[$fromMillis($begin, {picture}), $fromMillis($end - 1, {picture})]"
        keys = f"$map($distinct({months}), function($month) {{ {key} & $month }})"
    else:
        keys = f"[{key} & $fromMillis($begin, {picture})]"
    return (
        f"($end := $floor({moment} / {unit}) * {unit} - {step.delay_days * DAY_MS}; "
        f"$begin := $end - {length}; "
        f"{{'objects': 0, 'index': 0, 'keys': {keys}, 'begin': $fromMillis($begin), "
        f"'end': $fromMillis($end), 'uri_0': {expression(step.fallback)}, "
        f"'uri_1': {expression(step.fallback)}}})"
    )
