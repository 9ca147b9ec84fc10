"""Jobs of SageMaker: begun once in a run, waited for, stopped when they take too long."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from groundplan.pipelines.runtime.base import (
    NOT_THERE,
    Outputs,
    Run,
    Step,
    StepFailed,
    bucket_and_key,
    tags,
)

START_UP_SECONDS = 3600
MAX_ATTEMPTS = 20

Described = Mapping[str, Any]


def job_name(given: Step, run: Run, attempt: int, rung: int | None = None) -> str:
    """The name of a job: the same one when a step of the same run is carried out again."""
    suffix = given["id"].replace("_", "-") + ("" if rung is None else f"-{rung}")
    prefix = given["job_prefix"] if "job_prefix" in given else given["job"]["job_prefix"]
    return f"{prefix}-{run.short_id}-{suffix}-{attempt}"


def found(describe: Callable[[], Described]) -> Described | None:
    """What a job is like, or nothing where there is none."""
    try:
        return describe()
    except Exception as error:
        if NOT_THERE.search(str(error)):
            return None
        raise


def begin(
    run: Run,
    kind: str,
    name_of: Callable[[int], str],
    create: Callable[[str], Any],
    ended_badly: Callable[[Described], bool],
) -> str:
    """The name of a job that this run has begun already, or begins now."""
    name, exists = next_name(run, kind, name_of, ended_badly)
    if not exists:
        create(name)
    return name


def next_name(
    run: Run,
    kind: str,
    name_of: Callable[[int], str],
    ended_badly: Callable[[Described], bool],
) -> tuple[str, bool]:
    """The name that this run gives a job, and whether there is that job already.

    A step that is carried out again, because its worker was lost, must not start a second job.
    """
    sagemaker = run.client("sagemaker")
    for attempt in range(MAX_ATTEMPTS):
        name = name_of(attempt)
        known = found(lambda name=name: describe(sagemaker, kind, name))  # type: ignore[misc]
        if known is None:
            return name, False
        if not run.again or not ended_badly(known):
            return name, True
    raise StepFailed("TooManyAttempts", f"{MAX_ATTEMPTS} jobs of this run have failed")


def describe(sagemaker: Any, kind: str, name: str) -> Described:
    """What a job of ``kind`` (``Processing``, ``Training``, ``Transform``) is like."""
    call = getattr(sagemaker, f"describe_{kind.lower()}_job")
    answer: Described = call(**{f"{kind}JobName": name})
    return answer


def wait(run: Run, kind: str, name: str, seconds: int) -> Described:
    """A job that has ended well.

    Raises:
        StepFailed: If it ended otherwise, or has not ended in time; it is stopped then.
    """
    sagemaker = run.client("sagemaker")
    waited = 0
    while True:
        job = describe(sagemaker, kind, name)
        status = job[f"{kind}JobStatus"]
        if status == "Completed":
            return job
        if status in ("Failed", "Stopped"):
            raise StepFailed(status, f"job {name}: {job.get('FailureReason', '')}")
        if waited >= seconds:
            getattr(sagemaker, f"stop_{kind.lower()}_job")(**{f"{kind}JobName": name})
            raise StepFailed("Timeout", f"job {name} has not ended within {seconds} seconds")
        run.sleep(run.poll_seconds)
        waited += run.poll_seconds


def vpc_config(network: Mapping[str, Any]) -> dict[str, Any]:
    """``VpcConfig`` where the job has subnets, else nothing."""
    if not network["subnet_ids"]:
        return {}
    return {
        "VpcConfig": {
            "SecurityGroupIds": network["security_group_ids"],
            "Subnets": network["subnet_ids"],
        }
    }


def processing(given: Step, run: Run) -> Outputs:
    """Runs a container to its end and reads its report."""
    name, exists = next_processing_name(given, run)
    if not exists:
        run.client("sagemaker").create_processing_job(**processing_request(given, name))
    wait(run, "Processing", name, given["job"]["max_runtime_seconds"] + START_UP_SECONDS)
    return processed(given, run, name)


def next_processing_name(given: Step, run: Run) -> tuple[str, bool]:
    """The name of the step's job, and whether there is that job already."""
    return next_name(
        run,
        "Processing",
        lambda attempt: job_name(given, run, attempt),
        lambda job: job["ProcessingJobStatus"] in ("Failed", "Stopped"),
    )


def processed(given: Step, run: Run, name: str) -> Outputs:
    """What a processing job has left."""
    outputs: Outputs = {"job_name": name, "output_uri": given["job"]["output_uri"]}
    if given["report"] is not None:
        uri = given["job"]["output_uri"] + given["report"]
        bucket, key = bucket_and_key(uri)
        body = run.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        outputs |= {"report": json.loads(body), "report_uri": uri}
    return outputs


def processing_request(given: Step, name: str) -> dict[str, Any]:
    """The arguments of CreateProcessingJob."""
    job = given["job"]
    container = {"ImageUri": job["image"], "ContainerEntrypoint": job["entrypoint"]}
    if job["arguments"]:
        container["ContainerArguments"] = job["arguments"]
    cluster = {
        "InstanceCount": 1,
        "InstanceType": given["instance_type"],
        "VolumeSizeInGB": job["volume_gib"],
    }
    if given["volume_key"]:
        cluster["VolumeKmsKeyId"] = job["volume_kms_key_id"]
    return {
        "ProcessingJobName": name,
        "RoleArn": job["role_arn"],
        "AppSpecification": container,
        "ProcessingInputs": [
            {
                "InputName": channel["name"],
                "S3Input": {
                    "S3Uri": channel["uri"],
                    "LocalPath": f"/opt/ml/processing/input/{channel['name']}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for channel in job["inputs"]
        ],
        "ProcessingOutputConfig": {
            "KmsKeyId": job["output_kms_key_id"],
            "Outputs": [
                {
                    "OutputName": "report",
                    "S3Output": {
                        "S3Uri": job["output_uri"],
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ],
        },
        "ProcessingResources": {"ClusterConfig": cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": job["max_runtime_seconds"]},
        "NetworkConfig": {
            "EnableInterContainerTrafficEncryption": True,
            "EnableNetworkIsolation": given["isolated"],
            **vpc_config(job["network"]),
        },
        "Tags": tags(job["tags"]),
    }
