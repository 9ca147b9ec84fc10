"""What differs in a plan for Pulumi: who deploys, with what, and what starts the builds of images."""

import json
from collections import defaultdict
from typing import Any

import pytest
from tests_support import EXAMPLES, example_spec, found

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.deployment_policies import HandlerDuty
from groundplan.blueprints.plan.deployment_policies.provider_calls import (
    PROVIDER_CALLS,
    provider_calls,
)
from groundplan.blueprints.plan.endpoint_update import endpoint_settings
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import to_json
from groundplan.blueprints.plan.stacks import ReleaseStackPlan, ServingStackPlan
from groundplan.blueprints.plan.stage_0 import Stage0Plan, plan_stage_0, template
from groundplan.blueprints.spec import DeliverySpec, ProjectSpec
from groundplan.stacks.rehearsal.asl import check_definition

OBJECTS = "arn:aws:s3:::churn-tooling-artifacts-111111111111"


def stage_0(**changes: Any) -> Stage0Plan:
    options: dict[str, Any] = {
        "project": "churn",
        "place": Place(account="111111111111", region="eu-west-1"),
        "scopes": ("tooling", "data", "prod"),
        "endpoints": (("prod", "churn"), ("prod", "fraud")),
        "batch": ("prod",),
        "budgets": ("tooling", "prod"),
        "model_monitor": (("prod", "churn"),),
        "delivery": DeliverySpec(repository="acme/churn"),
        "engine": "pulumi",
    }
    return plan_stage_0(**(options | changes))


@pytest.fixture(scope="module")
def rows() -> tuple[HandlerDuty, ...]:
    """Of everything that a spec can ask for; an account records runs in one way or the other."""
    server = stage_0(mlflow=("server", "prod")).deployment_duties
    other = [
        row
        for row in server
        if "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer" in row.types
    ]
    return (*stage_0(mlflow=("app", "prod")).deployment_duties, *other)


@pytest.fixture(scope="module")
def pulumi() -> Plan:
    return plan(example_spec("churn"), engine="pulumi")


def test_every_call_of_the_provider_is_allowed(rows: tuple[HandlerDuty, ...]) -> None:
    allowed: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for token in row.types:
            allowed[token].update(row.duty.actions)
    missing = {token: provider_calls(token) - allowed[token] for token in PROVIDER_CALLS}

    assert {token: calls for token, calls in missing.items() if calls} == {}


def test_every_allowed_action_is_called_for_a_type_of_its_row(
    rows: tuple[HandlerDuty, ...],
) -> None:
    surplus = [
        (row.duty.id, action)
        for row in rows
        for action in row.duty.actions
        if not any(action in provider_calls(token) for token in row.types)
    ]
    assert surplus == []


def test_the_role_is_trusted_as_the_roles_of_the_bootstrap_are() -> None:
    role, others = stage_0().deployment_role, stage_0(engine="cdk").bootstrap
    assert role is not None and others is not None
    assumed = next(item for item in others.roles if item.id == "DeploymentActionRole")

    assert role.trust == assumed.trust
    assert role.permissions_boundary == stage_0().deployment_boundary.arn
    assert role.path == "/groundplan-stage-0/churn/"


def test_ci_may_assume_that_role_and_no_other() -> None:
    decided = stage_0()
    assert decided.deployer is not None and decided.deployment_role is not None
    (duty,) = decided.deployer.duties

    assert duty.actions == ("sts:AssumeRole",)
    assert duty.resources == (decided.deployment_role.arn,)


def test_there_is_no_bootstrap_and_no_role_of_cloudformations(pulumi: Plan) -> None:
    text = pulumi.canonical_json()

    assert "cdk-" not in text
    # Only the stacks of stage 0 are named, which nobody may touch.
    assert text.count("cloudformation") == 2 * len(pulumi.stage_0)
    assert {item.bootstrap for item in pulumi.stage_0} == {None}
    assert {item.deployment_policies for item in pulumi.stage_0} == {()}
    for item in pulumi.stage_0:
        body = template(item)
        assert "DeploymentRoleArn" in body["Outputs"] and "Qualifier" not in body["Outputs"]
        assert body["Resources"]["Deployment"]["DependsOn"] == ["DeploymentBoundary"]


def test_the_role_fits_for_the_largest_single_account() -> None:
    environments = [f"environment-{index:02}" for index in range(4)]
    decided = stage_0(
        project="a" * 24,
        scopes=("tooling", "data", *environments),
        endpoints=[(item, f"model-{index:03}") for item in environments for index in range(5)],
        batch=(),
        budgets=("tooling", *environments),
        model_monitor=(),
    )
    assert decided.deployment_role is not None
    sizes = [policy.document.size() for policy in decided.deployment_role.policies]

    assert len(sizes) <= 10 and max(sizes) <= 6144


def test_a_source_that_arrives_is_built(pulumi: Plan) -> None:
    build = next(item for item in found(pulumi, ImageBuildPlan) if item.context == "ml")
    [read, decrypt] = [
        duty for duty in build.role.duties if duty.id in ("ReadSource", "DecryptSource")
    ]
    assert build.source_prefix == "sources/churn/"
    assert build.event_pattern == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "account": ["111111111111"],
        "detail": {
            "bucket": {"name": [OBJECTS.rpartition(":")[2]]},
            "object": {"key": [{"prefix": "sources/churn/"}]},
        },
    }
    assert read.resources == (f"{OBJECTS}/sources/churn/*",)
    assert decrypt.condition["ForAnyValue:StringEquals"] == {
        "kms:ResourceAliases": "alias/churn-tooling"
    }
    registry = next(stack for stack in pulumi.stacks() if stack.stack.id == "registry")
    assert registry.artifacts.events  # type: ignore[union-attr]


@pytest.mark.parametrize("name", EXAMPLES)
def test_release_machines_know_all_that_they_are_given(name: str) -> None:
    decided = plan(example_spec(name), engine="pulumi")
    for stack in decided.stacks():
        if isinstance(stack, ReleaseStackPlan):
            names = {key for key, _ in stack.pipeline.substitutions}
            assert check_definition(stack.pipeline.definition, names) == ()
            assert ("network" in stack.stack.depends_on) == bool(names)
            assert "cloudformation" not in stack.pipeline.definition


def test_a_release_makes_what_the_program_makes(pulumi: Plan) -> None:
    serving = [item for item in pulumi.stacks() if isinstance(item, ServingStackPlan)]
    machines = [item.pipeline for item in pulumi.stacks() if isinstance(item, ReleaseStackPlan)]
    for stack in serving:
        endpoint = stack.endpoint
        text = endpoint_settings(endpoint, stack.stack.tags).text()
        assert [item for item in machines if text in item.definition.replace("\\", "")]
        settings = json.loads(text)
        tags = {item["Key"]: item["Value"] for item in settings["tags"]}
        assert settings["role"] == endpoint.execution_role_arn
        assert settings["variant"]["InstanceType"] == endpoint.instance_type
        assert [item["AlarmName"] for item in settings["alarms"]] == [
            alarm.name for alarm in endpoint.alarms
        ]
        assert tags == {**stack.stack.tags, "groundplan:released": endpoint.name}
        assert bool(settings["update"]) == (endpoint.scaling is not None)
        assert stack.stack.execution_role_arn is None


def test_nothing_else_differs(pulumi: Plan) -> None:
    """Whole parts of the two plans are equal but for what the engines must do in their own way."""
    own = to_json(plan(example_spec("churn")))
    other = to_json(pulumi)

    assert sorted(key for key in own if own[key] != other[key]) == [
        "engine",
        "guard_rails",
        "stage_0",
        "stages",
    ]
    differing = {
        (mine["stack"]["id"], key)
        for one, two in zip(own["stages"], other["stages"], strict=True)
        for mine, theirs in zip(one["stacks"], two["stacks"], strict=True)
        for key in mine
        if mine[key] != theirs[key]
    }
    assert differing == {
        ("images", "builds"),
        ("registry", "key"),
        ("registry", "registries"),
        ("release", "pipeline"),
        ("release", "stack"),
        ("serving-churn", "stack"),
        ("state", "key"),
    }


def test_fails_on_an_endpoint_that_scales_to_zero() -> None:
    spec = example_spec("churn")
    model = spec.models[0]
    assert model.serving is not None
    raw = spec.model_dump(mode="json", exclude_unset=True, by_alias=True)
    own = raw["environments"][0].setdefault("overrides", {}).setdefault("models", {})
    own.setdefault(model.name, {}).update(
        allow_errors_while_waking=True,
        capture={"percent": 0},
        rollout={"strategy": "all_at_once"},
    )
    wanted = ProjectSpec.model_validate(raw)
    with pytest.raises(PlanError) as caught:
        plan(wanted, engine="pulumi")

    assert str(caught.value) == (
        f"environments[0].overrides.models.{model.name}.allow_errors_while_waking: an endpoint that "
        "scales to zero is an inference component, which Pulumi's AWS provider cannot make, got True; "
        "remove it, or deploy with CDK"
    )


def test_fails_on_more_tags_than_an_object_has() -> None:
    spec = example_spec("churn")
    tags = {f"tag-{index}": "x" for index in range(7)}
    governance = spec.governance.model_copy(update={"tags": tags})
    with pytest.raises(PlanError) as caught:
        plan(spec.model_copy(update={"governance": governance}), engine="pulumi")

    assert str(caught.value) == (
        "governance.tags: Pulumi tags the sources of images, which are objects and have at most 10, "
        'got "7 and 4 of groundplan\'s own"; use at most 6'
    )
