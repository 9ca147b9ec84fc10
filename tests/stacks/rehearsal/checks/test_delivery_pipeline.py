"""The pipelines on the emulator: as planned, and what is said when somebody has changed them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests_support import example_spec

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.delivery_pipeline_template import delivery_pipeline_template
from groundplan.blueprints.plan.stage_0 import Stage0Plan, template
from groundplan.blueprints.plan.trail_template import trail_template
from groundplan.blueprints.spec import DeliverySpec
from groundplan.stacks.rehearsal.checks import check_stage_0
from groundplan.stacks.rehearsal.emulator import Emulator

pytestmark = pytest.mark.heavy
DEPLOY = "groundplan-stage-0-nightly-deploy"
World = tuple[Stage0Plan, Callable[[str], Any]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    delivery = DeliverySpec(ci="codepipeline", repository="acme/nightly")
    spec = example_spec("nightly").model_copy(
        update={"delivery": delivery, "owner": "ml@acme.example"}
    )
    [stage_0] = plan(spec).stage_0
    pipeline, trail = stage_0.pipeline, stage_0.trail
    assert pipeline is not None
    assert trail is not None
    with Emulator(images={}, workdir=tmp_path_factory.mktemp("emulator")) as emulator:

        def client(service: str) -> Any:
            return emulator.client(service, stage_0.place.account, stage_0.place.region)

        for name, body in (
            (stage_0.stack_name, template(stage_0)),
            (trail.stack_name, trail_template(trail)),
            (pipeline.stack_name, delivery_pipeline_template(pipeline)),
        ):
            client("cloudformation").create_stack(
                StackName=name,
                TemplateBody=json.dumps(body),
                Tags=[{"Key": key, "Value": value} for key, value in stage_0.tags.items()],
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
            events = client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
            failed = [item for item in events if item["ResourceStatus"].endswith("FAILED")]
            assert not failed, [item.get("ResourceStatusReason") for item in failed]
        yield stage_0, client


def test_everything_is_as_planned(world: World) -> None:
    found = check_stage_0(*world)

    assert found.mismatches == ()
    assert found.checked > 150


def test_fails_when_somebody_takes_the_approval_away(world: World) -> None:
    _, client = world
    pipelines = client("codepipeline")
    kept = pipelines.get_pipeline(name=DEPLOY)["pipeline"]
    changed = json.loads(json.dumps(kept))
    production = next(item for item in changed["stages"] if item["name"] == "Prod")
    production["actions"] = [item for item in production["actions"] if item["name"] != "Approve"]
    pipelines.update_pipeline(pipeline=changed)

    found = [item for item in check_stage_0(*world).mismatches if "stages.Prod" in item]
    assert len(found) == 1

    pipelines.update_pipeline(pipeline=kept)
    assert check_stage_0(*world).mismatches == ()


def test_fails_when_a_build_has_another_role(world: World) -> None:
    stage_0, client = world
    builds = client("codebuild")
    name = "groundplan-stage-0-nightly-check-pull-request"
    [kept] = builds.batch_get_projects(names=[name])["projects"]
    deployer = stage_0.pipeline_deployers[0]
    builds.update_project(name=name, serviceRole=deployer)

    found = [item for item in check_stage_0(*world).mismatches if "builds.Check.role" in item]
    assert len(found) == 1
    assert deployer in found[0]

    builds.update_project(name=name, serviceRole=kept["serviceRole"])
    assert check_stage_0(*world).mismatches == ()


def test_fails_when_nobody_is_told_of_failures(world: World) -> None:
    _, client = world
    rule = "groundplan-stage-0-nightly-pipeline-failed"
    client("events").disable_rule(Name=rule)

    found = [item for item in check_stage_0(*world).mismatches if "failure.state" in item]
    assert len(found) == 1

    client("events").enable_rule(Name=rule)
