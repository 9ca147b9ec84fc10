"""Batch transform: a model's container answers each object."""

import io
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::222222222222:role/job"


def request(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "TransformJobName": name,
        "ModelName": "lengths",
        "TransformInput": {
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data-sets/v1/"}
            },
            "ContentType": "text/csv",
        },
        "TransformOutput": {"S3OutputPath": f"s3://results/answers/{name}/"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
        **changes,
    }


@pytest.fixture
def model(world: Any) -> Iterator[str]:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        info = tarfile.TarInfo("model.txt")
        info.size = 5
        packed.addfile(info, io.BytesIO(b"sized"))
    storage = world.client("s3")
    storage.put_object(Bucket="results", Key="m/model.tar.gz", Body=archive.getvalue())
    container = {"Image": world.image, "ModelDataUrl": "s3://results/m/model.tar.gz"}
    world.sagemaker.create_model(ModelName="lengths", ExecutionRoleArn=ROLE, Containers=[container])
    yield "lengths"
    world.sagemaker.delete_model(ModelName="lengths")


def test_the_model_answers_each_object(world: Any, model: str) -> None:
    world.sagemaker.create_transform_job(**request("t-plain"))

    job, seen = world.finish("t-plain", "transform")

    assert seen == ["InProgress", "Completed"]
    assert job["TransformJobArn"].endswith(":transform-job/t-plain")
    assert world.read("answers/t-plain/rows.csv.out") == b"sized 8 text/csv"
    record = world.emulator.jobs()[-1]
    assert (record.kind, record.name, record.status) == ("transform", "t-plain", "Completed")


def test_fails_when_the_model_refuses_a_request(world: Any, model: str) -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data-sets/empty/"}}
    world.sagemaker.create_transform_job(
        **request("t-empty", TransformInput={"DataSource": source, "ContentType": "text/csv"})
    )

    job, _ = world.finish("t-empty", "transform")

    assert job["TransformJobStatus"] == "Failed"
    assert "400, sized 0 text/csv" in job["FailureReason"]


def test_can_be_stopped(world: Any, model: str) -> None:
    world.sagemaker.create_transform_job(**request("t-stop"))

    world.sagemaker.stop_transform_job(TransformJobName="t-stop")

    assert world.finish("t-stop", "transform")[1] == ["Stopping", "Stopped"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ModelName": "other"}, "Could not find model"),
        (
            {"TransformResources": {"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1}},
            "failed to satisfy constraint",
        ),
        (
            {
                "TransformResources": {
                    "InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeKmsKeyId": "alias/k",
                }
            },
            "VolumeKmsKeyId is not supported for ml.g5.xlarge",
        ),
    ],
)  # fmt: skip
def test_fails_to_create_what_sagemaker_refuses(
    world: Any, model: str, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ClientError, match=problem):
        world.sagemaker.create_transform_job(**request("t-wrong", **changes))


def test_fails_to_make_a_model_whose_name_is_taken(world: Any, model: str) -> None:
    with pytest.raises(ClientError, match="Cannot create already existing model"):
        world.sagemaker.create_model(
            ModelName=model, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": world.image}
        )
