import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.delivery_pipeline_template import delivery_pipeline_template
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import AnyStackPlan
from groundplan.blueprints.plan.stage_0 import Stage0Plan, template
from groundplan.blueprints.plan.trail_template import trail_template
from groundplan.stacks.rehearsal.checks import StackCheck, check_stack, check_stage_0
from groundplan.stacks.rehearsal.emulator import Emulator

EXAMPLES = Path(__file__).parents[4] / "examples"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and "deployed" in item.fixturenames:  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.heavy)
            item.add_marker(pytest.mark.xdist_group(f"checks-{item.path.stem}"))


@dataclass
class Deployed:
    """An example, by default churn, as its templates deploy it, without the CDK CLI."""

    emulator: Emulator
    plan: Plan

    def client(self, place: Place) -> Callable[[str], Any]:
        return lambda service: self.emulator.client(service, place.account, place.region)

    def stack(self, name: str) -> Any:
        return next(item for item in self.plan.stacks() if item.stack.name == name)

    def stage_0(self, account: str) -> Stage0Plan:
        return next(item for item in self.plan.stage_0 if item.place.account == account)

    def check(
        self, stack: AnyStackPlan | Stage0Plan, *released: str, seen: "Seen | None" = None
    ) -> StackCheck:
        place = stack.place if isinstance(stack, Stage0Plan) else stack.stack.place
        client = self.client(place)
        if seen is not None:
            client = seen.client(client, place)
        if isinstance(stack, Stage0Plan):
            return check_stage_0(stack, client)
        return check_stack(stack, client, released=released)


class Seen:
    """Answers of the services, each asked for once: for many checks of what nobody changes."""

    def __init__(self) -> None:
        self._answers: dict[str, Any] = {}

    def client(self, client: Callable[[str], Any], place: Place) -> Callable[[str], Any]:
        return lambda service: _SeenClient(client(service), f"{place} {service}", self._answers)


class _SeenClient:
    def __init__(self, client: Any, name: str, answers: dict[str, Any]) -> None:
        self._client, self._name, self._answers = client, name, answers
        self.can_paginate = client.can_paginate

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **parameters: self._once(
            operation, parameters, lambda: getattr(self._client, operation)(**parameters)
        )

    def get_paginator(self, operation: str) -> Any:
        paginate = self._client.get_paginator(operation).paginate

        def pages(**parameters: Any) -> Iterator[Any]:  # fails, as boto3's, with the first page
            yield from self._once(
                f"all of {operation}", parameters, lambda: list(paginate(**parameters))
            )

        return SimpleNamespace(paginate=pages)

    def _once(self, what: str, parameters: Any, ask: Callable[[], Any]) -> Any:
        key = f"{self._name} {what} {parameters!r}"
        if key not in self._answers:
            try:
                self._answers[key] = ask()
            except ClientError as exc:
                self._answers[key] = exc
        answer = self._answers[key]
        if isinstance(answer, ClientError):
            raise answer
        return copy.deepcopy(answer)


@pytest.fixture
def seen_answers() -> Seen:
    return Seen()


# An emulator fills its process, so none outlives its module.
@pytest.fixture(scope="module")
def deployed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    from groundplan.stacks.cdk import add_project, new_app

    app = new_app(outdir=str(tmp_path_factory.mktemp("cdk.out")))
    example = getattr(request, "param", "churn")
    plan = add_project(app, EXAMPLES / example / "groundplan.yaml")
    templates = {
        artifact.stack_name: Path(artifact.template_full_path).read_text("utf-8")
        for artifact in app.synth().stacks_recursively
    }
    with Emulator(images={}, workdir=tmp_path_factory.mktemp("emulator")) as emulator:
        world = Deployed(emulator, plan)
        for stage_0 in plan.stage_0:
            cloudformation = world.client(stage_0.place)("cloudformation")
            _create(cloudformation, stage_0.stack_name, json.dumps(template(stage_0)), stage_0.tags)
            if stage_0.trail is not None:
                body = json.dumps(trail_template(stage_0.trail))
                _create(cloudformation, stage_0.trail.stack_name, body, stage_0.tags)
            if stage_0.pipeline is not None:
                body = json.dumps(delivery_pipeline_template(stage_0.pipeline))
                _create(cloudformation, stage_0.pipeline.stack_name, body, stage_0.tags)
        for stack in plan.stacks():
            head = stack.stack
            cloudformation = world.client(head.place)("cloudformation")
            more: dict[str, Any] = {"EnableTerminationProtection": head.termination_protection}
            if head.execution_role_arn is not None:
                more["RoleARN"] = head.execution_role_arn
            _create(cloudformation, head.name, templates[head.name], head.tags, **more)
            if head.policy is not None:
                cloudformation.set_stack_policy(
                    StackName=head.name, StackPolicyBody=json.dumps(head.policy)
                )
        yield world


@pytest.fixture(scope="module")
def released(deployed: Deployed) -> Deployed:
    """The same with a second version in staging's endpoint, and none in production's."""
    _release(deployed, "churn", "churn-staging-serving-churn")
    return deployed


@pytest.fixture(scope="module")
def sized(deployed: Deployed) -> Deployed:
    """The vision example with a version in production's endpoint, which is sized from traffic."""
    _release(deployed, "plate-vision", "plate-vision-prod-serving-plate-reader")
    return deployed


def _release(deployed: Deployed, project: str, stack_name: str) -> None:
    registry = deployed.stack(f"{project}-tooling-registry")
    repository = registry.repositories[0]
    client = deployed.client(registry.stack.place)
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    pushed = client("ecr").put_image(
        repositoryName=repository.name, imageManifest=json.dumps(manifest), imageTag="test"
    )["image"]
    image = f"{repository.uri}@{pushed['imageId']['imageDigest']}"
    key = f"models/{registry.registries[0].name}/model.tar.gz"
    client("s3").put_object(Bucket=registry.artifacts.name, Key=key, Body=b"a model")
    stack = deployed.stack(stack_name).stack
    cloudformation = deployed.client(stack.place)("cloudformation")
    prefix = f"{project}-tooling-approved"
    approvals = [item["Name"] for item in client("events").list_rules(NamePrefix=prefix)["Rules"]]
    assert approvals
    for rule in approvals:
        client("events").disable_rule(Name=rule)  # or the release machine would take over
    for _ in ("the endpoint's creation", "its first update"):
        package = client("sagemaker").create_model_package(
            ModelPackageGroupName=registry.registries[0].name,
            ModelApprovalStatus="Approved",
            InferenceSpecification={
                "Containers": [
                    {"Image": image, "ModelDataUrl": f"s3://{registry.artifacts.name}/{key}"}
                ],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )["ModelPackageArn"]
        cloudformation.update_stack(
            StackName=stack.name,
            UsePreviousTemplate=True,
            Parameters=[
                {"ParameterKey": "ModelVersion", "ParameterValue": package},
                {"ParameterKey": "ShadowModelVersion", "ParameterValue": "none"},
                {"ParameterKey": "Rollout", "ParameterValue": "planned"},
            ],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        _assert_no_failure(cloudformation, stack.name)
    for rule in approvals:
        client("events").enable_rule(Name=rule)


def _create(client: Any, name: str, body: str, tags: Mapping[str, str], **more: Any) -> None:
    client.create_stack(
        StackName=name,
        TemplateBody=body,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        **more,
    )
    _assert_no_failure(client, name)


def _assert_no_failure(client: Any, name: str) -> None:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [
        (event["LogicalResourceId"], event.get("ResourceStatusReason"))
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    ]
    assert not reasons, f"{name}: {reasons}"
