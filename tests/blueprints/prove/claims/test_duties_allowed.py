"""What work needs is allowed, and every action, resource and condition of a policy is looked at."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from tests_support import EXAMPLES, ROOT, example_spec, model_monitored

from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.claims import duties_allowed, minimality
from groundplan.blueprints.prove.model import Policy, PolicyStatement, Resource, Role
from groundplan.blueprints.spec import ProjectSpec, load_spec, parse_spec

ADDED = "s3:DeleteObjectVersion"
"""An action that no work needs."""
FOREIGN = "arn:aws:iam::999999999999:root"


@cache
def churn() -> Case:
    return case(example_spec("churn"))


def changed(name: str, change: Any) -> ProjectSpec:
    data = example_spec(name).model_dump(mode="json", exclude_unset=True)
    change(data)
    return parse_spec(json.dumps(data))


def own_steps(data: dict[str, Any]) -> None:
    step = {"name": "explain", "command": ["python", "explain.py"], "after": ["evaluate"]}
    data["pipelines"]["steps"] = [step]


def existing_network(data: dict[str, Any]) -> None:
    data["network"] = {
        "mode": "existing",
        "vpc_id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "security_group_ids": ["sg-0123456789abcdef0"],
    }


def one_account(data: dict[str, Any]) -> None:
    data["accounts"] = dict.fromkeys(data["accounts"], "111111111111")


def no_organization(data: dict[str, Any]) -> None:
    del data["organization_id"]


def labels(data: dict[str, Any]) -> None:
    data["models"][0]["monitoring"]["labels"] = {
        "dataset": "customers",
        "prefix": "labels",
        "after_days": 7,
        "column": "churned",
        "id_column": "customer_id",
    }


def two_approvers(data: dict[str, Any]) -> None:
    role = "arn:aws:iam::444444444444:role/lead"
    for stage in ("staging", "production"):
        data["pipelines"]["approvals"][stage] = {"approver_roles": [role], "expires_hours": 4}


def many_models(data: dict[str, Any]) -> None:
    """So many that the artefacts' bucket names folders in place of models."""
    data["models"] = [{**data["models"][0], "name": f"model-{index}"} for index in range(12)]


CHANGES = (
    existing_network, labels, many_models, no_organization, one_account, own_steps, two_approvers,
)  # fmt: skip


@pytest.mark.parametrize("name", [*EXAMPLES, "steady", "model-monitor", *CHANGES])
def test_work_is_allowed_and_nothing_else(name: Any) -> None:
    if name == "steady":
        spec = load_spec(ROOT / "tests/faults/groundplan.yaml")
    elif name == "model-monitor":
        spec = parse_spec(model_monitored())
    else:
        spec = example_spec(name) if isinstance(name, str) else changed("churn", name)
    found = case(spec)
    for claim in (duties_allowed.CLAIM, minimality.CLAIM):
        verdict = claim.check(found)
        assert verdict.holds, verdict.findings[:5]
        assert verdict.checked > 100


def mutants(statement: PolicyStatement) -> Iterator[tuple[str, PolicyStatement | None]]:
    """Yield a statement with one thing less, wider or more; ``None`` where nothing is left."""
    for action in statement.actions:
        left = tuple(item for item in statement.actions if item != action)
        yield f"without {action}", replace(statement, actions=left) if left else None
    for resource in statement.resources:
        others = tuple(item for item in statement.resources if item != resource)
        if resource != "*":
            yield f"* for {resource}", replace(statement, resources=("*", *others))
        if others:
            yield f"without {resource}", replace(statement, resources=others)
    for operator, keys in statement.condition.items():
        for key in keys:
            rest = {name: value for name, value in keys.items() if name != key}
            condition = {**statement.condition, operator: rest}
            yield (
                f"without {key}",
                replace(
                    statement, condition={name: value for name, value in condition.items() if value}
                ),
            )
    yield "with more", replace(statement, actions=(*statement.actions, ADDED))


def of_principals(statement: PolicyStatement) -> Iterator[tuple[str, PolicyStatement | None]]:
    """Yield a statement with another principal, or with one condition value less or wider."""
    for kind, names in (statement.principals or {}).items():
        for name in names:
            swapped = FOREIGN if kind == "AWS" else "lambda.amazonaws.com"
            others = tuple(item for item in names if item != name)
            now = {**(statement.principals or {}), kind: (swapped, *others)}
            yield f"{swapped} for {name}", replace(statement, principals=now)
        yield "for everybody", replace(statement, principals={"AWS": ("*",)})
    for operator, keys in statement.condition.items():
        for key, values in keys.items():
            for value in values:
                others = tuple(item for item in values if item != value)
                wide = "arn:aws:iam::333333333333:role/*"
                for what, now_values in (("without", others), ("wider than", (wide, *others))):
                    if now_values:
                        condition = {**statement.condition, operator: {**keys, key: now_values}}
                        yield f"{what} {key} {value}", replace(statement, condition=condition)


def with_statement(policy: Policy, index: int, statement: PolicyStatement | None) -> Policy:
    found = list(policy.statements)
    found[index : index + 1] = [] if statement is None else [statement]
    return replace(policy, statements=tuple(found))


def with_role(role: Role) -> Case:
    world = churn().world
    others = tuple(item for item in world.roles if item.arn != role.arn)
    return Case(churn().spec, churn().plan, replace(world, roles=(*others, role)))


def changed_roles(role: Role) -> Iterator[tuple[str, Role]]:
    for number, policy in enumerate(role.policies):
        for index, statement in enumerate(policy.statements):
            for what, now in mutants(statement):
                policies = list(role.policies)
                policies[number] = with_statement(policy, index, now)
                yield f"{statement.sid} {what}", replace(role, policies=tuple(policies))
    assert role.trust is not None
    for index, statement in enumerate(role.trust.statements):
        for what, now in (*mutants(statement), *of_principals(statement)):
            yield f"trust {what}", replace(role, trust=with_statement(role.trust, index, now))


def test_no_change_of_a_role_goes_unnoticed() -> None:
    """Each action dropped or added, each resource widened or dropped, each condition dropped."""
    survivors, tried = [], 0
    for role in churn().world.roles:
        if role.kind == "workload":
            for what, now in changed_roles(role):
                tried += 1
                world = with_role(now)
                checks = (minimality.check_roles, duties_allowed.check_roles)
                if not any(next(iter(check(world, [now])), None) for check in checks):
                    survivors.append(f"{role.arn}: {what}")
    assert not survivors
    assert tried > 900


def changed_resources(resource: Resource) -> Iterator[tuple[str, Resource]]:
    policy = resource.policy
    assert policy is not None
    for index, statement in enumerate(policy.statements):
        if statement.effect == "Allow":
            for what, now in (*mutants(statement), *of_principals(statement)):
                left = with_statement(policy, index, now)
                yield f"{statement.sid} {what}", replace(resource, policy=left)


def test_no_change_of_a_resource_goes_unnoticed() -> None:
    """The same of what keys, buckets, repositories, registries, buses, queues and topics allow."""
    world, survivors, tried = churn().world, [], 0
    kinds = set()
    for resource in world.resources:
        if resource.policy is None or not minimality.explained_here(resource):
            continue
        if resource.kind in kinds:
            continue  # one of a kind, each statement of it, is enough to see that all are looked at
        kinds.add(resource.kind)
        others = tuple(item for item in world.resources if item is not resource)
        for what, now in changed_resources(resource):
            tried += 1
            found = Case(churn().spec, churn().plan, replace(world, resources=(*others, now)))
            if not minimality.check(found).findings and not duties_allowed.check(found).findings:
                survivors.append(f"{resource.arn}: {what}")
    assert not survivors
    assert {"AWS::KMS::Key", "AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue"} < kinds
    assert tried > 100
