"""The tokens of CI's jobs, as the CI files ask for them: whom they become, and whom not."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from generated_trees import CASES, ENGINES, known, specified, tree

from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.evaluate import evaluate
from groundplan.blueprints.prove.model import Request
from groundplan.blueprints.spec import DeliverySpec

EACH = pytest.mark.parametrize(("name", "engine"), CASES)
GITHUB = "token.actions.githubusercontent.com"


def assumes(case: Case, role: str, issuer: str, claims: dict[str, str]) -> bool:
    """Whether a token with these claims becomes a role."""
    account = role.split(":")[4]
    request = Request(
        principal=f"arn:aws:iam::{account}:oidc-provider/{issuer}",
        action="sts:AssumeRoleWithWebIdentity",
        resource=role,
        context={f"{issuer}:{key}": value for key, value in claims.items()},
    )
    return evaluate(request, case.world).allowed


def deployers(name: str, engine: Engine) -> list[str]:
    """Return the ARN of each account's deployer."""
    roles = [item.deployer for item in known(name, engine).plan.stage_0]
    return [role.arn for role in roles if role is not None]


def jobs(name: str, engine: Engine) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Yield the jobs of a push, and the roles that they ask for."""
    workflow = yaml.safe_load(tree(name, engine)[".github/workflows/deploy.yml"])
    for job in workflow["jobs"].values():
        asked = [step.get("with", {}).get("role-to-assume", "") for step in job["steps"]]
        yield job, [role for role in asked if role and "vars." not in role]


def token(delivery: DeliverySpec, subject: str, ref: str, *, numbered: bool) -> dict[str, str]:
    """Return the claims of a token of GitHub, in the classic or in the immutable form."""
    owner, repository = delivery.repository.split("/")
    form = f"{owner}@{delivery.owner_id}/{repository}@{delivery.repository_id}"
    return {
        "aud": "sts.amazonaws.com",
        "sub": f"repo:{form if numbered else delivery.repository}:{subject}",
        "ref": ref,
        "repository_id": str(delivery.repository_id),
        "repository_owner_id": str(delivery.owner_id),
    }


@EACH
def test_a_job_becomes_the_deployers_of_its_own_accounts(name: str, engine: Engine) -> None:
    spec = specified(name, "github")
    proof, everybody = case(spec, engine), deployers(name, engine)
    assert spec.delivery is not None
    reached = set()
    for job, roles in jobs(name, engine):
        if "environment" not in job:
            assert "id-token" not in job["permissions"] and roles == []
            continue
        assert job["permissions"]["id-token"] == "write"
        assert roles
        reached |= set(roles)
        subject = f"environment:{job['environment']}"
        branch = f"refs/heads/{spec.delivery.branch}"
        for numbered in (False, True):
            claims = token(spec.delivery, subject, branch, numbered=numbered)
            for role in everybody:
                # an account that this environment's stages are in, and no other
                own = role in roles
                assert assumes(proof, role, GITHUB, claims) is own, (job["environment"], role)
                for wrong in ("refs/heads/x", "refs/pull/7/merge", f"{branch}2"):
                    assert not assumes(proof, role, GITHUB, {**claims, "ref": wrong})
    assert reached == set(everybody)


@EACH
def test_fails_a_pull_request_to_become_a_deployer(name: str, engine: Engine) -> None:
    spec = specified(name, "github")
    assert spec.delivery is not None
    proof = case(spec, engine)
    for role in deployers(name, engine):
        for subject in ("pull_request", f"ref:refs/heads/{spec.delivery.branch}"):
            for ref in ("refs/pull/7/merge", f"refs/heads/{spec.delivery.branch}"):
                for numbered in (False, True):
                    claims = token(spec.delivery, subject, ref, numbered=numbered)
                    assert not assumes(proof, role, GITHUB, claims)


@pytest.mark.parametrize("engine", ENGINES)
def test_gitlabs_jobs_become_deployers_from_the_branch_only(engine: Engine) -> None:
    spec = specified("churn", "gitlab")
    proof = case(spec, engine)
    text = tree("churn", engine, "gitlab")[".gitlab-ci.yml"].decode()
    pipeline = yaml.safe_load(text)
    everybody = {item.deployer.arn for item in proof.plan.stage_0 if item.deployer is not None}
    named = set(re.findall(r"arn:aws:iam::\d+:role/\S+-deployer", text))
    assert named == everybody
    branch = "project_path:acme/ml/platform:ref_type:branch:ref:main"
    for job_name, job in pipeline.items():
        if not job_name.startswith("deploy-"):
            assert not isinstance(job, dict) or "id_tokens" not in job
            continue
        claims = {"aud": job["id_tokens"]["AWS_ID_TOKEN"]["aud"], "sub": branch}
        for role in re.findall(r"arn:aws:iam::\d+:role/\S+-deployer", str(job)):
            assert assumes(proof, role, "gitlab.com", claims)
            for wrong in ("feature", "main2"):
                subject = f"project_path:acme/ml/platform:ref_type:branch:ref:{wrong}"
                assert not assumes(proof, role, "gitlab.com", {**claims, "sub": subject})
