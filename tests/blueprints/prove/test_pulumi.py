"""The claims about a plan for Pulumi: who deploys, who releases, who builds."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests_support import example_spec, run_command

from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.claims import CLAIMS
from groundplan.blueprints.prove.model import PolicyStatement, Role
from groundplan.blueprints.prove.report import prove

RELEASES = "churn-prod-release"
DEPLOYS = "churn-deployment"
Change = Callable[[PolicyStatement], PolicyStatement | None]


@pytest.fixture(scope="module")
def churn() -> Case:
    return case(example_spec("churn"), "pulumi")


def changed(one: Case, role: str, change: Change) -> Case:
    """Return a case in which the statements of a role are others."""

    def other(found: Role) -> Role:
        if not found.arn.endswith(f"/{role}"):
            return found
        policies = (
            replace(
                policy,
                statements=tuple(
                    new for old in policy.statements if (new := change(old)) is not None
                ),
            )
            for policy in found.policies
        )
        return replace(found, policies=tuple(policies))

    return replace(one, world=replace(one.world, roles=tuple(map(other, one.world.roles))))


def problems(one: Case, claim: str) -> list[str]:
    (found,) = (item for item in CLAIMS if item.id == claim)
    return [finding.problem for finding in found.check(one).findings]


@pytest.mark.parametrize("name", ["churn", "nightly"])
def test_every_claim_holds(name: str) -> None:
    proof = prove(case(example_spec(name), "pulumi"))

    assert {result.id for result in proof.results if result.verdict.findings} == set()
    assert proof.unexplained == ()


@pytest.mark.parametrize(
    ("sid", "missing"),
    [
        ("UpdateEndpoints", "needs sagemaker:UpdateEndpoint on"),
        ("CreateModels", "needs sagemaker:CreateModel on"),
        ("TagNewEndpointConfigs", "needs sagemaker:AddTags on"),
        ("TurnAlarms", "needs cloudwatch:PutMetricAlarm on"),
        ("EncryptVolumes", "needs kms:CreateGrant on"),
        ("PassModelRoles", "needs iam:PassRole on"),
    ],
)
def test_a_release_that_may_not_do_its_work_is_found(churn: Case, sid: str, missing: str) -> None:
    less = changed(churn, RELEASES, lambda item: None if item.sid == sid else item)

    assert any(missing in problem for problem in problems(less, "duties-allowed"))


def test_a_release_that_may_do_more_is_found(churn: Case) -> None:
    def any_endpoint(item: PolicyStatement) -> PolicyStatement:
        return replace(item, resources=("*",)) if item.sid == "UpdateEndpoints" else item

    assert problems(changed(churn, RELEASES, any_endpoint), "minimality")


def test_a_deployment_that_may_not_do_its_work_is_found(churn: Case) -> None:
    less = changed(churn, DEPLOYS, lambda item: None if item.sid == "UploadSources" else item)

    assert any("s3:PutObject" in problem for problem in problems(less, "deployments-allowed"))


def test_a_deployment_that_may_do_more_is_found(churn: Case) -> None:
    def deletes(item: PolicyStatement) -> PolicyStatement:
        more = ("s3:DeleteObject",) if item.sid == "UploadSources" else ()
        return replace(item, actions=(*item.actions, *more))

    wider = changed(churn, DEPLOYS, deletes)

    assert any("s3:DeleteObject" in problem for problem in problems(wider, "deployments-minimal"))
    assert any("deletes objects" in problem for problem in problems(wider, "exclusive-change"))


def test_the_command_proves_either_engine() -> None:
    found = run_command(
        "prove",
        "examples/churn/groundplan.yaml",
        "--engine",
        "pulumi",
        "--claim",
        "deployments-allowed",
    )

    assert found.returncode == 0, found.stderr
    assert "Pulumi's provider" in found.stdout
