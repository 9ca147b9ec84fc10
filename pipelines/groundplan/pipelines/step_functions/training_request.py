"""The arguments of CreateTrainingJob, and what a tuning job's training jobs have in common with it."""

from groundplan.pipelines.step_functions.jsonata import code, render
from groundplan.pipelines.step_functions.states import State, job_name, tags, vpc_config
from groundplan.pipelines.steps import TrainingJob, TuningJob


def request(step: TrainingJob, number: int) -> State:
    """The arguments of CreateTrainingJob on rung ``number``, counted from 1."""
    job = step.job
    arguments = definition(step, number)
    return {
        "TrainingJobName": code(job_name(step, job, number)),
        "AlgorithmSpecification": {
            "TrainingImage": arguments.pop("TrainingImage"),
            "TrainingInputMode": "File",
            "ContainerEntrypoint": list(job.entrypoint),
        },
        **arguments,
        "Tags": tags(job),
    }


def definition(step: TrainingJob | TuningJob, number: int) -> State:
    """What a training job needs, alone or as one of a tuning job; the image under its own name."""
    job, rung = step.job, step.ladder[number - 1]
    resources: State = {
        "InstanceCount": step.instance_count,
        "InstanceType": rung.instance_type,
        "VolumeSizeInGB": job.volume_gib,
    }
    if rung.volume_key:
        resources["VolumeKmsKeyId"] = job.volume_kms_key_id
    stopping: State = {"MaxRuntimeInSeconds": job.max_runtime_seconds}
    if rung.spot:
        stopping["MaxWaitTimeInSeconds"] = step.max_wait_seconds
    arguments: State = {
        "RoleArn": job.role_arn,
        "TrainingImage": render(job.image),
        "InputDataConfig": [
            {
                "ChannelName": channel.name,
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": render(channel.uri),
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for channel in job.inputs
        ],
        "OutputDataConfig": {
            "S3OutputPath": render(job.output_uri),
            "KmsKeyId": job.output_kms_key_id,
        },
        "CheckpointConfig": {
            "S3Uri": render(step.checkpoint_uri),
            "LocalPath": "/opt/ml/checkpoints",
        },
        "ResourceConfig": resources,
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": rung.spot,
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        **vpc_config(job),
    }
    if job.environment:
        arguments["Environment"] = {name: render(value) for name, value in job.environment}
    if step.hyperparameters:
        arguments["HyperParameters"] = {name: render(value) for name, value in step.hyperparameters}
    return arguments
