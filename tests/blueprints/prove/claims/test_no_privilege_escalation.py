"""No role gets more than it was given; every published method is seen when it is planted."""

from dataclasses import replace
from functools import cache

import pytest
from tests_support import EXAMPLES, example_spec

from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case, Finding
from groundplan.blueprints.prove.claims.no_privilege_escalation import CLAIM, check_roles
from groundplan.blueprints.prove.escalation_methods import METHODS, SOURCES, Method
from groundplan.blueprints.prove.model import Policy, PolicyStatement, Role

VICTIM = "churn-prod-churn-monitoring"
EXECUTION = "cfn-exec-role-333333333333-eu-west-1"


@cache
def example(name: str) -> Case:
    return case(example_spec(name))


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_role_of_an_example_escalates(name: str) -> None:
    verdict = CLAIM.check(example(name))
    assert verdict.findings == ()
    assert verdict.checked > 3000
    assert any("none beyond the project" in line for line in verdict.evidence)


def role_of(end: str) -> Role:
    return next(role for role in example("churn").world.roles if role.arn.endswith(end))


def told(role: Role) -> list[Finding]:
    found = example("churn")
    roles = tuple(role if item.arn == role.arn else item for item in found.world.roles)
    changed = Case(spec=found.spec, plan=found.plan, world=replace(found.world, roles=roles))
    return list(check_roles(changed, [role]))


def planted(end: str, *actions: str, boundary: bool = False, resource: str = "*") -> list[Finding]:
    role = role_of(end)
    statement = PolicyStatement(
        sid="Planted", effect="Allow", actions=actions, resources=(resource,)
    )
    policy = Policy(kind="identity", name="planted", owner=role.arn, statements=(statement,))
    return told(
        replace(
            role,
            policies=(*role.policies, policy),
            boundary=role.boundary if boundary else None,
        )
    )


def test_methods_are_many_and_each_has_a_source() -> None:
    assert len(METHODS) >= 100
    assert len({method.id for method in METHODS}) == len(METHODS)
    assert {method.source for method in METHODS} <= set(SOURCES)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.id)
def test_a_planted_method_is_named(method: Method) -> None:
    problems = {item.problem for item in planted(VICTIM, *method.actions) if item.where != "-"}
    assert any(
        f": {method.id}, by {' and '.join(method.actions)}" in problem for problem in problems
    )


def test_a_finding_says_what_is_gained_by_which_statement() -> None:
    findings = planted(VICTIM, "iam:PassRole", "ec2:RunInstances")
    [finding] = [item for item in findings if "pass-role-to-instance" in item.problem]
    assert finding.where == "identity policy planted, statement Planted"
    assert finding.problem.startswith(
        "can act as arn:aws:iam::333333333333:role/somebody-elses, which is somebody else's, and of "
    )
    assert finding.problem.endswith(
        " more: pass-role-to-instance, by iam:PassRole and ec2:RunInstances"
    )
    assert finding.fix == "take iam:PassRole on it out of the role"


def test_the_boundary_alone_closes_most_methods() -> None:
    assert planted(VICTIM, "iam:PassRole", "ec2:RunInstances", boundary=True) == []
    assert planted(VICTIM, "iam:CreatePolicyVersion", boundary=True) == []


def test_a_role_without_its_boundary_is_named() -> None:
    [finding] = told(replace(role_of(VICTIM), boundary=None))
    assert finding.problem == "is not held by the boundary of its account"
    arn = "arn:aws:iam::333333333333:policy/groundplan-stage-0/churn/churn-boundary"
    assert finding.fix == f"give it {arn}"


@pytest.mark.parametrize(
    ("action", "resource", "what"),
    [
        (
            "iam:UpdateAssumeRolePolicy",
            "role/groundplan-stage-0/churn/*",
            "alters what stage 0 made",
        ),
        (
            "iam:CreatePolicyVersion",
            "policy/groundplan-stage-0/churn/*",
            "alters what stage 0 made",
        ),
        ("iam:CreateRole", "role/*", "makes a role without a boundary"),
        ("iam:DeleteRolePermissionsBoundary", "role/*", "takes the boundary of a role away"),
        ("iam:PutRolePolicy", "role/groundplan/churn/*", "writes a policy that no limit of paths"),
    ],
)
def test_stage_0_is_out_of_reach_of_deployments(action: str, resource: str, what: str) -> None:
    resource = f"arn:aws:iam::333333333333:{resource}"
    findings = planted(EXECUTION, action, resource=resource)
    assert any(
        item.problem.startswith(f"{action} on ") and what in item.problem for item in findings
    )
    assert planted(EXECUTION, action, resource=resource, boundary=True) == []


def without(role: Role, sid: str) -> Role:
    assert role.boundary is not None
    kept = tuple(item for item in role.boundary.statements if item.sid != sid)
    assert len(kept) < len(role.boundary.statements)
    return replace(role, boundary=replace(role.boundary, statements=kept))


@pytest.mark.parametrize("sid", ["KeepBoundaries", "KeepSafeguards", "KeepStage0Stacks"])
def test_a_boundary_holds_whatever_is_given_under_it(sid: str) -> None:
    found = example("churn")
    account = "333333333333"
    roles = tuple(
        without(role, sid)
        if role.account == account and role.kind in ("ci", "deployment")
        else role
        for role in found.world.roles
    )
    changed = Case(spec=found.spec, plan=found.plan, world=replace(found.world, roles=roles))
    assert any("x0-whatever-it-is-given" in item.subject for item in CLAIM.check(changed).findings)
