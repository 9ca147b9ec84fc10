"""States that register a model, or call any other API once."""

from groundplan.pipelines.step_functions.jsonata import SHORT_ID, code, expression, render
from groundplan.pipelines.step_functions.states import (
    READ_RETRY,
    Scope,
    States,
    api_task,
    failure,
    throttling_retry,
    variable,
    words,
)
from groundplan.pipelines.steps import RegisterModel, ServiceCall

MAX_METRICS = 30
MAX_METADATA_VALUE = 256


def register(step: RegisterModel, scope: Scope) -> States:
    """Creates the model package. The client token makes a repeated call create nothing twice.

    Metadata holds at most 50 entries of 256 characters: the lineage and the first `MAX_METRICS`
    metrics by name. An empty fact is left out, since SageMaker refuses it.
    """
    facts = ", ".join(
        f"{expression(key)}: $substring($string({expression(value)}), 0, {MAX_METADATA_VALUE})"
        for key, value in step.lineage
    )
    known = f"$sift({{{facts}}}, function($v) {{ $v != '' }})"
    metrics = f"{expression(step.report)}.metrics"
    names = f"$sort($keys($sift({metrics}, function($v) {{ $type($v) = 'number' }})))"
    entries = (
        f"$map([{names}][[0..{MAX_METRICS - 1}]], "
        f"function($n) {{ {{'metric.' & $n: $string($lookup({metrics}, $n))}} }})"
    )
    request = {
        "ModelPackageGroupName": step.model_package_group_arn,
        "ModelPackageDescription": step.description,
        "ModelApprovalStatus": "Approved" if step.approved else "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [
                {"Image": render(step.image), "ModelDataUrl": render(step.artifact_uri)}
            ],
            "SupportedContentTypes": list(step.content_types),
            "SupportedResponseMIMETypes": list(step.response_types),
        },
        "ModelMetrics": {
            "ModelQuality": {
                "Statistics": {"ContentType": "application/json", "S3Uri": render(step.report_uri)}
            }
        },
        "CustomerMetadataProperties": code(f"$merge([{known}, {entries}])"),
        "ClientToken": code(f"{SHORT_ID} & '-{step.id.replace('_', '-')}'"),
    }
    return {
        words(step): api_task(
            step,
            scope,
            "aws-sdk:sagemaker:createModelPackage",
            request,
            scope.following,
            Assign=variable(step, model_package_arn=code("$states.result.ModelPackageArn")),
        ),
        **failure(step, scope),
    }


def service_call(step: ServiceCall, scope: Scope) -> States:
    """Calls the API once more after any error only where that does no harm."""
    results = {name: code(f"$states.result.{member}") for name, _, member in step.results}
    prefix = step.service[:1].upper() + step.service[1:]
    return {
        words(step): api_task(
            step,
            scope,
            f"aws-sdk:{step.service}:{step.action}",
            {name: render(value) for name, value in step.arguments},
            scope.following,
            Retry=READ_RETRY if step.repeatable else throttling_retry(prefix),
            **({"Assign": {step.id: results}} if results else {}),
        ),
        **failure(step, scope),
    }
