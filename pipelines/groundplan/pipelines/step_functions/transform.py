"""States of a batch transform: make the model, score, delete the model."""

from groundplan.pipelines.step_functions.cleanup import (
    NOTHING,
    clean_up,
    cleaned,
    keep_error,
    kept_error,
)
from groundplan.pipelines.step_functions.jsonata import SHORT_ID, code, render
from groundplan.pipelines.step_functions.states import (
    Scope,
    State,
    States,
    api_task,
    failed,
    job_name,
    merged,
    tags,
    throttling_retry,
    variable,
    vpc_config,
    words,
)
from groundplan.pipelines.steps import BatchTransform

START_UP_SECONDS = 3600
CAPACITY_PAUSE_SECONDS = 900


def transform(step: BatchTransform, scope: Scope) -> States:
    """Scores every object below the prefix; the model is deleted whatever happens.

    The model has one name for the whole execution. After an error that leaves open whether it was
    made it is looked for by that name, so that no attempt leaves one behind. SageMaker knows no
    longest time for a transform job: the state's own ends it, which stops the job.
    """
    name, own = words(step), f"${step.id}"
    check, run = f"{name} model check", f"{name} run"
    model = f"'{step.job_prefix}-' & {SHORT_ID} & '-{step.id.replace('_', '-')}'"
    begin = variable(
        step, model_name=code(model), output_uri=render(step.output_uri), job_name="", **NOTHING
    )
    lost: State = {
        "ErrorEquals": ["States.ALL"],
        "Output": kept_error(step),
        "Next": failed(step, scope),
    }
    return {
        f"{name} begin": {"Type": "Pass", "Assign": begin, "Next": f"{name} model"},
        f"{name} model": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:createModel",
            {
                "ModelName": code(f"{own}.model_name"),
                "ExecutionRoleArn": step.execution_role_arn,
                "Containers": [{"ModelPackageName": render(step.model_package_arn)}],
                "EnableNetworkIsolation": True,
                **vpc_config(step),
                "Tags": tags(step),
            },
            run,
            Catch=keep_error(step, check),
        ),
        check: api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeModel",
            {"ModelName": code(f"{own}.model_name")},
            run,
            Assign=merged(step, {"error": "''", "cause": "''"}),
            Catch=[lost],
        ),
        run: {
            "Type": "Task",
            "Resource": scope.resource("sagemaker:createTransformJob.sync"),
            "Arguments": request(step),
            "TimeoutSeconds": step.max_runtime_seconds + START_UP_SECONDS,
            "Retry": [*throttling_retry("SageMaker"), _once_more()],
            "Catch": keep_error(step, clean_up(step)),
            "Assign": merged(step, {"job_name": "$states.result.TransformJobName"}),
            "Output": {},
            "Next": clean_up(step),
        },
        **cleaned(
            step,
            scope,
            "aws-sdk:sagemaker:deleteModel",
            {"ModelName": code(f"{own}.model_name")},
            f"{own}.model_name",
        ),
    }


def request(step: BatchTransform) -> State:
    """The arguments of CreateTransformJob."""
    resources: State = {"InstanceType": step.instance_type, "InstanceCount": step.instance_count}
    if step.volume_key:
        resources["VolumeKmsKeyId"] = step.volume_kms_key_id
    return {
        "TransformJobName": code(job_name(step, step)),
        "ModelName": code(f"${step.id}.model_name"),
        "TransformInput": {
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": render(step.input_uri)}
            },
            "ContentType": step.content_type,
            "SplitType": "None",
        },
        "TransformOutput": {
            "S3OutputPath": render(step.output_uri),
            "KmsKeyId": step.output_kms_key_id,
            "Accept": "application/json",
        },
        "TransformResources": resources,
        "Tags": tags(step),
    }


def _once_more() -> State:
    """One more try, of a refused call or of a job that failed, for want of capacity perhaps.

    Repeating is safe: a job writes the same objects again.
    """
    return {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": CAPACITY_PAUSE_SECONDS,
        "MaxAttempts": 1,
        "JitterStrategy": "FULL",
    }
