import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from groundplan.stacks.rehearsal.emulator import Emulator, Faults

TOOLING, ACCOUNT, DATA = "111111111111", "222222222222", "333333333333"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/job"


@dataclass
class World:
    """An account that runs jobs, one that holds their images, one that holds their data."""

    emulator: Emulator
    digest: str

    def client(self, service: str, account: str = ACCOUNT) -> Any:
        return self.emulator.client(service, account, REGION)

    @property
    def sagemaker(self) -> Any:
        return self.client("sagemaker")

    @property
    def image(self) -> str:
        return f"{TOOLING}.dkr.ecr.{REGION}.amazonaws.com/trainer@{self.digest}"

    def read(self, key: str) -> bytes:
        body: bytes = self.client("s3").get_object(Bucket="results", Key=key)["Body"].read()
        return body

    def training(self, name: str, **changes: Any) -> dict[str, Any]:
        """A valid request for a managed spot training job."""
        request = {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python", "train.py"],
                "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
            },
            "HyperParameters": {"epochs": "2"},
            "InputDataConfig": [
                {
                    "ChannelName": "train",
                    "DataSource": {
                        "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data-sets/v1/"}
                    },
                }
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://results/models/", "KmsKeyId": "alias/ml"},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.xlarge",
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
            "EnableManagedSpotTraining": True,
            "EnableNetworkIsolation": True,
            "CheckpointConfig": {"S3Uri": f"s3://results/checkpoints/{name}/"},
        }
        return {key: value for key, value in (request | changes).items() if value is not None}

    def processing(self, name: str, source: str = "s3://data-sets/v1/", **changes: Any) -> Any:
        """A valid request for a processing job."""
        below = "/opt/ml/processing"
        request = {
            "ProcessingJobName": name,
            "RoleArn": ROLE,
            "AppSpecification": {
                "ImageUri": self.image,
                "ContainerEntrypoint": ["python", "report.py"],
                "ContainerArguments": [f"{below}/output"],
            },
            "Environment": {"WHERE": "here"},
            "ProcessingInputs": [
                {
                    "InputName": "data",
                    "S3Input": {
                        "S3Uri": source,
                        "LocalPath": f"{below}/input/data",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "report",
                        "S3Output": {
                            "S3Uri": f"s3://results/reports/{name}",
                            "LocalPath": f"{below}/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.xlarge",
                    "VolumeSizeInGB": 10,
                }
            },
            "NetworkConfig": {"EnableNetworkIsolation": True},
        }
        return request | changes

    def finish(self, name: str, kind: str = "training") -> tuple[dict[str, Any], list[str]]:
        """Describe until the end; the last description and every status on the way."""
        operation = f"describe_{kind}_job"
        parameter, status = f"{kind.capitalize()}JobName", f"{kind.capitalize()}JobStatus"
        seen = []
        for _ in range(200):
            job = getattr(self.sagemaker, operation)(**{parameter: name})
            seen.append(job.get("SecondaryStatus", job[status]))
            if job[status] in ("Completed", "Failed", "Stopped"):
                return job, seen
        raise AssertionError(f"{name} never ends: {seen}")


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    images = {"trainer": Path(__file__).parent / "image"}
    with Emulator(images=images, workdir=tmp_path_factory.mktemp("emulator")) as emulator:
        world = World(emulator, "")
        world.client("iam").create_role(RoleName="job", AssumeRolePolicyDocument="{}")
        place = {"LocationConstraint": REGION}
        for bucket, account in (("results", ACCOUNT), ("data-sets", DATA)):
            world.client("s3", account).create_bucket(
                Bucket=bucket, CreateBucketConfiguration=place
            )
        for key, body in (("v1/rows.csv", b"1,2\n3,4\n"), ("empty/rows.csv", b"")):
            world.client("s3", DATA).put_object(Bucket="data-sets", Key=key, Body=body)
        registry = world.client("ecr", TOOLING)
        registry.create_repository(repositoryName="trainer")
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
        pushed = registry.put_image(
            repositoryName="trainer", imageManifest=json.dumps(manifest), imageTag="1"
        )
        world.digest = pushed["image"]["imageId"]["imageDigest"]
        yield world


@pytest.fixture
def world(_running: World) -> Iterator[World]:
    yield _running
    _running.emulator.faults = Faults()
