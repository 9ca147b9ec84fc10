"""Training on spot capacity."""

from collections.abc import Mapping
from typing import Any

from groundplan.pipelines.runtime.base import Outputs, Run, Step, tags
from groundplan.pipelines.runtime.jobs import describe, found, job_name, vpc_config
from groundplan.pipelines.runtime.ladder import STARTED, Kind, Rung, Seen, climb


def training(given: Step, run: Run) -> Outputs:
    """Trains on the first rung that gets capacity; seconds and savings are those of all rungs."""
    sagemaker = run.client("sagemaker")
    kind = Kind(
        name=lambda number, attempt: job_name(given, run, attempt, number),
        create=lambda name, rung: sagemaker.create_training_job(
            **training_request(given, rung, name)
        ),
        look=lambda name: look_at_training(sagemaker, name),
        stop=lambda name: sagemaker.stop_training_job(TrainingJobName=name),
    )
    rung, job, attempts = climb(given, run, kind)
    trained = sum(item["training_seconds"] for item in attempts) + job.training_seconds
    billed = sum(item["billable_seconds"] for item in attempts) + job.billable_seconds
    return {
        "job_name": job.name,
        "artifact_uri": job.described["ModelArtifacts"]["S3ModelArtifacts"],
        "instance_type": rung["instance_type"],
        "training_seconds": trained,
        "billable_seconds": billed,
        "savings_percent": savings_percent(trained, billed),
        "attempts": attempts,
    }


def savings_percent(trained: int, billed: int) -> float:
    """What was not billed of the time that was trained."""
    return round(100 * (1 - billed / trained), 1) if trained else 0


def look_at_training(sagemaker: Any, name: str) -> Seen | None:
    """What DescribeTrainingJob shows."""
    job = found(lambda: describe(sagemaker, "Training", name))
    if job is None:
        return None
    secondary = job.get("SecondaryStatus", "")
    statuses = {item["Status"] for item in job.get("SecondaryStatusTransitions", [])}
    return Seen(
        name=name,
        status=job["TrainingJobStatus"],
        secondary_status=secondary,
        reason=job.get("FailureReason", ""),
        started=bool(STARTED & (statuses | {secondary})),
        training_seconds=int(job.get("TrainingTimeInSeconds", 0)),
        billable_seconds=int(job.get("BillableTimeInSeconds", 0)),
        described=job,
    )


def training_request(given: Step, rung: Rung, name: str) -> dict[str, Any]:
    """The arguments of CreateTrainingJob."""
    job = given["job"]
    request = {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": job["image"],
            "TrainingInputMode": "File",
            "ContainerEntrypoint": job["entrypoint"],
        },
        **training_definition(given, rung),
        "Tags": tags(job["tags"]),
    }
    if given["hyperparameters"]:
        request["HyperParameters"] = hyperparameters(given)
    return request


def hyperparameters(given: Step) -> dict[str, str]:
    """As SageMaker passes them."""
    return dict(given["hyperparameters"])


def training_definition(given: Step, rung: Rung) -> dict[str, Any]:
    """What a training job needs, alone or as one of a tuning job."""
    job: Mapping[str, Any] = given["job"]
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
    return {
        "RoleArn": job["role_arn"],
        "InputDataConfig": [
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
        ],
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
        **vpc_config(job["network"]),
        **({"Environment": dict(job["environment"])} if job["environment"] else {}),
    }
