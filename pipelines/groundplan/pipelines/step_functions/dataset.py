"""States that derive the version of a dataset, at once or when it has come to rest."""

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import code, expression, render, split_s3_uri
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
from groundplan.pipelines.steps import QuietDataset, ResolveDataset
from groundplan.pipelines.values import Join, TextOutput

OBJECTS_A_PAGE = 200  # a response must stay below 256 KiB
NEVER_QUIET = "NeverQuiet"
NOT_RELEASED = "DatasetNotReleased"
CHANGED = "DatasetChanged"

_FRESH: State = {"version": "", "objects": 0, "more": False, "key_marker": "", "version_marker": ""}


def dataset(step: ResolveDataset, scope: Scope) -> States:
    """Folds each current object's key, version and tag into one digest, page after page."""
    name, own = words(step), f"${step.id}"
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(step, **_FRESH),
            "Next": f"{name} list",
        },
        f"{name} list": _list(step, scope),
        f"{name} choose": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{own}.more"), "Next": f"{name} list"},
                _empty(step, scope),
                *_changed(step, scope),
            ],
            "Default": scope.following if step.releases_uri is None else f"{name} find",
        },
        **_released(step, scope),
        **failure(step, scope),
    }


def _changed(step: ResolveDataset, scope: Scope) -> list[State]:
    if step.expected is None:
        return []
    own, expected = f"${step.id}", expression(step.expected)
    cause = (
        f"{expression(f'below {step.uri} something has changed: version ')} & {own}.version & "
        f"' instead of ' & {expected}"
    )
    return [
        {
            "Condition": code(f"{own}.version != {expected}"),
            "Output": {"Error": CHANGED, "Cause": code(cause)},
            "Next": failed(step, scope),
        }
    ]


def _released(step: ResolveDataset, scope: Scope) -> States:
    """States that look for the release of the version that was found."""
    if step.releases_uri is None:
        return {}
    name, own = words(step), f"${step.id}"
    bucket, prefix = split_s3_uri(f"steps[{step.id}].releases_uri", step.releases_uri)
    below = Join(
        (
            *(prefix.parts if isinstance(prefix, Join) else (prefix,)),
            TextOutput(step.id, "version"),
            "/",
        )
    )
    found = "$states.result.Contents[0].Key"
    return {
        f"{name} find": api_task(
            step,
            scope,
            "aws-sdk:s3:listObjectsV2",
            {"Bucket": bucket, "Prefix": render(below), "MaxKeys": 1},
            f"{name} found",
            Assign=merged(
                step,
                {
                    "release": f"$exists({found}) ? "
                    f"$substringAfter({found}, {own}.version & '/') : ''"
                },
            ),
        ),
        f"{name} found": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{own}.release = ''"),
                    "Output": {
                        "Error": NOT_RELEASED,
                        "Cause": code(
                            f"{expression(f'what is below {step.uri} is no release: version ')} & "
                            f"{own}.version"
                        ),
                    },
                    "Next": failed(step, scope),
                }
            ],
            "Default": scope.following,
        },
    }


def quiet(step: QuietDataset, scope: Scope) -> States:
    """Lists again and again until two versions with ``quiet_seconds`` between them are the same.

    Raises:
        PipelineError: If there is no time to look twice.
    """
    if not 0 < step.quiet_seconds <= step.max_wait_seconds:
        raise PipelineError(
            f"steps[{step.id}].max_wait_seconds",
            f"must be at least quiet_seconds, which is {step.quiet_seconds} and above 0",
            got=step.max_wait_seconds,
            fix="raise it",
        )
    name, own = words(step), f"${step.id}"
    waits = step.max_wait_seconds // step.quiet_seconds
    unrest = (
        f"{expression(f'below {step.uri} something still changed after ')} & "
        f"$string({own}.waits * {step.quiet_seconds}) & ' seconds'"
    )
    again = ", ".join(f"'{member}': {expression(value)}" for member, value in _FRESH.items())  # type: ignore[arg-type]
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(step, **_FRESH, last="none", waits=0),
            "Next": f"{name} list",
        },
        f"{name} list": _list(step, scope),
        f"{name} choose": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{own}.more"), "Next": f"{name} list"},
                _empty(step, scope),
                {"Condition": code(f"{own}.version = {own}.last"), "Next": scope.following},
                {
                    "Condition": code(f"{own}.waits >= {waits}"),
                    "Output": {"Error": NEVER_QUIET, "Cause": code(unrest)},
                    "Next": failed(step, scope),
                },
            ],
            "Default": f"{name} wait",
        },
        f"{name} wait": {
            "Type": "Wait",
            "Seconds": step.quiet_seconds,
            "Assign": {
                step.id: code(f"{{{again}, 'last': {own}.version, 'waits': {own}.waits + 1}}")
            },
            "Next": f"{name} list",
        },
        **failure(step, scope),
    }


def _list(step: ResolveDataset | QuietDataset, scope: Scope) -> State:
    name, own = words(step), f"${step.id}"
    bucket, key = split_s3_uri(f"steps[{step.id}].uri", step.uri)
    request = (
        f"{{'Bucket': {expression(bucket)}, 'Prefix': {expression(key)}, "
        f"'MaxKeys': {OBJECTS_A_PAGE}}}"
    )
    markers = f"{{'KeyMarker': {own}.key_marker, 'VersionIdMarker': {own}.version_marker}}"
    fold = (
        "function($digest, $object) { $hash($digest & ' ' & "
        "$string([$object.Key, $object.VersionId, $object.ETag]), 'SHA-256') }"
    )
    current = "$states.result.Versions[IsLatest = true]"
    page = {
        "version": (
            f"$count({current}) = 0 ? {own}.version : "
            f"$reduce($append([], {current}), {fold}, {own}.version)"
        ),
        "objects": f"{own}.objects + $count({current})",
        "more": "$states.result.IsTruncated = true",
        "key_marker": "$string($states.result.NextKeyMarker) & ''",
        "version_marker": "$string($states.result.NextVersionIdMarker) & ''",
    }
    return api_task(
        step,
        scope,
        "aws-sdk:s3:listObjectVersions",
        code(f"$merge([{request}, {own}.more ? {markers} : {{}}])"),
        f"{name} choose",
        Assign=merged(step, page),
    )


def _empty(step: ResolveDataset | QuietDataset, scope: Scope) -> State:
    return {
        "Condition": code(f"${step.id}.objects = 0"),
        "Output": {"Error": "DatasetEmpty", "Cause": f"no object below {step.uri}"},
        "Next": failed(step, scope),
    }
