"""States of a processing job: run it, wait for it, read its report."""

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import code, parsed_body, render, split_s3_uri
from groundplan.pipelines.step_functions.states import (
    MAX_JOB_RETRIES,
    Scope,
    State,
    States,
    api_task,
    catch,
    failure,
    job_name,
    merged,
    rendered,
    tags,
    throttling_retry,
    variable,
    vpc_config,
    words,
)
from groundplan.pipelines.steps import ProcessingJob
from groundplan.pipelines.values import Join, Text

MAX_ARGUMENT = 256
MAX_ARGUMENTS = 100
START_UP_SECONDS = 3600


def processing(step: ProcessingJob, scope: Scope) -> States:
    """Runs the job with ``.sync``; what it writes is small, so its report is read into the run."""
    name = words(step)
    reported: State = {}
    states: States = {}
    following = scope.following
    if step.report is not None:
        report_uri = _below(step.job.output_uri, step.report)
        bucket, key = split_s3_uri(f"steps[{step.id}].job.output_uri", report_uri)
        reported = {"report_uri": render(report_uri)}
        following = f"{name} report"
        states[following] = api_task(
            step,
            scope,
            "aws-sdk:s3:getObject",
            {"Bucket": bucket, "Key": render(key)},
            scope.following,
            Assign=merged(step, {"report": parsed_body()}),
        )
    return {
        f"{name} run": {
            "Type": "Task",
            "Resource": scope.resource("sagemaker:createProcessingJob.sync"),
            "Arguments": request(step),
            "TimeoutSeconds": step.job.max_runtime_seconds + START_UP_SECONDS,
            "Retry": _start_retry(),
            "Catch": catch(step, scope),
            "Assign": variable(
                step,
                job_name=code("$states.result.ProcessingJobName"),
                output_uri=render(step.job.output_uri),
                **reported,
            ),
            "Output": {},
            "Next": following,
        },
        **states,
        **failure(step, scope),
    }


def _below(uri: Text, name: str) -> Text:
    return Join((*(uri.parts if isinstance(uri, Join) else (uri,)), name))


def request(step: ProcessingJob) -> State:
    """The arguments of CreateProcessingJob.

    Raises:
        PipelineError: If the arguments of the container are more than SageMaker takes.
    """
    job = step.job
    literal = [argument for argument in job.arguments if isinstance(argument, str)]
    if len(job.arguments) > MAX_ARGUMENTS or any(len(text) > MAX_ARGUMENT for text in literal):
        raise PipelineError(
            f"steps[{step.id}].job.arguments",
            f"must be at most {MAX_ARGUMENTS} of {MAX_ARGUMENT} characters each",
            got=f"{len(job.arguments)} of at most {max(map(len, literal), default=0)}",
            fix="for a data-quality check, use fewer or shorter rules",
        )
    container: State = {"ImageUri": render(job.image), "ContainerEntrypoint": list(job.entrypoint)}
    if job.arguments:
        container["ContainerArguments"] = rendered(job.arguments)
    cluster: State = {
        "InstanceCount": 1,
        "InstanceType": step.instance_type,
        "VolumeSizeInGB": job.volume_gib,
    }
    if step.volume_key:
        cluster["VolumeKmsKeyId"] = job.volume_kms_key_id
    return {
        "ProcessingJobName": code(job_name(step, job)),
        "RoleArn": job.role_arn,
        "AppSpecification": container,
        "ProcessingInputs": [
            {
                "InputName": channel.name,
                "S3Input": {
                    "S3Uri": render(channel.uri),
                    "LocalPath": f"/opt/ml/processing/input/{channel.name}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for channel in job.inputs
        ],
        "ProcessingOutputConfig": {
            "KmsKeyId": job.output_kms_key_id,
            "Outputs": [
                {
                    "OutputName": "report",
                    "S3Output": {
                        "S3Uri": render(job.output_uri),
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ],
        },
        "ProcessingResources": {"ClusterConfig": cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": job.max_runtime_seconds},
        "NetworkConfig": {
            "EnableInterContainerTrafficEncryption": True,
            "EnableNetworkIsolation": step.isolated,
            **vpc_config(job),
        },
        "Tags": tags(job),
    }


def _start_retry() -> list[State]:
    """Throttling, by either name that Step Functions gives it.

    The second name covers other refusals of the call too. Repeating one is safe: the job only reads
    its inputs and writes the same report again.
    """
    retry = throttling_retry("SageMaker")
    others = retry[0] | {
        "ErrorEquals": ["SageMaker.AmazonSageMakerException", "SageMaker.SageMakerException"],
        "MaxAttempts": MAX_JOB_RETRIES - 2,
    }
    return [*retry, others]
