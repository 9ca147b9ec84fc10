"""Deployments: what they call is allowed, and nothing else; every change of their policies is seen."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from tests_support import EXAMPLES, example_spec, model_monitored

from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case, Finding
from groundplan.blueprints.prove.claims import deployments_allowed, deployments_minimal
from groundplan.blueprints.prove.model import PolicyStatement, Role
from groundplan.blueprints.prove.needs.deployment import deployments, resources
from groundplan.blueprints.prove.needs.deployment_calls import calls
from groundplan.blueprints.spec import ProjectSpec

EVERY = 9
"""One of so many changes of policies is tried here; the mutation run tries them all."""


@cache
def example(name: str) -> Case:
    return case(example_spec(name))


@pytest.mark.parametrize("name", EXAMPLES)
def test_deployments_of_an_example_are_allowed_and_minimal(name: str) -> None:
    for claim in (deployments_allowed.CLAIM, deployments_minimal.CLAIM):
        verdict = claim.check(example(name))
        assert verdict.findings == ()
        assert verdict.checked > 400


def test_deployments_of_model_monitor_are_allowed_and_minimal() -> None:
    monitored = case(ProjectSpec.model_validate_json(model_monitored()))
    assert any(item.type.endswith("MonitoringSchedule") for _, item in resources(monitored))
    for claim in (deployments_allowed.CLAIM, deployments_minimal.CLAIM):
        assert claim.check(monitored).findings == ()


def test_every_call_of_every_resource_is_a_need() -> None:
    needed = {(need.work.split(" ")[0], need.action) for need in deployments(example("churn"))}
    for _, item in resources(example("churn")):
        passing = {"iam:PassRole"} if not item.passes else set()
        linked = {"iam:CreateServiceLinkedRole"} if not item.linked else set()
        for action in set(calls(item.type)) - passing - linked:
            assert (item.type, action) in needed


def changes(statement: PolicyStatement) -> Iterator[PolicyStatement | None]:
    """Yield a statement without each action, on anything, and without or beyond each condition."""
    for action in statement.actions:
        rest = tuple(item for item in statement.actions if item != action)
        yield replace(statement, actions=rest) if rest else None
    for index, resource in enumerate(statement.resources):
        if resource != "*":
            wide = (*statement.resources[:index], "*", *statement.resources[index + 1 :])
            yield replace(statement, resources=wide)
    for operator, keys in statement.condition.items():
        for key, values in keys.items():
            left = {name: kept for name, kept in keys.items() if name != key}
            yield replace(statement, condition={**statement.condition, operator: left})
            wide_values = {**keys, key: (*values, "*")}
            yield replace(statement, condition={**statement.condition, operator: wide_values})


def mutants(role: Role) -> Iterator[Role]:
    for policy in role.policies:
        for statement in policy.statements:
            for changed in changes(statement):
                written = [changed if item is statement else item for item in policy.statements]
                kept = tuple(item for item in written if item is not None)
                yield replace(
                    role,
                    policies=tuple(
                        replace(item, statements=kept) if item is policy else item
                        for item in role.policies
                    ),
                )


def with_role(found: Case, role: Role) -> Case:
    roles = tuple(role if item.arn == role.arn else item for item in found.world.roles)
    return Case(spec=found.spec, plan=found.plan, world=replace(found.world, roles=roles))


def told(found: Case, role: Role) -> Iterator[Finding]:
    changed = with_role(found, role)
    yield from deployments_minimal.check_roles(changed, [role])
    yield from deployments_allowed.check_roles(changed, [role])


@pytest.mark.parametrize("name", ["churn", "nightly", "sandbox"])
def test_every_change_of_a_policy_is_seen(name: str) -> None:
    found = example(name)
    changed = [
        mutant
        for role in found.world.roles
        if role.kind in ("ci", "deployment")
        for mutant in mutants(role)
    ]
    assert len(changed) > 400
    missed = [role.arn for role in changed[::EVERY] if not any(told(found, role))]
    assert missed == []


def statement_of(found: Case, role_end: str, sid: str) -> tuple[Role, PolicyStatement]:
    return next(
        (role, statement)
        for role in found.world.roles
        if role.arn.endswith(role_end)
        for policy in role.policies
        for statement in policy.statements
        if statement.sid == sid
    )


def changed_role(found: Case, end: str, sid: str, **changes: object) -> Role:
    role, statement = statement_of(found, end, sid)
    now = replace(statement, **changes)  # type: ignore[arg-type]
    return replace(
        role,
        policies=tuple(
            replace(
                policy,
                statements=tuple(now if item is statement else item for item in policy.statements),
            )
            for policy in role.policies
        ),
    )


EXECUTION = "cfn-exec-role-333333333333-eu-west-1"


def test_fails_when_roles_may_be_made_without_the_boundary() -> None:
    found = example("churn")
    role = changed_role(found, EXECUTION, "CreateBoundedRoles", condition={})
    [finding, *_] = deployments_minimal.check_roles(with_role(found, role), [role])
    boundary = "arn:aws:iam::333333333333:policy/groundplan-stage-0/churn/churn-boundary"
    assert finding.where == "policy churn-deployment-1, statement CreateBoundedRoles"
    assert finding.problem == (
        "iam:CreateRole is allowed on arn:aws:iam::333333333333:role/groundplan/churn/* without the "
        "condition that keeps it to the project's own"
    )
    assert finding.fix == f"add the condition StringEquals iam:PermissionsBoundary = {boundary}"


def test_fails_when_a_call_is_not_allowed() -> None:
    found = example("churn")
    role = changed_role(found, EXECUTION, "ManageAliases", actions=("kms:CreateAlias",))
    findings = list(deployments_allowed.check_roles(with_role(found, role), [role]))
    alias = "arn:aws:kms:eu-west-1:333333333333:alias/churn-prod"
    assert (
        f"kms:DeleteAlias on {alias}, which AWS::KMS::Alias of stack churn-prod-state needs, is refused: "
        "no identity policy allows it"
    ) in [item.problem for item in findings]


def test_fails_when_a_role_may_do_more_than_its_stacks_need() -> None:
    found = example("churn")
    role = changed_role(found, EXECUTION, "ReadAliases", actions=("kms:ListAliases", "kms:Decrypt"))
    problems = [item.problem for item in deployments_minimal.check_roles(found, [role])]
    assert problems == [
        "kms:Decrypt is allowed on *, wider than what it is needed on",
    ]
