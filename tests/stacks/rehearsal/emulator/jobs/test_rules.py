from typing import Any

import pytest
from botocore.exceptions import ClientError

_PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


def _refusal(world: Any, operation: str, request: dict[str, Any]) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(world.sagemaker, operation)(**request)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


@pytest.mark.parametrize("name", ["under_score", "x" * 64])
def test_fails_on_a_name_that_sagemaker_does_not_take(world: Any, name: str) -> None:
    message = _refusal(world, "create_training_job", world.training(name))

    assert message.startswith("ValidationException: ")
    assert f"Value '{name}' at 'trainingJobName' failed to satisfy constraint" in message


def test_fails_on_a_name_that_exists(world: Any) -> None:
    world.sagemaker.create_training_job(**world.training("t-once"))

    message = _refusal(world, "create_training_job", world.training("t-once"))

    assert message.startswith("ResourceInUse: Training job names must be unique")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 90, "MaxWaitTimeInSeconds": 60}},
            "MaxWaitTimeInSeconds 60 must be at least MaxRuntimeInSeconds 90",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 90}},
            "MaxWaitTimeInSeconds must be given when EnableManagedSpotTraining is true",
        ),
        (
            {"EnableManagedSpotTraining": False},
            "MaxWaitTimeInSeconds is only for jobs with EnableManagedSpotTraining",
        ),
        (
            {"RoleArn": "arn:aws:iam::222222222222:role/nobody"},
            "Could not assume role arn:aws:iam::222222222222:role/nobody: it does not exist",
        ),
        (
            {"RoleArn": "arn:aws:iam::333333333333:role/job"},
            "Cross-account pass role is not allowed: arn:aws:iam::333333333333:role/job",
        ),
        (
            {"VpcConfig": {"Subnets": ["subnet-0"], "SecurityGroupIds": ["sg-0"]}},
            "The subnet subnet-0 does not exist",
        ),
        (
            {
                "ResourceConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.g5.xlarge",
                    "VolumeSizeInGB": 10,
                    "VolumeKmsKeyId": "alias/ml",
                }
            },
            "VolumeKmsKeyId is not supported for ml.g5.xlarge: its storage is local NVMe",
        ),
    ],
)
def test_fails_on_what_sagemaker_refuses(world: Any, changes: dict[str, Any], message: str) -> None:
    request = world.training("t-refused", **changes)

    assert _refusal(world, "create_training_job", request) == f"ValidationException: {message}"


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("{registry}/trainer:none", "not found."),
        ("{registry}/nobody:1", "not found: no such repository."),
        ("example.com/trainer:1", "is not in an ECR repository."),
    ],
)
def test_fails_on_an_image_that_was_not_pushed(world: Any, uri: str, message: str) -> None:
    image = uri.format(registry=world.image.split("/")[0])
    request = world.processing("p-image")
    request["AppSpecification"]["ImageUri"] = image

    refusal = _refusal(world, "create_processing_job", request)

    assert refusal == f"ValidationException: Requested image {image} {message}"


def test_fails_on_a_path_outside_of_processing(world: Any) -> None:
    request = world.processing("p-path")
    request["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/opt/ml/input"

    assert _refusal(world, "create_processing_job", request) == (
        "ValidationException: LocalPath '/opt/ml/input' of data must be below /opt/ml/processing/"
    )


def test_fails_on_an_instance_type_that_does_not_exist(world: Any) -> None:
    request = world.training("t-type")
    request["ResourceConfig"]["InstanceType"] = "ml.m5.huge"

    message = _refusal(world, "create_training_job", request)

    assert "Value 'ml.m5.huge' at 'resourceConfig.instanceType'" in message


def test_fails_on_a_job_that_does_not_exist(world: Any) -> None:
    message = _refusal(world, "describe_training_job", {"TrainingJobName": "t-nobody"})

    assert message == "ValidationException: Requested resource not found."
