"""Steps of SageMaker Pipelines; their arguments are those of the API that each one calls."""

from dataclasses import asdict

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.runtime.jobs import processing_request, vpc_config
from groundplan.pipelines.runtime.scoring import transform_request
from groundplan.pipelines.runtime.training import training_request
from groundplan.pipelines.runtime.tuning import tuning_request
from groundplan.pipelines.sagemaker.values import REPORT, Json, Scope, get, given, joined, rendered
from groundplan.pipelines.steps import (
    BatchTransform,
    ProcessingJob,
    RegisterModel,
    TrainingJob,
    TuningJob,
)
from groundplan.pipelines.values import NumberOutput

CALL_RETRY: Json = {
    "ExceptionType": ["Step.SERVICE_FAULT", "Step.THROTTLING"],
    "IntervalSeconds": 30,
    "BackoffRate": 2,
    "MaxAttempts": 5,
}
JOB_RETRY: Json = {
    "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR"],
    "IntervalSeconds": 300,
    "BackoffRate": 2,
    "MaxAttempts": 3,
}
NAMES = (
    "ProcessingJobName",
    "TrainingJobName",
    "HyperParameterTuningJobName",
    "TransformJobName",
)


def processing(step: ProcessingJob, scope: Scope) -> list[Json]:
    """Its report becomes a property file, which conditions can read."""
    request = processing_request(given(step, scope), "")
    for output in request["ProcessingOutputConfig"]["Outputs"]:
        output["S3Output"]["S3Uri"] = _folder(output["S3Output"]["S3Uri"])
    made = _step(step.id, "Processing", request)
    if step.report is not None:
        made["PropertyFiles"] = [
            {"PropertyFileName": REPORT, "OutputName": REPORT, "FilePath": step.report}
        ]
    return [made]


def training(step: TrainingJob, scope: Scope) -> list[Json]:
    """A job on the only rung of its ladder.

    Raises:
        PipelineError: If there are several rungs.
    """
    request = training_request(given(step, scope), _only_rung(step), "")
    return [_step(step.id, "Training", request)]


def tuning(step: TuningJob, scope: Scope) -> list[Json]:
    """A tuning job on the only rung of its ladder.

    Raises:
        PipelineError: If there are several rungs.
    """
    request = tuning_request(given(step, scope), _only_rung(step), "")
    return [_step(step.id, "Tuning", request)]


def transform(step: BatchTransform, scope: Scope) -> list[Json]:
    """The model, which nobody deletes afterwards, and the job."""
    values = given(step, scope)
    model = f"{step.id}-model"
    create = {
        "ExecutionRoleArn": step.execution_role_arn,
        "Containers": [{"ModelPackageName": values["model_package_arn"]}],
        "EnableNetworkIsolation": True,
        "Tags": [{"Key": key, "Value": value} for key, value in step.tags],
        **vpc_config(values["network"]),  # type: ignore[arg-type]
    }
    request = transform_request(values, "", "") | {"ModelName": get(f"Steps.{model}.ModelName")}
    return [
        _step(model, "Model", create, jobs=False),
        _step(step.id, "Transform", request) | {"DependsOn": [model]},
    ]


def register(step: RegisterModel, scope: Scope) -> list[Json]:
    """A version with its lineage, as far as SageMaker Pipelines knows it."""
    path = f"steps[{step.id}]"
    facts: Json = {}
    for name, value in step.lineage:
        try:
            fact = rendered(f"{path}.lineage[{name}]", value, scope)
        except PipelineError:
            continue  # `notes` names it
        # Metadata is text, which a reference to a number becomes in a Join.
        facts[name] = joined(fact) if isinstance(value, NumberOutput) else fact
    statistics = {
        "ContentType": "application/json",
        "S3Uri": rendered(f"{path}.report_uri", step.report_uri, scope),
    }
    arguments: Json = {
        "ModelPackageGroupName": step.model_package_group_arn,
        "ModelPackageDescription": step.description,
        "ModelApprovalStatus": "Approved" if step.approved else "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [
                {
                    "Image": rendered(f"{path}.image", step.image, scope),
                    "ModelDataUrl": rendered(f"{path}.artifact_uri", step.artifact_uri, scope),
                }
            ],
            "SupportedContentTypes": list(step.content_types),
            "SupportedResponseMIMETypes": list(step.response_types),
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
        "CustomerMetadataProperties": facts,
    }
    return [_step(step.id, "RegisterModel", arguments, jobs=False)]


def left_out_of_lineage(step: RegisterModel, scope: Scope) -> list[str]:
    """Names of the lineage that SageMaker Pipelines cannot tell."""
    names = []
    for name, value in step.lineage:
        try:
            rendered("lineage", value, scope)
        except PipelineError:
            names.append(name)
    return names


def _folder(uri: object) -> object:
    """A URI without the slash at its end: a property file's key is put together with one."""
    if isinstance(uri, str):
        return uri.rstrip("/")
    if isinstance(uri, dict) and "Std:Join" in uri:
        *parts, last = uri["Std:Join"]["Values"]
        shorter = _folder(last)
        return joined(*parts, *([shorter] if shorter else []))
    return uri


def _step(name: str, kind: str, arguments: Json, *, jobs: bool = True) -> Json:
    """SageMaker Pipelines names jobs itself."""
    return {
        "Name": name,
        "Type": kind,
        "Arguments": {key: value for key, value in arguments.items() if key not in NAMES},
        "RetryPolicies": [CALL_RETRY, JOB_RETRY] if jobs else [CALL_RETRY],
    }


def _only_rung(step: TrainingJob | TuningJob) -> dict[str, object]:
    if len(step.ladder) != 1:
        raise PipelineError(
            f"steps[{step.id}].ladder",
            "SageMaker Pipelines cannot go from one rung to the next",
            got=len(step.ladder),
            fix="give one rung: in the spec, one type in training.instance and training.spot null, "
            "or training.spot.fallback none",
        )
    return asdict(step.ladder[0])
