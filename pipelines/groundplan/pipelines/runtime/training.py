"""Spot training: one rung of the ladder after the other until one gets capacity."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from groundplan.pipelines.runtime.base import Outputs, Run, Step, StepFailed, tags
from groundplan.pipelines.runtime.jobs import Described, begin, describe, job_name, vpc_config

STARTED = {"Downloading", "DownloadingTrainingImage", "Training", "Uploading"}
# What a later rung may well overcome; anything else that fails a job would fail it there too.
PASSES = re.compile(
    r"CapacityError|InsufficientCapacity|InsufficientInstanceCapacity|InternalServerError",
    re.IGNORECASE,
)


def training(given: Step, run: Run) -> Outputs:
    """Trains on the first rung that gets capacity; seconds and savings are those of all rungs."""
    attempts: list[dict[str, Any]] = []
    for number, rung in enumerate(given["ladder"], 1):
        is_last = number == len(given["ladder"])
        try:
            name = begin(
                run,
                "Training",
                lambda attempt, number=number: job_name(given, run, attempt, number),  # type: ignore[misc]
                lambda name, rung=rung: run.client("sagemaker").create_training_job(  # type: ignore[misc]
                    **training_request(given, rung, name)
                ),
                _ended_badly,
            )
        except Exception as error:
            if is_last or "ResourceLimitExceeded" not in str(error):
                raise
            attempts.append(_attempt(rung, "", {"FailureReason": str(error)}, "NotCreated"))
            continue
        job = _watched(given, run, name, None if is_last else given["patience_seconds"])
        status, reason = job["TrainingJobStatus"], job.get("FailureReason", "")
        if status == "Completed":
            return trained(name, rung["instance_type"], job, attempts)
        attempts.append(_attempt(rung, name, job, status))
        if not _out_of_luck(job):
            secondary = job.get("SecondaryStatus", "")
            raise StepFailed(f"{status} {secondary}", f"job {name}: {reason}")
    raise StepFailed(
        "NoCapacity",
        "no rung of the ladder got capacity: "
        + "; ".join(f"{item['instance_type']} {item['status']}" for item in attempts),
    )


def trained(
    name: str, instance_type: str, job: Described, attempts: Sequence[Mapping[str, Any]] = ()
) -> Outputs:
    """What training leaves."""
    done = [{"training_seconds": _seconds(job), "billable_seconds": _billed(job)}, *attempts]
    seconds = sum(item["training_seconds"] for item in done)
    billed = sum(item["billable_seconds"] for item in done)
    return {
        "job_name": name,
        "artifact_uri": job["ModelArtifacts"]["S3ModelArtifacts"],
        "instance_type": instance_type,
        "training_seconds": seconds,
        "billable_seconds": billed,
        "savings_percent": round(100 * (1 - billed / seconds), 1) if seconds else 0,
        "attempts": list(attempts),
    }


def training_request(given: Step, rung: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The arguments of CreateTrainingJob."""
    job = given["job"]
    resources = {
        "InstanceCount": given["instance_count"],
        "InstanceType": rung["instance_type"],
        "VolumeSizeInGB": job["volume_gib"],
    }
    if rung["volume_key"]:
        resources["VolumeKmsKeyId"] = job["volume_kms_key_id"]
    stopping = {"MaxRuntimeInSeconds": job["max_runtime_seconds"]}
    if rung["spot"]:
        stopping["MaxWaitTimeInSeconds"] = given["max_wait_seconds"]
    request = {
        "TrainingJobName": name,
        "RoleArn": job["role_arn"],
        "AlgorithmSpecification": {
            "TrainingImage": job["image"],
            "TrainingInputMode": "File",
            "ContainerEntrypoint": job["entrypoint"],
        },
        "InputDataConfig": channels(job),
        "OutputDataConfig": {
            "S3OutputPath": job["output_uri"],
            "KmsKeyId": job["output_kms_key_id"],
        },
        "CheckpointConfig": {
            "S3Uri": given["checkpoint_uri"],
            "LocalPath": "/opt/ml/checkpoints",
        },
        "ResourceConfig": resources,
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": rung["spot"],
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        "Tags": tags(job["tags"]),
        **vpc_config(job["network"]),
    }
    if given["hyperparameters"]:
        request["HyperParameters"] = {name: str(value) for name, value in given["hyperparameters"]}
    return request


def channels(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``InputDataConfig`` of training."""
    return [
        {
            "ChannelName": channel["name"],
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": channel["uri"],
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
        }
        for channel in job["inputs"]
    ]


def _watched(given: Step, run: Run, name: str, patience: int | None) -> Described:
    """The job when it has ended; without capacity it is stopped after ``patience`` seconds."""
    sagemaker = run.client("sagemaker")
    waited, stopping = 0, False
    while True:
        job = describe(sagemaker, "Training", name)
        if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"):
            return {**job, "Stopping": stopping or _was_starved(job)}
        seen = {item["Status"] for item in job.get("SecondaryStatusTransitions", [])}
        started = bool(STARTED & (seen | {job.get("SecondaryStatus")}))
        if patience is not None and not started and not stopping and waited >= patience:
            sagemaker.stop_training_job(TrainingJobName=name)
            stopping = True
        run.sleep(run.poll_seconds)
        waited += run.poll_seconds


def _out_of_luck(job: Described) -> bool:
    """Whether a job ended for want of capacity, or of something else that a later rung may have."""
    passes = bool(PASSES.search(job.get("FailureReason", "")))
    if job["TrainingJobStatus"] == "Failed":
        return passes
    secondary = job.get("SecondaryStatus")
    starved = job["Stopping"] or passes or secondary == "MaxWaitTimeExceeded"
    return starved and secondary != "MaxRuntimeExceeded"


def _ended_badly(job: Described) -> bool:
    return job["TrainingJobStatus"] in ("Failed", "Stopped") and not _was_starved(job)


def _was_starved(job: Described) -> bool:
    """A job that never started was given up by this run: its rung need not be tried again."""
    seen = {item["Status"] for item in job.get("SecondaryStatusTransitions", [])}
    return job["TrainingJobStatus"] == "Stopped" and not STARTED & seen


def _attempt(
    rung: Mapping[str, Any], name: str, job: Mapping[str, Any], status: str
) -> dict[str, Any]:
    return {
        "instance_type": rung["instance_type"],
        "spot": rung["spot"],
        "job_name": name,
        "status": status,
        "secondary_status": job.get("SecondaryStatus", ""),
        "reason": job.get("FailureReason", ""),
        "training_seconds": _seconds(job),
        "billable_seconds": _billed(job),
    }


def _seconds(job: Mapping[str, Any]) -> int:
    return int(job.get("TrainingTimeInSeconds", 0))


def _billed(job: Mapping[str, Any]) -> int:
    return int(job.get("BillableTimeInSeconds", 0))
