"""What a boundary lets through is found, whatever the policies of its roles say."""

from dataclasses import replace
from functools import cache

import pytest
from benchmarks.prove_plant import in_boundary, unbounded, with_, without
from tests_support import example_spec

from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case, Finding
from groundplan.blueprints.prove.claims.boundaries import CLAIM
from groundplan.blueprints.prove.model import PolicyStatement
from groundplan.blueprints.spec import ProjectSpec

TOOLING = "arn:aws:iam::111111111111:policy/groundplan-stage-0/churn/churn"
OF_WORK, OF_DEPLOYMENTS = f"{TOOLING}-boundary", f"{TOOLING}-deployment-boundary"


@cache
def churn() -> Case:
    return case(example_spec("churn"))


def found(holed: Case) -> list[str]:
    return [f"{one.where}: {one.problem}" for one in CLAIM.check(holed).findings]


def opened(statement: PolicyStatement) -> PolicyStatement:
    return replace(statement, resources=("*",))


def test_it_holds_for_every_example(example: str) -> None:
    verdict = CLAIM.check(case(example_spec(example)))
    assert verdict.findings == ()
    assert verdict.checked > 1000


def test_a_role_without_its_boundary_is_named_with_the_one_to_set() -> None:
    role = "111111111111:role/groundplan/churn/churn-tooling-churn-build"
    assert CLAIM.check(unbounded(role)(churn())).findings == (
        Finding(
            subject=f"arn:aws:iam::{role}",
            where="permissions boundary",
            problem="nothing bounds it",
            fix=f"set its permissions boundary to {OF_WORK}",
        ),
    )


def test_the_boundary_of_deployments_is_none_for_work() -> None:
    bound = next(
        role.boundary
        for role in churn().world.roles
        if role.boundary is not None and role.boundary.owner == OF_DEPLOYMENTS
    )
    roles = tuple(
        replace(role, boundary=bound) if role.arn.endswith("churn-tooling-churn-build") else role
        for role in churn().world.roles
    )
    holed = replace(churn(), world=replace(churn().world, roles=roles))
    assert found(holed) == [
        f"permissions boundary: {OF_DEPLOYMENTS} bounds it, which is another kind's"
    ]


@pytest.mark.parametrize(
    ("end", "sid", "operator", "key", "said"),
    [
        (OF_WORK, "Keys", "ForAnyValue:StringLike", "kms:ResourceAliases", "kms:Decrypt on arn"),
        (OF_WORK, "Keys", "StringEquals", "aws:ResourceOrgID", "outside the organisation"),
        (OF_WORK, "PutMetrics", "StringLike", "cloudwatch:namespace", "foreign metrics"),
        (OF_WORK, "PassJobRoles", "StringEquals", "iam:PassedToService", "a role runs elsewhere"),
        (
            OF_DEPLOYMENTS,
            "PassDeploymentRoles",
            "StringEquals",
            "iam:PassedToService",
            "runs elsewhere than in CloudFormation",
        ),
    ],
)
def test_a_condition_that_is_dropped_lets_something_through(
    end: str, sid: str, operator: str, key: str, said: str
) -> None:
    holed = in_boundary(end, sid, without(operator, key))(churn())
    assert any(f"statement {sid}" in one and said in one for one in found(holed))


def test_a_resource_that_is_opened_reaches_neighbours() -> None:
    [first, *_] = found(in_boundary(OF_DEPLOYMENTS, "Roles", opened)(churn()))
    assert "statement Roles" in first and "stage 0 or a neighbour changes" in first


def test_actions_without_end_are_refused_to_work() -> None:
    holed = in_boundary(OF_WORK, "Objects", with_(actions=("s3:*",)))(churn())
    assert found(holed)[0] == (
        "boundary policy churn-boundary, statement Objects: allows s3:*, and so what nobody has "
        "thought of"
    )


def test_an_organisations_own_boundary_is_said_not_to_be_known() -> None:
    data = example_spec("sandbox").model_dump(mode="json", exclude_unset=True)
    data["governance"] = {
        **data.get("governance", {}),
        "permissions_boundary": "arn:aws:iam::*:policy/own",
    }
    verdict = CLAIM.check(case(ProjectSpec.model_validate(data)))
    assert verdict.holds
    assert "the organisation's own bounds roles of work, and is not known" in verdict.evidence
