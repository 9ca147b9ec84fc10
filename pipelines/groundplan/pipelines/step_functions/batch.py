"""States of a job of AWS Batch, of what scores, and of the manifest of what was scored."""

import json

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.cleanup import NOTHING, clean_up, cleaned, keep_error
from groundplan.pipelines.step_functions.jsonata import (
    SHORT_ID,
    code,
    expression,
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
    job_name,
    merged,
    rendered,
    variable,
    words,
)
from groundplan.pipelines.steps import BatchScoring, ScoringTarget, WriteManifest
from groundplan.pipelines.values import Join, Text

QUEUE_SECONDS = 7200
OBJECTS_A_PAGE = 500
SUFFIX = ".out"
MANIFEST = "manifest.json"
SCRATCH = "scratch"
# What ends an attempt although the program did nothing wrong: the capacity was taken back, the task
# could not be set up, the image not pulled. Anything else ends the job.
PASSING: tuple[tuple[str, str], ...] = (
    ("OnStatusReason", "Your Spot Task was interrupted*"),
    ("OnStatusReason", "Host EC2*"),
    ("OnStatusReason", "Timeout waiting for network interface*"),
    ("OnReason", "CannotPullContainerError*"),
)
PREDICTIONS_ERROR = "PredictionsMissing"


def batch(step: BatchScoring, scope: Scope) -> States:
    """Registers the job's definition, runs it, deregisters it whatever happened.

    A registration that is repeated makes another revision, which costs nothing and has this
    execution's name. A job that is submitted twice writes the same objects again.
    """
    name, own = words(step), f"${step.id}"
    run = f"{name} run"
    assigned = variable(
        step,
        definition=code("$states.result.JobDefinitionArn"),
        output_uri=render(step.output_uri),
        job_name="",
        **NOTHING,
    )
    return {
        f"{name} definition": api_task(
            step,
            scope,
            "aws-sdk:batch:registerJobDefinition",
            definition_request(step),
            run,
            Assign=assigned,
        ),
        run: {
            "Type": "Task",
            "Resource": scope.resource("batch:submitJob.sync"),
            "Arguments": {
                "JobName": code(job_name(step, step)),
                "JobQueue": step.job_queue_arn,
                "JobDefinition": code(f"{own}.definition"),
                "Tags": dict(step.tags),
                "PropagateTags": True,
            },
            "TimeoutSeconds": step.attempts * step.max_runtime_seconds + QUEUE_SECONDS,
            "Retry": _refused_retry(),
            "Catch": keep_error(step, clean_up(step)),
            "Assign": merged(step, {"job_name": "$states.result.JobName"}),
            "Output": {},
            "Next": clean_up(step),
        },
        **cleaned(
            step,
            scope,
            "aws-sdk:batch:deregisterJobDefinition",
            {"JobDefinition": code(f"{own}.definition")},
            f"{own}.definition",
        ),
    }


def definition_request(step: BatchScoring) -> State:
    """The arguments of RegisterJobDefinition: a container on Fargate.

    Its file system is read-only but for an empty ``/tmp``; a container on Fargate is never
    privileged.
    """
    region = step.job_queue_arn.split(":")[3]
    retry: list[State] = [{key: text, "Action": "RETRY"} for key, text in PASSING]
    return {
        "JobDefinitionName": code(f"'{step.job_prefix}-' & {SHORT_ID}"),
        "Type": "container",
        "PlatformCapabilities": ["FARGATE"],
        "ContainerProperties": {
            "Image": render(step.image),
            "Command": [*step.entrypoint, *rendered(step.arguments)],
            "ExecutionRoleArn": step.execution_role_arn,
            "JobRoleArn": step.job_role_arn,
            "ResourceRequirements": [
                {"Type": "VCPU", "Value": str(step.vcpus)},
                {"Type": "MEMORY", "Value": str(step.memory_mib)},
            ],
            "ReadonlyRootFilesystem": True,
            "Volumes": [{"Name": SCRATCH}],
            "MountPoints": [{"SourceVolume": SCRATCH, "ContainerPath": "/tmp", "ReadOnly": False}],
            "NetworkConfiguration": {"AssignPublicIp": "DISABLED"},
            "LogConfiguration": {
                "LogDriver": "awslogs",
                "Options": {
                    "awslogs-group": step.log_group,
                    "awslogs-region": region,
                    "awslogs-stream-prefix": step.job_prefix,
                },
            },
        },
        "RetryStrategy": {
            "Attempts": step.attempts,
            "EvaluateOnExit": [*retry, {"OnReason": "*", "Action": "EXIT"}],
        },
        "Timeout": {"AttemptDurationSeconds": step.max_runtime_seconds},
        "PropagateTags": True,
        "Tags": dict(step.tags),
    }


def _refused_retry() -> list[State]:
    """A submission that AWS Batch refused to take on; a job that failed is not repeated."""
    names = ("AWSBatchException", "ServerException", "TooManyRequestsException")
    return [
        {
            "ErrorEquals": [f"Batch.{name}" for name in names],
            "IntervalSeconds": 10,
            "MaxAttempts": 5,
            "BackoffRate": 2,
            "JitterStrategy": "FULL",
        }
    ]


def target(step: ScoringTarget, scope: Scope) -> States:
    """Describes the version. Its number is the end of its ARN."""
    arn = expression(step.model_package_arn)
    number = f"$split({arn}, '/')[-1]"
    day = "$substring($states.context.Execution.StartTime, 0, 10)"
    container = "$states.result.InferenceSpecification.Containers[0]"
    return {
        words(step): api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeModelPackage",
            {"ModelPackageName": render(step.model_package_arn)},
            scope.following,
            Assign=variable(
                step,
                version=code(number),
                image=code(f"{container}.Image"),
                artifact_uri=code(f"{container}.ModelDataUrl"),
                folder=code(f"'dt=' & {day} & '/version=' & {number} & '/'"),
                trained_on=code(
                    "$string($lookup($states.result.CustomerMetadataProperties, "
                    "'groundplan.dataset_version')) & ''"
                ),
            ),
        ),
        **failure(step, scope),
    }


def manifest(step: WriteManifest, scope: Scope) -> States:
    """Counts page after page, compares, writes; the bucket's default encryption applies.

    Raises:
        PipelineError: If two facts have one name, or one of a name that the manifest has itself.
    """
    names = [name for name, _ in step.facts] + ["predictions"]
    for name in names:
        if names.count(name) > 1:
            raise PipelineError(
                f"steps[{step.id}].facts", "a name is there twice", got=name, fix="rename one"
            )
    name, own = words(step), f"${step.id}"
    path = f"steps[{step.id}].output_uri"
    bucket, prefix = split_s3_uri(path, step.output_uri)
    _, key = split_s3_uri(path, _below(step.output_uri, MANIFEST))
    request = (
        f"{{'Bucket': {expression(bucket)}, 'Prefix': {expression(prefix)}, "
        f"'MaxKeys': {OBJECTS_A_PAGE}}}"
    )
    ours = f"$states.result.Contents[$substring(Key, -{len(SUFFIX)}) = {json.dumps(SUFFIX)}]"
    page = (
        f"{{'predictions': {own}.predictions + $count({ours}), "
        "'token': $exists($states.result.NextContinuationToken) "
        "? $states.result.NextContinuationToken : ''}"
    )
    cause = (
        f"$string({own}.predictions) & ' predictions for ' & $string({expression(step.expected)}) "
        "& ' objects'"
    )
    facts = {fact: render(value) for fact, value in step.facts}
    return {
        f"{name} begin": {
            "Type": "Pass",
            "Assign": variable(step, predictions=0, token=""),
            "Next": f"{name} list",
        },
        f"{name} list": api_task(
            step,
            scope,
            "aws-sdk:s3:listObjectsV2",
            code(
                f"$merge([{request}, {own}.token = '' ? {{}} : {{'ContinuationToken': {own}.token}}])"
            ),
            f"{name} compare",
            Assign={step.id: code(page)},
        ),
        f"{name} compare": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"{own}.token != ''"), "Next": f"{name} list"},
                {
                    "Condition": code(f"{own}.predictions < {expression(step.expected)}"),
                    "Output": {"Error": PREDICTIONS_ERROR, "Cause": code(cause)},
                    "Next": failed(step, scope),
                },
            ],
            "Default": f"{name} write",
        },
        f"{name} write": api_task(
            step,
            scope,
            "aws-sdk:s3:putObject",
            {
                "Bucket": bucket,
                "Key": render(key),
                "ContentType": "application/json",
                "Body": {**facts, "predictions": code(f"{own}.predictions")},
            },
            scope.following,
            Assign=merged(step, {"manifest_uri": expression(_below(step.output_uri, MANIFEST))}),
        ),
        **failure(step, scope),
    }


def _below(uri: Text, name: str) -> Text:
    return Join((*(uri.parts if isinstance(uri, Join) else (uri,)), name))
