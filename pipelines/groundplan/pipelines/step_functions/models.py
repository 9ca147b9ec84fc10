"""States that look for registered versions, and remember which one came of what."""

from groundplan.pipelines.step_functions.jsonata import (
    code,
    expression,
    parsed_body,
    render,
    split_s3_uri,
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
from groundplan.pipelines.steps import FindChampion, FindModel, ReadModel, RecordModel, Step

# SageMaker has no error name of its own for a version that was deleted.
MISSING = "/does not exist|not found|could not find/i"

_CONTAINER = "$states.result.InferenceSpecification.Containers[0]"


def find_model(step: FindModel, scope: Scope) -> States:
    """Lists the record before it is read, so that a missing one is no error."""
    name, own = words(step), f"${step.id}"
    bucket, key = split_s3_uri(f"steps[{step.id}].record_uri", step.record_uri)
    listed = "$states.result.Contents[0].Key"
    usable = (
        "$states.result.ModelPackageStatus = 'Completed' and "
        "$states.result.ModelApprovalStatus != 'Rejected'"
    )
    return {
        f"{name} begin": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{expression(step.force)} = 'yes'"),
                    "Assign": variable(step, known="no", model_package_arn=""),
                    "Next": scope.following,
                }
            ],
            "Assign": variable(step, known="no", model_package_arn=""),
            "Default": f"{name} list",
        },
        f"{name} list": api_task(
            step,
            scope,
            "aws-sdk:s3:listObjectsV2",
            {"Bucket": bucket, "Prefix": render(key), "MaxKeys": 1},
            f"{name} choose",
            Assign=merged(step, {"known": f"{listed} = {expression(key)} ? 'yes' : 'no'"}),
        ),
        f"{name} choose": {
            "Type": "Choice",
            "Choices": [{"Condition": code(f"{own}.known = 'yes'"), "Next": f"{name} read"}],
            "Default": scope.following,
        },
        f"{name} read": api_task(
            step,
            scope,
            "aws-sdk:s3:getObject",
            {"Bucket": bucket, "Key": render(key)},
            f"{name} verify",
            Assign=merged(step, {"model_package_arn": f"{parsed_body()}.model_package_arn"}),
        ),
        f"{name} verify": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeModelPackage",
            {"ModelPackageName": code(f"{own}.model_package_arn")},
            scope.following,
            Assign=merged(step, {"known": f"{usable} ? 'yes' : 'no'"}),
            Catch=[
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": merged(step, {"known": "'no'"}),
                    "Output": code("$states.errorOutput"),
                    "Next": f"{name} missing",
                }
            ],
        ),
        f"{name} missing": {
            "Type": "Choice",
            "Comment": "a version that was deleted is not known; any other error is one",
            "Choices": [
                {
                    "Condition": code(f"$contains($string($states.input.Cause) & '', {MISSING})"),
                    "Output": {},
                    "Next": scope.following,
                }
            ],
            "Default": failed(step, scope),
        },
        **failure(step, scope),
    }


def record_model(step: RecordModel, scope: Scope) -> States:
    """Writes the record; a run that was forced replaces the one before it."""
    bucket, key = split_s3_uri(f"steps[{step.id}].record_uri", step.record_uri)
    arguments = {
        "Bucket": bucket,
        "Key": render(key),
        "Body": {"model_package_arn": render(step.model_package_arn)},
        "ContentType": "application/json",
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": step.kms_key_id,
    }
    return {
        words(step): api_task(step, scope, "aws-sdk:s3:putObject", arguments, scope.following),
        **failure(step, scope),
    }


def find_champion(step: FindChampion, scope: Scope) -> States:
    """Asks for the newest approved version, then for what it is made of."""
    name, own = words(step), f"${step.id}"
    empty = variable(step, known="no", model_package_arn="", artifact_uri="")
    newest = "$string($states.result.ModelPackageSummaryList[0].ModelPackageArn) & ''"
    return {
        f"{name} begin": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": code(f"{expression(step.use)} = 'skip'"),
                    "Assign": empty,
                    "Next": scope.following,
                }
            ],
            "Assign": empty,
            "Default": f"{name} list",
        },
        f"{name} list": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:listModelPackages",
            {
                "ModelPackageGroupName": step.model_package_group_arn,
                "ModelApprovalStatus": "Approved",
                "SortBy": "CreationTime",
                "SortOrder": "Descending",
                "MaxResults": 1,
            },
            f"{name} choose",
            Assign=merged(step, {"model_package_arn": newest}),
        ),
        f"{name} choose": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{own}.model_package_arn = ''"), "Next": scope.following}
            ],
            "Default": f"{name} describe",
        },
        f"{name} describe": _describe(
            step,
            scope,
            code(f"{own}.model_package_arn"),
            merged(step, {"known": "'yes'", "artifact_uri": f"{_CONTAINER}.ModelDataUrl"}),
        ),
        **failure(step, scope),
    }


def read_model(step: ReadModel, scope: Scope) -> States:
    """Describes the version; metadata that it does not have is the empty text."""
    metadata = "$states.result.CustomerMetadataProperties"
    found = {
        "approval_status": "$string($states.result.ModelApprovalStatus) & ''",
        "artifact_uri": f"$string({_CONTAINER}.ModelDataUrl) & ''",
        "baseline_uri": f"$string($lookup({metadata}, 'groundplan.baseline_uri')) & ''",
        "cases_uri": f"$string($lookup({metadata}, 'groundplan.cases_uri')) & ''",
        "fingerprint": f"$string($lookup({metadata}, 'groundplan.fingerprint')) & ''",
    }
    assigned = variable(step, **{member: code(value) for member, value in found.items()})
    return {
        words(step): _describe(step, scope, render(step.model_package_arn), assigned),
        **failure(step, scope),
    }


def _describe(step: Step, scope: Scope, arn: object, assigned: State) -> State:
    return api_task(
        step,
        scope,
        "aws-sdk:sagemaker:describeModelPackage",
        {"ModelPackageName": arn},
        scope.following,
        Assign=assigned,
    )
