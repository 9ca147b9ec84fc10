"""What an attacker with a role reaches stays in the role's environment and work."""

import pytest
from benchmarks.prove_plant import Plant, admit, allow, both, in_trust, unbounded, with_
from prove_support import PROD, REGION, STAGING, example, root, said

from groundplan.blueprints.prove.claims.blast_radius import CLAIM
from groundplan.blueprints.prove.matrix import Row, matrix

WORK = f"arn:aws:s3:::churn-prod-work-{PROD}"
ENDPOINT = f"arn:aws:sagemaker:{REGION}:{PROD}:endpoint/churn-prod-churn"


def row(name: str, example_name: str = "churn", account: str = PROD) -> Row:
    found = matrix(example(example_name)).rows
    [own] = [r for r in found if r.role.arn.endswith(f"/{name}") and r.role.account == account]
    return own


def test_the_matrix_tells_what_a_role_reaches_by_itself_and_through_others() -> None:
    columns = matrix(example()).columns
    release = dict(zip(columns, map(str, row("churn-prod-release").cells), strict=True))
    assert release["changes endpoints"] == "churn-prod-churn"
    assert release["reads models"] == "(churn)"
    assert release["reads data"] == ""
    deployer = row("churn-deployer")
    reached = dict(zip(columns, map(str, deployer.cells), strict=True))
    assert reached["reads data"] == "(customers)"
    assert reached["approves versions"] == ""
    assert any("/churn-prod-churn-training" in arn for arn in deployer.becomes)


def test_the_matrix_tells_whose_work_a_role_sets_off() -> None:
    started = row("churn-staging-release", account=STAGING).starts
    assert any(arn.endswith("churn-prod-release") for arn in started)
    assert not row("churn-prod-churn-serving").starts


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (
            allow("churn-prod-churn-serving", "s3:GetObject", on=f"{WORK}/*"),
            ("churn-prod-churn-serving: reads working data of prod in prod, although a role of "
            f"containers that serve needs nothing but its model: s3:GetObject on {WORK}/x; take "
            f"s3:GetObject on this resource from {PROD} churn-prod-churn-serving"),
        ),
        (
            both(
                allow("churn-staging-release", "s3:GetObject", on=f"{WORK}/*"),
                admit(WORK, root(STAGING), "s3:GetObject", on=f"{WORK}/*"),
            ),
            ("churn-staging-release: reads working data of prod in prod, although a role of staging has "
            f"no part in prod: s3:GetObject on {WORK}/x; take s3:GetObject on this resource from "
            f"{STAGING} churn-staging-release"),
        ),
        (
            both(
                unbounded("churn-staging-release"),
                allow("churn-staging-release", "sts:AssumeRole"),
                in_trust(
                    "churn-prod-release", "Assume", with_(principals=root(STAGING), condition={})
                ),
            ),
            ("churn-staging-release: invokes endpoints of churn-prod-churn in prod by becoming "
            f"{PROD} churn-prod-release, although a role of staging has no part in prod: "
            f"sagemaker:InvokeEndpoint on {ENDPOINT} with aws:ResourceTag/groundplan:endpoint "
            "churn-prod-churn; take sagemaker:InvokeEndpoint on this resource from "
            f"{PROD} churn-prod-release, or the way from {STAGING} churn-staging-release to it"),
        ),
    ],
)  # fmt: skip
def test_names_who_reaches_beyond_its_work(plant: Plant, sentence: str) -> None:
    assert sentence in said(CLAIM, plant)


def test_evidence_says_what_development_and_staging_reach_of_production() -> None:
    lines = CLAIM.check(example("vision")).evidence
    assert "4 roles of development reach nothing of production" in lines
    assert "5 roles of staging reach nothing of production" in lines
