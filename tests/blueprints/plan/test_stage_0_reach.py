"""Stage 0 against the rest of the plan: nothing that the plan needs lies beyond its boundary."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from fnmatch import fnmatchcase

import pytest

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.deployment_policies import ENDPOINT_TAG
from groundplan.blueprints.plan.engine import ENGINES, Engine
from groundplan.blueprints.plan.policy import Statement
from groundplan.blueprints.plan.role import Duty, RolePlan
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.blueprints.spec import ProjectSpec


@pytest.fixture(scope="module", params=ENGINES)
def decided(spec: ProjectSpec, request: pytest.FixtureRequest) -> Plan:
    """The plan for each engine, in place of CDK's alone."""
    engine: Engine = request.param
    return plan(spec, engine=engine)


def roles(value: object) -> Iterator[RolePlan]:
    if isinstance(value, RolePlan):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from roles(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from roles(item)


def within(duty: Duty, boundary: tuple[Statement, ...]) -> list[str]:
    """Return what of the duty no statement of the boundary holds."""
    return [
        f"{action} on {resource}"
        for action in duty.actions
        for resource in duty.resources
        if not any(
            statement.effect == "Allow"
            and action in statement.actions
            and any(fnmatchcase(resource, str(pattern)) for pattern in statement.resources)
            for statement in boundary
        )
    ]


def test_every_duty_of_every_role_is_within_the_boundary(decided: Plan) -> None:
    boundaries = {
        item.place.account: item.boundary.document.statements
        for item in decided.stage_0
        if item.boundary is not None
    }
    checked = 0
    for stage in decided.stages:
        for role in roles(stage):
            for duty in role.duties:
                assert within(duty, boundaries[stage.place.account]) == []
                checked += 1
    assert checked > 20


def test_a_duty_beyond_the_boundary_is_seen(decided: Plan) -> None:
    boundary = decided.stage_0[0].boundary
    assert boundary is not None
    duty = Duty(id="X", actions=("iam:CreateRole",), resources=("arn:x",), reason="none")
    assert within(duty, boundary.document.statements) == ["iam:CreateRole on arn:x"]


def test_every_role_of_the_plan_carries_the_boundary_of_its_account(decided: Plan) -> None:
    bounds = {item.place.account: item.boundary_arn for item in decided.stage_0}
    for stage in decided.stages:
        for role in roles(stage):
            assert role.permissions_boundary == bounds[stage.place.account]


def test_every_serving_stack_has_a_role(decided: Plan) -> None:
    made = {role.arn for item in decided.stage_0 for role in item.serving_roles}
    wanted = {item.stack.execution_role_arn for item in serving(decided)}
    assert wanted == ({None} if decided.engine == "pulumi" and wanted else made)


def test_every_serving_stack_carries_the_tag_that_its_role_is_limited_to(decided: Plan) -> None:
    for item in serving(decided):
        assert item.stack.tags[ENDPOINT_TAG] == item.endpoint.name


def serving(decided: Plan) -> list[ServingStackPlan]:
    return [item for item in decided.stacks() if isinstance(item, ServingStackPlan)]


def test_every_stage_is_in_one_stage_0(decided: Plan) -> None:
    found = sorted(scope for item in decided.stage_0 for scope in item.scopes)
    assert found == sorted(stage.id for stage in decided.stages)
