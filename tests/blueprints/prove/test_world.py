"""The world of a plan: everything that decides, and nothing that is not filled in."""

from dataclasses import fields, is_dataclass
from functools import cache

import pytest
from tests_support import EXAMPLES, ROOT, example_spec

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.network import VpcEndpointPlan
from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.plan.role import ManagedPolicyPlan, RolePlan
from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.parts import units
from groundplan.blueprints.prove.units import known
from groundplan.blueprints.spec import load_spec, parse_spec


@cache
def example(name: str) -> Case:
    return case(example_spec(name))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_role_of_the_plan_and_of_the_spec_is_there(name: str) -> None:
    found = example(name)
    arns = [role.arn for role in found.world.roles]
    assert arns == sorted(set(arns))
    assert {role.arn for role in every(found.plan, RolePlan)} <= set(arns)
    kinds = {role.kind for role in found.world.roles}
    assert ("ci" in kinds) == (found.spec.delivery is not None)
    people = [role for role in found.world.roles if role.kind == "person"]
    assert all(role.trust is None and not role.policies for role in people)


def test_approvers_and_writers_are_people() -> None:
    people = {
        role.arn: role.description for role in example("churn").world.roles if role.kind == "person"
    }
    assert people == {
        "arn:aws:iam::111111111111:role/model-approver": "Approves for production",
        "arn:aws:iam::333333333333:role/billing-export": "Writes dataset customers",
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_waits_for_aws_to_fill_it_in(name: str) -> None:
    for policy in example(name).world.policies():
        for statement in policy.statements:
            texts = [*statement.resources]
            texts += [
                v for keys in statement.condition.values() for vs in keys.values() for v in vs
            ]
            texts += [v for vs in (statement.principals or {}).values() for v in vs]
            assert all(isinstance(text, str) and not text.startswith("{") for text in texts)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_policy_of_the_plan_is_in_the_world(name: str) -> None:
    """A new unit with a policy fails here until it has a row."""
    of_roles = (RolePlan, ManagedPolicyPlan, VpcEndpointPlan)
    for unit in units(tuple(example(name).plan.stage_0) + tuple(example(name).plan.stages)):
        documents = [
            member.name
            for member in fields(unit)  # type: ignore[arg-type]
            if is_dataclass(unit) and isinstance(getattr(unit, member.name), PolicyDocument)
        ]
        if documents and not isinstance(unit, of_roles):
            assert known(type(unit)), f"{type(unit).__name__} has {documents} and no row"


def test_keys_stand_for_their_aliases_and_are_named_by_the_buckets_that_use_them() -> None:
    world = example("churn").world
    key = next(item for item in world.resources if item.aliases == ("alias/churn-data-customers",))
    assert key.arn == "arn:aws:kms:eu-west-1:333333333333:key/churn-data-customers"
    bucket = next(
        item for item in world.resources if item.arn.startswith("arn:aws:s3:::churn-data-customers")
    )
    assert bucket.policy is not None
    values = {
        value
        for statement in bucket.policy.statements
        for keys in statement.condition.values()
        for found in keys.values()
        for value in found
    }
    assert key.arn in values


def test_a_boundary_of_the_organisation_is_unknown() -> None:
    text = (ROOT / "examples/churn/groundplan.yaml").read_text()
    own = text.replace(
        "governance:", "governance:\n  permissions_boundary: arn:aws:iam::*:policy/own"
    )
    path = ROOT / "examples/churn/groundplan.yaml"
    roles = case(parse_spec(own)).world.roles
    assert all(role.boundary is None for role in roles if role.kind == "workload")
    assert all(
        role.boundary is not None
        for role in case(load_spec(path)).world.roles
        if role.kind == "workload"
    )


def test_a_world_is_the_same_twice() -> None:
    spec = example_spec("vision")
    assert repr(case(spec).world) == repr(case(spec).world)
    assert case(spec).plan == plan(spec)
