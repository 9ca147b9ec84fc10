"""The role that CI assumes in an account: who may, and what it may do."""

from collections.abc import Mapping

from groundplan.blueprints.plan.deployment_policies.scope import DeploymentScope
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import Duty
from groundplan.blueprints.spec import DeliverySpec

GITHUB_ISSUER = "token.actions.githubusercontent.com"
"""Issuer of the tokens of GitHub Actions."""
AUDIENCE = "sts.amazonaws.com"
"""Audience that the tokens are made for."""
ASSUMED_ROLES = ("deploy", "file-publishing", "image-publishing", "lookup")
"""Roles of the CDK bootstrap that a deployment assumes."""


def deployer_trust(scope: DeploymentScope, delivery: DeliverySpec) -> PolicyDocument:
    """Return a trust in one branch of one repository, through GitHub environments of exact names.

    An environment is needed for each stage of the account, of the stage's name. A pull request never
    matches, since its ref is none of a branch. Where the ids are known, a subject may have the form
    of 2026, which a renamed or re-created repository cannot take over, and the ids must match too.
    """
    owner, repository = delivery.repository.split("/")
    subjects = [f"repo:{delivery.repository}:environment:{item}" for item in scope.scopes]
    claims: dict[str, Json] = {
        f"{GITHUB_ISSUER}:aud": AUDIENCE,
        f"{GITHUB_ISSUER}:ref": f"refs/heads/{delivery.branch}",
    }
    if delivery.repository_id is not None and delivery.owner_id is not None:
        numbered = f"repo:{owner}@{delivery.owner_id}/{repository}@{delivery.repository_id}"
        subjects += [f"{numbered}:environment:{item}" for item in scope.scopes]
    if delivery.repository_id is not None:
        claims[f"{GITHUB_ISSUER}:repository_id"] = str(delivery.repository_id)
    if delivery.owner_id is not None:
        claims[f"{GITHUB_ISSUER}:repository_owner_id"] = str(delivery.owner_id)
    condition: dict[str, Mapping[str, Json]] = {
        "StringEquals": {**claims, f"{GITHUB_ISSUER}:sub": subjects}
    }
    provider = scope.place.iam_arn(f"oidc-provider/{GITHUB_ISSUER}")
    return PolicyDocument(
        statements=(
            Statement(
                sid="AssumeFromRepository",
                actions=("sts:AssumeRoleWithWebIdentity",),
                principals={"Federated": provider},
                condition=condition,
            ),
        )
    )


def assume_bootstrap_roles(scope: DeploymentScope) -> Duty:
    """Return the one duty of the deployer: everything else is done by the bootstrap's roles."""
    return Duty(
        id="AssumeBootstrapRoles",
        actions=("sts:AssumeRole",),
        resources=tuple(scope.bootstrap_role(purpose) for purpose in ASSUMED_ROLES),
        reason="the CDK CLI deploys through the roles of the bootstrap",
    )
