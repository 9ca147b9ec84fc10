"""The compiled release machine, executed on the emulator against a real serving stack."""

import io
import json
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from groundplan.pipelines import (
    ReleaseApproval,
    ReleasePipelineSettings,
    ReleaseTarget,
    definition_json,
    release_pipeline,
)
from groundplan.pipelines.jobs import serve
from groundplan.stacks.rehearsal.emulator import Emulator, Faults

TOOLING, ACCOUNT, REGION = "111111111111", "333333333333", "eu-west-1"
GROUP = f"arn:aws:sagemaker:{REGION}:{TOOLING}:model-package-group/slopes"
APPROVER = f"arn:aws:iam::{TOOLING}:role/people/approver"
MODEL = """
import json


def load(directory):
    return json.loads((directory / "slope.json").read_text())


def predict(model, rows):
    return [model * float(row["x"]) for row in rows]
"""
TEMPLATE = Path(__file__).parent / "serving_stack.json"


@dataclass
class World:
    """A registry, an environment with a serving stack, and its release machine."""

    emulator: Emulator
    settings: ReleasePipelineSettings
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def client(self, service: str, account: str = ACCOUNT, role: str | None = None) -> Any:
        return self.emulator.client(service, account, REGION, role)

    def register(self, slope: int, *, told: int | None = None) -> str:
        """A version with stored cases, approved in staging; its ARN."""
        name = f"slope-{next(self.numbers)}"
        put = self.client("s3", TOOLING).put_object
        put(Bucket="artefacts", Key=f"{name}.tar.gz", Body=archive(str(slope)))
        case = {"body": '{"instances": [{"x": 2}, {"x": 0.5}]}'}
        right = slope if told is None else told
        cases = [case | {"answer": {"predictions": [right * 2, right * 0.5]}}] * 3
        document = json.dumps({"content_type": "application/json", "cases": cases})
        put(Bucket="artefacts", Key=f"evaluations/{name}.json", Body=document.encode())
        image = f"{TOOLING}.dkr.ecr.{REGION}.amazonaws.com/server:1"
        arn: str = self.client("sagemaker", TOOLING).create_model_package(
            ModelPackageGroupName="slopes",
            ModelApprovalStatus="Approved",
            InferenceSpecification={
                "Containers": [{"Image": image, "ModelDataUrl": f"s3://artefacts/{name}.tar.gz"}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            CustomerMetadataProperties={
                "groundplan.cases_uri": f"s3://artefacts/evaluations/{name}.json"
            },
        )["ModelPackageArn"]
        return arn

    def approve(self, version: str, status: str = "Approved", role: str = APPROVER) -> None:
        self.client("sagemaker", TOOLING, role).update_model_package(
            ModelPackageArn=version,
            ModelLifeCycle={"Stage": "Production", "StageStatus": status},
        )

    def run(self, version: str, **given: str) -> dict[str, Any]:
        """Execute a release; its output, or ``error`` and ``cause``."""
        states = self.client("stepfunctions")
        machine = states.create_state_machine(
            name=f"release-{next(self.numbers)}",
            definition=definition_json(release_pipeline(self.settings)),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
        )["stateMachineArn"]
        execution = states.start_execution(
            stateMachineArn=machine,
            input=json.dumps({"model": "slopes", "version": version} | given),
        )["executionArn"]
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            found = states.describe_execution(executionArn=execution)
            if found["status"] == "SUCCEEDED":
                return dict(json.loads(found["output"]))
            if found["status"] != "RUNNING":
                return {"error": found.get("error"), "cause": found.get("cause")}
            time.sleep(0.05)
        raise AssertionError(f"{execution} never ends")

    def slope(self) -> float:
        """What the endpoint makes of 1."""
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName="slopes", ContentType="application/json", Body='{"instances": [{"x": 1}]}'
        )
        slope: float = json.loads(answer["Body"].read())["predictions"][0]
        return slope

    def configs(self) -> int:
        listed = self.client("sagemaker").list_endpoint_configs()["EndpointConfigs"]
        return len(listed)

    def models(self) -> int:
        return len(self.client("sagemaker").list_models()["Models"])

    def live(self) -> str:
        value: str = self.client("ssm").get_parameter(Name="/slopes/live")["Parameter"]["Value"]
        return value

    def locks(self) -> list[Any]:
        found: list[Any] = self.client("dynamodb").scan(TableName="locks")["Items"]
        return found


def archive(slope: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        info = tarfile.TarInfo("slope.json")
        info.size = len(slope)
        packed.addfile(info, io.BytesIO(slope.encode()))
    return buffer.getvalue()


def prepare_registry(emulator: Emulator) -> None:
    registry = emulator.client("ecr", TOOLING, REGION)
    registry.create_repository(repositoryName="server")
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    registry.put_image(repositoryName="server", imageManifest=json.dumps(manifest), imageTag="1")
    emulator.client("s3", TOOLING, REGION).create_bucket(
        Bucket="artefacts", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    models = emulator.client("sagemaker", TOOLING, REGION)
    models.create_model_package_group(ModelPackageGroupName="slopes")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["sagemaker:CreateModel", "sagemaker:DescribeModelPackage"],
        "Resource": f"{GROUP.replace('model-package-group', 'model-package')}/*",
    }
    models.put_model_package_group_policy(
        ModelPackageGroupName="slopes",
        ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    image = tmp_path_factory.mktemp("image")
    (image / "model.py").write_text(MODEL)
    (image / "serve.py").write_text(Path(serve.__file__).read_text())
    workdir = tmp_path_factory.mktemp("emulator")
    with Emulator(images={"server": image}, workdir=workdir) as emulator:
        prepare_registry(emulator)
        for role in ("machine", "model"):
            emulator.client("iam", ACCOUNT, REGION).create_role(
                RoleName=role, AssumeRolePolicyDocument="{}"
            )
        emulator.client("dynamodb", ACCOUNT, REGION).create_table(
            TableName="locks",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        emulator.client("cloudformation", ACCOUNT, REGION).create_stack(
            StackName="serving-slopes",
            TemplateBody=TEMPLATE.read_text(),
            Tags=[{"Key": "groundplan:endpoint", "Value": "slopes"}],
        )
        bus = emulator.client("events", ACCOUNT, REGION).create_event_bus(Name="release")
        topic = emulator.client("sns", ACCOUNT, REGION).create_topic(Name="alerts")
        yield World(
            emulator,
            ReleasePipelineSettings(
                project="slopes",
                environment="prod",
                stage="production",
                lock_table="locks",
                bus_arn=bus["EventBusArn"],
                topic_arn=topic["TopicArn"],
                approval=ReleaseApproval(
                    by="life_cycle", approver_roles=(APPROVER,), expires_seconds=900
                ),
                targets=(
                    ReleaseTarget(
                        model="slopes",
                        model_package_group_arn=GROUP,
                        stack_name="serving-slopes",
                        endpoint_name="slopes",
                        live_parameter="/slopes/live",
                        alarm_names=("slopes-errors",),
                        bake_seconds=120,
                        shadow_first=True,
                        shadow_seconds=120,
                        update_seconds=3600,
                    ),
                ),
                cases_bucket="artefacts",
                endpoint_tag="groundplan:endpoint",
            ),
        )


@pytest.fixture
def world(running: World) -> Iterator[World]:
    yield running
    running.emulator.faults = Faults()


pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("release-emulated")]


def test_releases_follow_each_other(world: World) -> None:
    first, second, third = (world.register(slope) for slope in (3, 5, 7))
    for version in (first, second, third):
        world.approve(version)

    output = world.run(first)
    assert output.get("previous") == "none", output
    assert world.slope() == 3
    output = world.run(second)
    assert output.get("previous") == first, output
    assert f"{TOOLING}:assumed-role/approver/" in output["approver"]
    assert (world.slope(), world.live(), world.locks()) == (5, second, [])
    assert (world.configs(), world.models()) == (2, 2)
    output = world.run(third)
    assert output.get("previous") == second, output
    assert (world.configs(), world.models()) == (2, 2)


def test_an_emergency_waits_for_nobody(world: World) -> None:
    version = world.register(11)
    output = world.run(version, emergency="yes", reason="night")

    assert output.get("model_package_arn") == version, output
    assert world.slope() == 11


def test_an_approval_of_somebody_else_does_not_count(world: World) -> None:
    before, version = world.slope(), world.register(13)
    world.approve(version, role=f"arn:aws:iam::{TOOLING}:role/developer")
    output = world.run(version)

    assert output["error"] == "ApprovalExpired"
    assert "assumed-role/developer/" in output["cause"]
    assert world.slope() == before


def test_a_version_that_answers_otherwise_than_it_did_is_rolled_back(world: World) -> None:
    before, live = world.slope(), world.live()
    version = world.register(17, told=18)
    output = world.run(version, emergency="yes")

    assert output["error"] == "SkewFound"
    assert (
        "3 of 3 cases differ: case 1: answer.predictions[0] is 34 instead of 36" in output["cause"]
    )
    assert (world.slope(), world.live(), world.locks()) == (before, live, [])


def test_an_update_that_does_not_last_is_rolled_back(world: World) -> None:
    before, version = world.slope(), world.register(19)
    world.emulator.faults.endpoint_update = "rolls_back_silently"
    output = world.run(version, emergency="yes")

    assert output["error"] == "RolledBack"
    assert world.slope() == before


def test_a_rollback_that_fails_is_continued(world: World) -> None:
    before, version = world.slope(), world.register(23)
    world.emulator.faults.endpoint_update = "fails"
    world.emulator.faults.rollback_failures = {"serving-slopes": 2}
    output = world.run(version, emergency="yes")

    assert output["error"] == "RolledBack"
    assert "is UPDATE_ROLLBACK_FAILED" in output["cause"]
    assert world.emulator.faults.rollback_failures == {"serving-slopes": 0}
    assert world.slope() == before
    status = world.client("cloudformation").describe_stacks(StackName="serving-slopes")
    assert status["Stacks"][0]["StackStatus"].endswith("_COMPLETE")
    output = world.run(version, emergency="yes")
    assert world.slope() == 23, output
