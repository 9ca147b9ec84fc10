"""A project with every kind of pipeline, deployed to the emulator by its own templates."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.sagemaker.models import sagemaker_backends
from moto.sns.models import sns_backends
from tests.faults.recorder import RUNS, Entry, Run, recording

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.stacks import RegistryStackPlan
from groundplan.pipelines.jobs import job
from groundplan.stacks.rehearsal.day_zero import folder_of_jobs, record_release
from groundplan.stacks.rehearsal.emulator import Emulator, Faults
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.api import CloudFormationApi

HERE = Path(__file__).parent
TOOLING, ACCOUNT, REGION = "111111111111", "333333333333", "eu-west-1"
APPROVER = f"arn:aws:iam::{TOOLING}:role/model-approver"
SERVING, ENDPOINT = "steady-prod-serving-live", "steady-prod-live"
LOCKS = "steady-prod-locks"
LOOKING = ("release", "live-arrival", "live-monitoring")
"""Machines whose cases need the endpoint or the locks as a run has seen them."""
LIMIT_SECONDS = 60
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}


@dataclass(frozen=True)
class Ended:
    """How an execution ended."""

    status: str
    output: Any
    error: str
    cause: str


@dataclass
class World:
    """The accounts, and what a test does in them."""

    emulator: Emulator
    plan: Plan
    machines: Mapping[str, PipelinePlan]
    """By the rest of the name: ``live-training``."""
    numbers: Iterator[int] = field(default_factory=count)

    def client(self, service: str, account: str = ACCOUNT, role: str | None = None) -> Any:
        return self.emulator.client(service, account, REGION, role)

    def run(
        self,
        machine: str,
        given: Mapping[str, str] | None = None,
        *,
        begin: Entry | None = None,
        until: frozenset[str] = frozenset(),
        after: str = "",
        same: bool = False,
        name: str | None = None,
    ) -> tuple[Run, Ended]:
        """Execute a machine, or the part of it that a case needs."""
        name = name or f"run-{next(self.numbers)}"
        look = self.look if machine in LOOKING else lambda: None
        run = RUNS[name] = Run(name, begin, until, after, same, look)
        states = self.client("stepfunctions")
        arn = states.start_execution(
            stateMachineArn=self.machines[machine].arn, name=name, input=json.dumps(given or {})
        )["executionArn"]
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline:
            found = states.describe_execution(executionArn=arn)
            if found["status"] != "RUNNING":
                output = json.loads(found.get("output") or "null")
                return run, Ended(
                    found["status"], output, found.get("error", ""), found.get("cause", "")
                )
            time.sleep(0.002)
        raise AssertionError(f"{machine} {name} never ends: {run.path[-20:]}")

    def holder(self, machine: str, name: str) -> str:
        """ARN of an execution."""
        arn = self.machines[machine].arn
        return f"{arn.replace(':stateMachine:', ':execution:')}:{name}"

    def told(self) -> int:
        """Messages that the topics have got so far."""
        topics = sns_backends[ACCOUNT][REGION].topics.values()
        return sum(len(topic.sent_notifications) for topic in topics)

    def locks(self) -> dict[str, str]:
        """Lock -> who holds it."""
        items = dynamodb_backends[ACCOUNT][REGION].get_table(LOCKS).all_items()
        shown = [item.to_json()["Attributes"] for item in items]
        return {item["id"]["S"]: item["holder"]["S"] for item in shown}

    def take(self, lock: str, holder: str) -> None:
        item = {
            "id": {"S": lock},
            "holder": {"S": holder},
            "expires_at": {"N": str(2**40)},
        }
        self.client("dynamodb").put_item(TableName=LOCKS, Item=item)

    def free(self) -> None:
        for lock in self.locks():
            self.client("dynamodb").delete_item(TableName=LOCKS, Key={"id": {"S": lock}})

    def serving(self) -> tuple[str, dict[str, str]]:
        """Status of the serving stack and its parameters."""
        stack = CloudFormationApi.region_for(ACCOUNT, REGION).get(SERVING)
        return stack.status, {
            name: str(item.value)
            for name, item in stack.parameters.items()
            if name in ("ModelVersion", "ShadowModelVersion", "Rollout")
        }

    def serve(self, parameters: Mapping[str, str]) -> str:
        """Update the serving stack by hand; its status."""
        self.client("cloudformation").update_stack(
            StackName=SERVING,
            UsePreviousTemplate=True,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in sorted(parameters.items())
            ],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        return self.serving()[0]

    def get_stuck(self, version: str) -> None:
        """Leave the serving stack in a failed rollback, on its way to a version."""
        self.emulator.faults.endpoint_update = "fails"
        self.emulator.faults.rollback_failures = {SERVING: 1}
        parameters = {"ModelVersion": version, "ShadowModelVersion": "none", "Rollout": "planned"}
        ended = self.serve(parameters)
        assert ended == "UPDATE_ROLLBACK_FAILED", (ended, version)

    def look(self) -> Any:
        """What a case must find again: the serving stack, the locks, and what is served."""
        return self.serving(), self.locks(), self.served()

    def served(self) -> tuple[str, ...]:
        """Names of the endpoint's config and of its models, the shadow's last."""
        backend = sagemaker_backends[ACCOUNT][REGION]
        if ENDPOINT not in backend.endpoints:
            return ()
        name = backend.endpoints[ENDPOINT].endpoint_config_name
        config: Any = backend.endpoint_configs[name]
        shadows = getattr(config, "shadow_production_variants", None) or []
        variants = [*config.production_variants, *shadows]
        return (name, *(str(item["ModelName"]) for item in variants))

    def restore(self, seen: Any, holder: str) -> dict[str, str]:
        """Put serving stack and locks back to how a run has seen them; the locks are the case's.

        Returns:
            Names that a run has seen -> those of today.
        """
        (status, parameters), locks, names = seen
        if self.serving()[0] == "UPDATE_ROLLBACK_FAILED":
            self.client("cloudformation").continue_update_rollback(StackName=SERVING)
        if self.serving()[1] != parameters:
            ended = self.serve(parameters)
            assert ended == "UPDATE_COMPLETE", (ended, parameters)
        if status == "UPDATE_ROLLBACK_FAILED":
            self.get_stuck(self.other(parameters["ModelVersion"]))
        self.free()
        for lock in locks:
            self.take(lock, holder)
        return dict(zip(names, self.served(), strict=False))

    def other(self, version: str) -> str:
        """A version that may be served, and is not this one."""
        listed = self.client("sagemaker", TOOLING).list_model_packages(
            ModelPackageGroupName="steady-live", ModelApprovalStatus="Approved"
        )["ModelPackageSummaryList"]
        return next(
            str(item["ModelPackageArn"]) for item in listed if item["ModelPackageArn"] != version
        )

    def litter(self) -> None:
        """Leave a config and a model behind, as a release does, for the next one to collect."""
        client, number = self.client("sagemaker"), next(self.numbers)
        name, *_ = self.served()
        config = client.describe_endpoint_config(EndpointConfigName=name)
        variant = config["ProductionVariants"][0]
        model = client.describe_model(ModelName=variant["ModelName"])
        client.create_endpoint_config(
            EndpointConfigName=f"{SERVING}-{ENDPOINT}-{number}",
            ProductionVariants=[variant],
            Tags=client.list_tags(ResourceArn=config["EndpointConfigArn"])["Tags"],
        )
        client.create_model(
            ModelName=f"{SERVING}-{ENDPOINT}-{number}",
            ExecutionRoleArn=model["ExecutionRoleArn"],
            PrimaryContainer=model["PrimaryContainer"],
            Tags=client.list_tags(ResourceArn=model["ModelArn"])["Tags"],
        )
        backend = sagemaker_backends[ACCOUNT][REGION]
        left = f"{SERVING}-{ENDPOINT}-{number}"
        for item in (backend.endpoint_configs[left], backend._models[left]):
            item.creation_time = datetime(2020, 1, 1)  # what is newer than what is served stays

    def approve(self, version: str) -> None:
        """Approve a version for everything."""
        self.client("sagemaker", TOOLING, APPROVER).update_model_package(
            ModelPackageArn=version,
            ModelApprovalStatus="Approved",
            ModelLifeCycle={"Stage": "Production", "StageStatus": "Approved"},
        )

    def upload(self, value: int) -> None:
        """New data to train on, released where it is versioned; another value is another version."""
        client = self.client("s3")
        for stack in self.plan.stacks():
            for item in getattr(stack, "datasets", ()):
                if item.name == "arrivals":
                    continue
                for part in ("train", "test", "future"):
                    key = f"{folder_of_jobs(item)}{part}/rows.csv"
                    client.put_object(
                        Bucket=item.bucket.name, Key=key, Body=f"a\n{value}\n2\n".encode()
                    )
                if item.versions is not None:
                    record_release(client, item, item.versions)


@contextmanager
def deployed() -> Iterator[World]:
    """Synthesise in this process, and let the emulator's CloudFormation create every stack."""
    from groundplan.stacks.cdk import add_project, new_app

    with tempfile.TemporaryDirectory() as scratch:
        app = new_app(outdir=f"{scratch}/cdk.out")
        image, monitor = Path(scratch, "image"), Path(scratch, "monitoring")
        _write_images(image, monitor)
        spec = Path(scratch, "groundplan.yaml")
        shutil.copy(HERE / "groundplan.yaml", spec)
        shutil.copytree(image, Path(scratch, "ml"))
        plan = add_project(app, spec)
        templates = {
            artifact.stack_name: Path(artifact.template_full_path).read_text("utf-8")
            for artifact in app.synth().stacks_recursively
        }
        images = {"steady/steady": image, "steady/groundplan-monitoring": monitor}
        with (
            Emulator(images=images, workdir=Path(scratch, "emulator"), faults=Faults()) as emulator,
            recording(),
        ):
            machines = {
                item.name.removeprefix("steady-prod-"): item for item in _found(plan, PipelinePlan)
            }
            world = World(emulator, plan, machines)
            for stack in plan.stacks():
                head = stack.stack
                _create(world.client("cloudformation", head.place.account), head, templates)
            _push(world)
            yield world


def _create(client: Any, head: Any, templates: Mapping[str, str]) -> None:
    client.create_stack(
        StackName=head.name,
        TemplateBody=templates[head.name],
        Tags=[{"Key": key, "Value": value} for key, value in head.tags.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    [stack] = client.describe_stacks(StackName=head.name)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", (head.name, stack)


def _push(world: World) -> None:
    for stack in world.plan.stacks():
        if isinstance(stack, RegistryStackPlan):
            for repository in stack.repositories:
                world.client("ecr", TOOLING).put_image(
                    repositoryName=repository.name,
                    imageManifest=json.dumps(MANIFEST | {"name": repository.name}),
                    imageTag="1",
                )


def _write_images(image: Path, monitor: Path) -> None:
    """The standard programs beside a model of one number; a monitor that finds nothing."""
    shutil.copytree(HERE / "image", image)
    standard = Path(job.__file__).parent
    for path in standard.glob("*.py"):
        if path.name != "__init__.py":
            shutil.copy(path, image / path.name)
    shutil.copytree(HERE / "monitor", monitor / "monitor")


def _found(value: object, kind: type) -> Iterator[Any]:
    from tests_support import found

    yield from found(value, kind)
