"""The standard training pipeline, compiled and run with real scripts over three accounts."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from groundplan.pipelines import (
    MetricBound,
    Rung,
    TrainingPipelineSettings,
    definition_json,
    training_pipeline,
)
from groundplan.pipelines.settings import TuningSettings
from groundplan.pipelines.steps import TuningRange
from groundplan.stacks.rehearsal.emulator import Emulator, Faults

TOOLING, ACCOUNT, DATA = "111111111111", "222222222222", "333333333333"
REGION = "eu-west-1"
GROUP = f"arn:aws:sagemaker:{REGION}:{TOOLING}:model-package-group/mean"
SETTINGS = TrainingPipelineSettings(
    project="means",
    environment="prod",
    model="mean",
    region=REGION,
    account=ACCOUNT,
    partition="aws",
    job_prefix="means-prod",
    training_role_arn=f"arn:aws:iam::{ACCOUNT}:role/train",
    processing_role_arn=f"arn:aws:iam::{ACCOUNT}:role/train",
    image_registry_account=TOOLING,
    image_repository="means",
    serving_image_repository="means",
    dataset_uri="s3://means-data/v1/",
    artifacts_uri="s3://means-artefacts/models/",
    evaluations_uri="s3://means-artefacts/evaluations/",
    work_uri="s3://means-work/",
    artifacts_kms_key_id="alias/artefacts",
    work_kms_key_id="alias/work",
    volume_kms_key_id="alias/volumes",
    ladder=(
        Rung(instance_type="ml.m5.xlarge", spot=True, volume_key=True),
        Rung(instance_type="ml.c5.xlarge", spot=False, volume_key=True),
    ),
    max_wait_seconds=7200,
    max_runtime_seconds=3600,
    processing_instance_type="ml.m5.large",
    processing_volume_key=True,
    bounds=(MetricBound(metric="error", max=1.0),),
    model_package_group_arn=GROUP,
    topic_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:means-alerts",
    event_bus_arn=f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/means-events",
    subnet_ids=("${Subnet}",),
    security_group_ids=("${Group}",),
    tags=(("project", "means"),),
)


@dataclass
class World:
    emulator: Emulator
    substitutions: dict[str, str]

    def client(self, service: str, account: str = ACCOUNT) -> Any:
        return self.emulator.client(service, account, REGION)

    def run(
        self, name: str, settings: TrainingPipelineSettings = SETTINGS, force: str = "yes"
    ) -> dict[str, Any]:
        definition = definition_json(training_pipeline(settings))
        for placeholder, value in self.substitutions.items():
            definition = definition.replace(placeholder, value)
        sfn = self.client("stepfunctions")
        machine = sfn.create_state_machine(
            name=name, definition=definition, roleArn=f"arn:aws:iam::{ACCOUNT}:role/pipeline"
        )["stateMachineArn"]
        started = sfn.start_execution(stateMachineArn=machine, input=json.dumps({"force": force}))
        arn = started["executionArn"]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            execution: dict[str, Any] = sfn.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.05)
        raise AssertionError(f"{name} never ends")


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    images = {"means": Path(__file__).parent / "image"}
    with Emulator(images=images, workdir=tmp_path_factory.mktemp("emulator")) as emulator:
        world = World(emulator, {})
        world.client("iam").create_role(RoleName="train", AssumeRolePolicyDocument="{}")
        world.client("sns").create_topic(Name="means-alerts")
        world.client("events").create_event_bus(Name="means-events")
        network = world.client("ec2")
        vpc = network.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = network.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = network.create_security_group(VpcId=vpc, GroupName="jobs", Description="jobs")
        world.substitutions = {"${Subnet}": subnet, "${Group}": group["GroupId"]}
        for account, bucket in ((DATA, "data"), (ACCOUNT, "work"), (TOOLING, "artefacts")):
            storage = world.client("s3", account)
            storage.create_bucket(
                Bucket=f"means-{bucket}", CreateBucketConfiguration={"LocationConstraint": REGION}
            )
            storage.put_bucket_versioning(
                Bucket=f"means-{bucket}", VersioningConfiguration={"Status": "Enabled"}
            )
        for key, body in (
            ("v1/train/a.csv", "1,2\n3,4\n"),
            ("v1/test/a.csv", "2,4\n"),
            ("bad/train/a.csv", "-1,2\n"),
            ("bad/test/a.csv", "1,2\n"),
        ):
            world.client("s3", DATA).put_object(Bucket="means-data", Key=key, Body=body.encode())
        registry = world.client("ecr", TOOLING)
        registry.create_repository(repositoryName="means")
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
        registry.put_image(repositoryName="means", imageManifest=json.dumps(manifest), imageTag="1")
        tooling = world.client("sagemaker", TOOLING)
        tooling.create_model_package_group(ModelPackageGroupName="mean")
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": [
                "sagemaker:CreateModelPackage",
                "sagemaker:DescribeModelPackage",
                "sagemaker:ListModelPackages",
            ],
            "Resource": [GROUP, f"{GROUP.replace('model-package-group', 'model-package')}/*"],
        }
        tooling.put_model_package_group_policy(
            ModelPackageGroupName="mean",
            ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        yield world


@pytest.fixture
def world(_running: World) -> Iterator[World]:
    yield _running
    _running.emulator.faults = Faults()


def test_pipeline_registers_a_model_in_the_tooling_account(world: World) -> None:
    execution = world.run("happy")

    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    output = json.loads(execution["output"])
    assert output["metrics"]["metrics"] == {"error": 0.5}
    assert (output["instance_type"], output["savings_percent"]) == ("ml.m5.xlarge", 70)
    package = world.client("sagemaker", TOOLING).describe_model_package(
        ModelPackageName=output["model_package_arn"]
    )
    container = package["InferenceSpecification"]["Containers"][0]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert container["Image"].endswith(f"/means@{output['image_digest']}")
    assert package["CustomerMetadataProperties"]["metric.error"] == "0.5"
    assert (
        package["CustomerMetadataProperties"]["groundplan.training_job"] == (output["training_job"])
    )
    kinds = [job.kind for job in world.emulator.jobs()]
    assert kinds == ["processing", "training", "processing"]


def test_a_second_run_of_the_same_trains_nothing(world: World) -> None:
    first = json.loads(world.run("first", force="no")["output"])
    before = len(world.emulator.jobs())

    again = world.run("again", force="no")
    output = json.loads(again["output"])
    assert (again["status"], output["reused"]) == ("SUCCEEDED", "yes")
    assert output["model_package_arn"] == first["model_package_arn"]
    assert len(world.emulator.jobs()) == before

    changed = replace(SETTINGS, hyperparameters=(("rate", "0.1"),))
    other = json.loads(world.run("changed", changed, force="no")["output"])
    assert other["reused"] == "no"
    assert other["model_package_arn"] != first["model_package_arn"]

    world.client("sagemaker", TOOLING).delete_model_package(
        ModelPackageName=other["model_package_arn"]
    )
    assert json.loads(world.run("deleted", changed, force="no")["output"])["reused"] == "no"


def test_tuning_registers_the_best_of_its_models(world: World) -> None:
    shifts = TuningRange(name="shift", kind="continuous", min=-0.9, max=0.9)
    tuning = TuningSettings(
        metric="distance", goal="Minimize", ranges=(shifts,), max_jobs=4, parallel_jobs=2
    )
    before = len(world.emulator.jobs())

    execution = world.run("tuned", replace(SETTINGS, tuning=tuning))

    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    output = json.loads(execution["output"])
    trials = [job for job in world.emulator.jobs()[before:] if job.kind == "training"]
    assert len(trials) == 4
    best = min(trials, key=lambda job: abs(float(job.request["HyperParameters"]["shift"])))
    assert output["training_job"] == best.name
    shift = float(best.request["HyperParameters"]["shift"])
    assert output["metrics"]["metrics"]["error"] == pytest.approx(abs(0.5 - shift))


def test_next_rung_is_taken_without_spot_capacity(world: World) -> None:
    world.emulator.faults.no_capacity.add("ml.m5.xlarge")

    execution = world.run("starved")

    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    output = json.loads(execution["output"])
    assert (output["instance_type"], output["savings_percent"]) == ("ml.c5.xlarge", 0)
    assert [attempt["status"] for attempt in output["attempts"]] == ["Stopped"]
    trained = [job for job in world.emulator.jobs() if job.kind == "training"][-2:]
    assert [(job.spot, job.status) for job in trained] == [(True, "Stopped"), (False, "Completed")]


def test_throttling_and_interruption_are_survived(world: World) -> None:
    world.emulator.faults.throttle |= {"CreateTrainingJob": 2, "DescribeTrainingJob": 1}
    world.emulator.faults.interrupt.add("ml.m5.xlarge")

    execution = world.run("disturbed")

    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    assert set(world.emulator.faults.throttle.values()) == {0}
    assert json.loads(execution["output"])["training_seconds"] == 900


def test_fails_on_bad_data_before_training(world: World) -> None:
    before = len(world.emulator.jobs())

    execution = world.run("bad-data", replace(SETTINGS, dataset_uri="s3://means-data/bad/"))

    assert (execution["status"], execution["error"]) == ("FAILED", "DataQualityFailed")
    assert len(world.emulator.jobs()) == before + 1


def test_fails_at_the_gate_without_registering(world: World) -> None:
    tooling = world.client("sagemaker", TOOLING)
    listed = {"ModelPackageGroupName": "mean"}
    before = len(tooling.list_model_packages(**listed)["ModelPackageSummaryList"])
    bounds = (MetricBound(metric="error", max=0.1),)

    execution = world.run("strict", replace(SETTINGS, bounds=bounds))

    assert (execution["status"], execution["error"]) == ("FAILED", "GateNotMet")
    assert len(tooling.list_model_packages(**listed)["ModelPackageSummaryList"]) == before


def test_fails_with_the_reason_of_a_failed_job(world: World) -> None:
    world.emulator.faults.job_failure["-train-"] = "AlgorithmError: out of memory"

    execution = world.run("failing")

    assert execution["status"] == "FAILED"
    assert "out of memory" in execution["cause"]
