"""The compiled machine and the churn example's programs, executed together on the emulator."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from groundplan.pipelines import (
    MetricBound,
    Rung,
    TrainingPipelineSettings,
    definition_json,
    placeholders,
    training_pipeline,
)
from groundplan.stacks.rehearsal.emulator import Emulator, Faults

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "churn"
REGION = "eu-west-1"
TOOLING, ACCOUNT = "111111111111", "333333333333"
RULES = [
    {"column": "age", "type": "integer", "min": 18, "max": 110},
    {"column": "customer_id", "pattern": "C[0-9]{6}", "unique": True},
]

NUMBERS = count(1)

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("pipelines-emulated")]


@dataclass
class World:
    """The accounts that a training pipeline works in, and its settings."""

    emulator: Emulator
    settings: TrainingPipelineSettings
    ids: dict[str, str]

    def client(self, service: str, account: str = ACCOUNT) -> Any:
        return self.emulator.client(service, account, REGION)

    def run(self, **changes: Any) -> dict[str, Any]:
        """Execute the pipeline; its output, or ``error`` and ``cause``."""
        pipeline = training_pipeline(replace(self.settings, **changes))
        text = definition_json(pipeline)
        for name in placeholders(pipeline):
            text = text.replace(f"${{{name}}}", self.ids[name])
        states = self.client("stepfunctions")
        machine = states.create_state_machine(
            name=f"{pipeline.name}-{next(NUMBERS)}",
            definition=text,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
        )["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            found = states.describe_execution(executionArn=execution)
            if found["status"] == "SUCCEEDED":
                return dict(json.loads(found["output"]))
            if found["status"] != "RUNNING":
                return {"error": found.get("error"), "cause": found.get("cause")}
            time.sleep(0.1)
        raise AssertionError(f"{execution} never ends")

    def upload(self, folder: Path) -> None:
        for path in sorted([*folder.glob("train/*"), *folder.glob("test/*")]):
            key = f"current/{path.relative_to(folder).as_posix()}"
            self.client("s3").put_object(Bucket="churn-customers", Key=key, Body=path.read_bytes())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    images = {"churn/churn": EXAMPLE / "ml"}
    with Emulator(images=images, workdir=tmp_path_factory.mktemp("emulator")) as emulator:
        for bucket, account in (
            ("churn-customers", ACCOUNT),
            ("churn-prod-work", ACCOUNT),
            ("churn-artifacts", TOOLING),
        ):
            emulator.client("s3", account, REGION).create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        emulator.client("s3", ACCOUNT, REGION).put_bucket_versioning(
            Bucket="churn-customers", VersioningConfiguration={"Status": "Enabled"}
        )
        registry = emulator.client("ecr", TOOLING, REGION)
        registry.create_repository(repositoryName="churn/churn")
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
        registry.put_image(
            repositoryName="churn/churn", imageManifest=json.dumps(manifest), imageTag="1"
        )
        for name in ("machine", "groundplan/churn/training", "groundplan/churn/processing"):
            path, _, role = name.rpartition("/")
            emulator.client("iam", ACCOUNT, REGION).create_role(
                RoleName=role, Path=f"/{path}/" if path else "/", AssumeRolePolicyDocument="{}"
            )
        emulator.client("sns", ACCOUNT, REGION).create_topic(Name="churn-prod-alerts")
        tooling = emulator.client("sagemaker", TOOLING, REGION)
        tooling.create_model_package_group(
            ModelPackageGroupName="churn-churn", ModelPackageGroupDescription="models"
        )
        trainer = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        versions = f"arn:aws:sagemaker:{REGION}:{TOOLING}:model-package/churn-churn/*"
        group = f"arn:aws:sagemaker:{REGION}:{TOOLING}:model-package-group/churn-churn"
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": trainer,
                    "Action": ["sagemaker:CreateModelPackage"],
                    "Resource": versions,
                },
                {
                    "Effect": "Allow",
                    "Principal": trainer,
                    "Action": ["sagemaker:ListModelPackages", "sagemaker:DescribeModelPackage"],
                    "Resource": [group, versions],
                },
            ],
        }
        tooling.put_model_package_group_policy(
            ModelPackageGroupName="churn-churn", ResourcePolicy=json.dumps(policy)
        )
        yield emulator


@pytest.fixture
def world(running: Emulator, settings: TrainingPipelineSettings) -> Iterator[World]:
    network = running.client("ec2", ACCOUNT, REGION)
    vpc = network.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    subnets = [
        network.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
        for cidr in ("10.0.0.0/25", "10.0.0.128/25")
    ]
    group = network.create_security_group(GroupName="jobs", Description="jobs", VpcId=vpc)
    world = World(
        running,
        replace(
            settings,
            ladder=(
                Rung(instance_type="ml.m5.xlarge", spot=True, volume_key=True),
                Rung(instance_type="ml.m5.2xlarge", spot=True, volume_key=True),
                Rung(instance_type="ml.m5.xlarge", spot=False, volume_key=True),
            ),
            hyperparameters=(("iterations", "60"),),
            quality_rules=json.dumps(RULES, separators=(",", ":")),
            bounds=(MetricBound(metric="auc", min=0.8),),
        ),
        {
            "SubnetId0": subnets[0],
            "SubnetId1": subnets[1],
            "SecurityGroupId0": group["GroupId"],
        },
    )
    world.upload(EXAMPLE / "data")
    yield world
    running.faults = Faults()


def test_a_run_registers_what_it_trained(world: World) -> None:
    output = world.run()

    assert output.get("instance_type") == "ml.m5.xlarge", output
    assert output["metrics"]["metrics"]["auc"] > 0.85
    assert output["savings_percent"] > 0
    package = world.client("sagemaker", TOOLING).describe_model_package(
        ModelPackageName=output["model_package_arn"]
    )
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    lineage = package["CustomerMetadataProperties"]
    assert lineage["groundplan.training_image_digest"] == output["image_digest"]
    assert lineage["groundplan.fingerprint"] == output["fingerprint"]
    assert float(lineage["metric.auc"]) > 0.85
    [container] = package["InferenceSpecification"]["Containers"]
    assert container["Image"].endswith(f"churn/churn@{output['image_digest']}")
    bucket, key = container["ModelDataUrl"].removeprefix("s3://").split("/", 1)
    assert world.client("s3", TOOLING).head_object(Bucket=bucket, Key=key)["ContentLength"] > 1000


def test_without_capacity_the_next_rung_trains(world: World) -> None:
    world.emulator.faults.no_capacity = {"ml.m5.xlarge"}
    output = world.run()

    assert output.get("instance_type") == "ml.m5.2xlarge", output
    assert [attempt["status"] for attempt in output["attempts"]] == ["Stopped"]


def test_without_any_spot_capacity_it_trains_on_demand(world: World) -> None:
    world.emulator.faults.no_capacity = {"ml.m5.xlarge", "ml.m5.2xlarge"}
    output = world.run()

    assert len(output.get("attempts", [])) == 2, output
    assert output["savings_percent"] == 0


def test_an_interrupted_job_resumes(world: World) -> None:
    world.emulator.faults.interrupt = {"ml.m5.xlarge"}
    output = world.run(hyperparameters=(("iterations", "200"),))

    assert output.get("instance_type") == "ml.m5.xlarge", output
    assert output["attempts"] == []
    assert world.emulator.faults.interrupt == set()


def test_throttling_passes(world: World) -> None:
    world.emulator.faults.throttle = {"CreateTrainingJob": 2, "CreateProcessingJob": 1}
    before = len(world.emulator.jobs())
    output = world.run()

    assert output.get("instance_type") == "ml.m5.xlarge", output
    assert world.emulator.faults.throttle == {"CreateTrainingJob": 0, "CreateProcessingJob": 0}
    assert len(world.emulator.jobs()) == before + 3


def test_bad_data_stops_the_run(world: World) -> None:
    world.upload(EXAMPLE / "data" / "bad")
    output = world.run()

    assert output["error"] == "DataQualityFailed"
    assert "rule max on column age: 5 of 1100 above 110" in output["cause"]
    assert "rule unique on column customer_id: 1 of 1100 repeated" in output["cause"]


def test_a_model_below_its_gate_is_not_registered(world: World) -> None:
    output = world.run(bounds=(MetricBound(metric="auc", min=0.99),))

    assert output["error"] == "GateNotMet"
    assert "below its minimum 0.99" in output["cause"]


def test_a_failing_program_names_its_error(world: World) -> None:
    output = world.run(hyperparameters=(("iterations", "many"),))

    assert output["error"] == "TrainFailed"
    assert "ValueError: invalid literal for int()" in output["cause"]
