"""States that find out what a run is about to use: an image's digest, a fingerprint, a row."""

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import code, expression
from groundplan.pipelines.step_functions.states import (
    Scope,
    States,
    api_task,
    failed,
    failure,
    variable,
    words,
)
from groundplan.pipelines.steps import Fingerprint, Lookup, ResolveImage

IMAGES_A_PAGE = 100  # a response must stay below 256 KiB
UNKNOWN_KEY = "UnknownKey"


def image(step: ResolveImage, scope: Scope) -> States:
    """Reads every page of tagged images and keeps the one pushed last.

    Attestations and the parts of a multi-platform image are untagged, so that they never win.
    """
    name, own = words(step), f"${step.id}"
    listed = "$states.result.ImageDetails.{'pushed': $string(ImagePushedAt), 'digest': ImageDigest}"
    later = "function($one, $other) { $one.pushed < $other.pushed }"
    newest = (
        f"($newest := $sort($append([{own}], {listed}), {later})[0]; "
        "{'pushed': $newest.pushed, 'digest': $newest.digest, "
        f"'uri': {expression(f'{step.registry_host}/{step.repository}@')} & $newest.digest, "
        "'token': $exists($states.result.NextToken) ? $states.result.NextToken : ''})"
    )
    request = (
        f"{{'RegistryId': {expression(step.registry_account)}, "
        f"'RepositoryName': {expression(step.repository)}, "
        f"'Filter': {{'TagStatus': 'TAGGED'}}, 'MaxResults': {IMAGES_A_PAGE}}}"
    )
    missing = f"repository {step.repository} of account {step.registry_account} has no tagged image"
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(step, pushed="", digest="", uri="", token=""),
            "Next": f"{name} list",
        },
        f"{name} list": api_task(
            step,
            scope,
            "aws-sdk:ecr:describeImages",
            code(f"$merge([{request}, {own}.token = '' ? {{}} : {{'NextToken': {own}.token}}])"),
            f"{name} choose",
            Assign={step.id: code(newest)},
        ),
        f"{name} choose": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{own}.token != ''"), "Next": f"{name} list"},
                {
                    "Condition": code(f"{own}.digest = ''"),
                    "Output": {"Error": "ImageNotFound", "Cause": missing},
                    "Next": failed(step, scope),
                },
            ],
            "Default": scope.following,
        },
        **failure(step, scope),
    }


def fingerprint(step: Fingerprint, scope: Scope) -> States:
    """Digests the parts as one JSON text, so that no two lists of parts read the same."""
    parts = ", ".join(f"{expression(name)}: {expression(value)}" for name, value in step.parts)
    return {
        words(step): {
            "Type": "Pass",
            "Assign": variable(step, value=code(f"$hash($string({{{parts}}}), 'SHA-256')")),
            "Next": scope.following,
        }
    }


def lookup(step: Lookup, scope: Scope) -> States:
    """Takes the row, or ends with `UNKNOWN_KEY`.

    Raises:
        PipelineError: If there is no row, a key is there twice or the rows' columns differ.
    """
    keys = [key for key, _ in step.rows]
    columns = {tuple(name for name, _ in cells) for _, cells in step.rows}
    if not keys or len(set(keys)) < len(keys) or len(columns) > 1:
        raise PipelineError(
            f"steps[{step.id}].rows",
            "must be rows with one set of columns, each key once",
            got=", ".join(keys) or "none",
            fix="give every key one row, and every row the same columns",
        )
    key = expression(step.key)
    table = ", ".join(
        f"{expression(name)}: {{"
        + ", ".join(f"{expression(column)}: {expression(cell)}" for column, cell in cells)
        + "}"
        for name, cells in step.rows
    )
    known = ", ".join(expression(name) for name in keys)
    cause = f"'got ' & {key} & ', which is none of ' & {expression(', '.join(keys))}"
    return {
        words(step): {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{key} in [{known}]"),
                    "Assign": {step.id: code(f"$lookup({{{table}}}, {key})")},
                    "Next": scope.following,
                }
            ],
            "Default": failed(step, scope),
            "Output": {"Error": UNKNOWN_KEY, "Cause": code(cause)},
        },
        **failure(step, scope, UNKNOWN_KEY),
    }
