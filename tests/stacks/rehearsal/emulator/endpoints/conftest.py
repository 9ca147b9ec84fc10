import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from groundplan.stacks.rehearsal.emulator import Emulator, Faults

TOOLING, ACCOUNT = "111111111111", "222222222222"
REGION = "eu-west-1"


@dataclass
class World:
    """An account that serves models, and one that registers them."""

    emulator: Emulator
    image: str = ""

    def client(self, service: str, account: str = ACCOUNT) -> Any:
        return self.emulator.client(service, account, REGION)

    def sagemaker(self, account: str = ACCOUNT) -> Any:
        return self.client("sagemaker", account)

    def group(self, name: str, *, shared: bool) -> str:
        """A model package group of the tooling account; its ARN."""
        tooling = self.sagemaker(TOOLING)
        arn: str = tooling.create_model_package_group(
            ModelPackageGroupName=name, ModelPackageGroupDescription="models"
        )["ModelPackageGroupArn"]
        if shared:
            policy = {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                        "Action": ["sagemaker:*ModelPackage", "sagemaker:ListModelPackages"],
                        "Resource": "*",
                    }
                ],
            }
            tooling.put_model_package_group_policy(
                ModelPackageGroupName=name, ResourcePolicy=json.dumps(policy)
            )
        return arn

    def register(self, group: str, **changes: Any) -> str:
        """A version in a group, created by the serving account; its ARN."""
        request = {
            "ModelPackageGroupName": group,
            "InferenceSpecification": {
                "Containers": [{"Image": self.image, "ModelDataUrl": "s3://artefacts/m.tar.gz"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            "CustomerMetadataProperties": {"fingerprint": "abc"},
        }
        arn: str = self.sagemaker().create_model_package(**(request | changes))["ModelPackageArn"]
        return arn

    def config(self, name: str, instance_type: str = "ml.m5.large", **changes: Any) -> str:
        """An endpoint configuration with one variant of two instances."""
        variant = {
            "VariantName": "main",
            "ModelName": "model",
            "InstanceType": instance_type,
            "InitialInstanceCount": 2,
            "InitialVariantWeight": 1.0,
        }
        self.sagemaker().create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant | changes]
        )
        return name

    def endpoint(self, name: str, config: str) -> str:
        self.sagemaker().create_endpoint(EndpointName=name, EndpointConfigName=config)
        return name


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Emulator(images={}, workdir=tmp_path_factory.mktemp("emulator")) as emulator:
        world = World(emulator)
        registry = world.client("ecr", TOOLING)
        registry.create_repository(repositoryName="server")
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
        registry.put_image(
            repositoryName="server", imageManifest=json.dumps(manifest), imageTag="1"
        )
        world.image = f"{TOOLING}.dkr.ecr.{REGION}.amazonaws.com/server:1"
        storage = world.client("s3", TOOLING)
        storage.create_bucket(
            Bucket="artefacts", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        storage.put_object(Bucket="artefacts", Key="m.tar.gz", Body=b"model")
        world.sagemaker().create_model(
            ModelName="model",
            ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/model",
            PrimaryContainer={"Image": world.image},
        )
        yield world


@pytest.fixture
def world(_running: World) -> Iterator[World]:
    yield _running
    _running.emulator.faults = Faults()
