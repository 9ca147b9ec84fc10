"""States that find out what a run is about to use: image digest, dataset version, fingerprint."""

from groundplan.pipelines.step_functions.jsonata import code, expression, split_s3_uri
from groundplan.pipelines.step_functions.states import (
    Scope,
    States,
    api_task,
    failed,
    failure,
    variable,
    words,
)
from groundplan.pipelines.steps import Fingerprint, ResolveDataset, ResolveImage

# A response must stay below 256 KiB.
IMAGES_A_PAGE = 100
OBJECTS_A_PAGE = 200


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


def dataset(step: ResolveDataset, scope: Scope) -> States:
    """Folds each current object's key, version and tag into one digest, page after page."""
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
    page = (
        "($current := $states.result.Versions[IsLatest = true]; "
        f"{{'version': $count($current) = 0 ? {own}.version : "
        f"$reduce($append([], $current), {fold}, {own}.version), "
        f"'objects': {own}.objects + $count($current), "
        "'more': $states.result.IsTruncated = true, "
        "'key_marker': $string($states.result.NextKeyMarker) & '', "
        "'version_marker': $string($states.result.NextVersionIdMarker) & ''})"
    )
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(
                step, version="", objects=0, more=False, key_marker="", version_marker=""
            ),
            "Next": f"{name} list",
        },
        f"{name} list": api_task(
            step,
            scope,
            "aws-sdk:s3:listObjectVersions",
            code(f"$merge([{request}, {own}.more ? {markers} : {{}}])"),
            f"{name} choose",
            Assign={step.id: code(page)},
        ),
        f"{name} choose": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{own}.more"), "Next": f"{name} list"},
                {
                    "Condition": code(f"{own}.objects = 0"),
                    "Output": {"Error": "DatasetEmpty", "Cause": f"no object below {step.uri}"},
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
