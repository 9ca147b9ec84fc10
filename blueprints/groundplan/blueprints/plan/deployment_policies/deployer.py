"""The role that CI assumes in an account: who may, and what it may do."""

from collections.abc import Mapping

from groundplan.blueprints.plan.context import TOOLING
from groundplan.blueprints.plan.deployment_policies.identity_provider import identity_provider
from groundplan.blueprints.plan.deployment_policies.scope import DeploymentScope, environments
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import Duty
from groundplan.blueprints.spec import DeliverySpec

ASSUMED_ROLES = ("deploy", "file-publishing", "image-publishing", "lookup")
"""Roles of the CDK bootstrap that a deployment assumes."""


def deployer_trust(scope: DeploymentScope, delivery: DeliverySpec) -> PolicyDocument:
    """Return a trust in one branch of one repository.

    In GitHub a job needs an environment for each stage of the account, of the stage's name; with Pulumi,
    which deploys tooling and data together, one called ``tooling`` stands for both. A pull request
    never matches, since its ref is none of a branch. Where the ids are known, a subject may
    have the form of 2026, which a renamed or re-created repository cannot take over, and the ids must
    match too.

    Of GitLab's tokens AWS compares subject and audience only (IAM User Guide, "Available keys for AWS
    OIDC federation", 2026-10), so a stage's environment cannot be a condition. What a project adds to
    its subjects can: see :attr:`~groundplan.blueprints.spec.DeliverySpec.subject_claims`.
    """
    claims = _github(scope, delivery) if delivery.ci == "github" else _gitlab(delivery)
    provider = identity_provider(delivery)
    issuer = provider.issuer
    condition: dict[str, Mapping[str, Json]] = {
        "StringEquals": {
            f"{issuer}:{claim}": value
            for claim, value in ({"aud": provider.audience} | claims).items()
        }
    }
    return PolicyDocument(
        statements=(
            Statement(
                sid="AssumeFromRepository",
                actions=("sts:AssumeRoleWithWebIdentity",),
                principals={"Federated": scope.place.iam_arn(f"oidc-provider/{issuer}")},
                condition=condition,
            ),
        )
    )


def _github(scope: DeploymentScope, delivery: DeliverySpec) -> dict[str, Json]:
    owner, repository = delivery.repository.split("/")
    jobs = _jobs(scope)
    subjects = [f"repo:{delivery.repository}:environment:{item}" for item in jobs]
    claims: dict[str, Json] = {"ref": f"refs/heads/{delivery.branch}"}
    if delivery.repository_id is not None and delivery.owner_id is not None:
        numbered = f"repo:{owner}@{delivery.owner_id}/{repository}@{delivery.repository_id}"
        subjects += [f"{numbered}:environment:{item}" for item in jobs]
    if delivery.repository_id is not None:
        claims["repository_id"] = str(delivery.repository_id)
    if delivery.owner_id is not None:
        claims["repository_owner_id"] = str(delivery.owner_id)
    return claims | {"sub": subjects}


def _jobs(scope: DeploymentScope) -> tuple[str, ...]:
    """Return the environments of GitHub whose jobs deploy to the account."""
    if scope.engine != "pulumi":
        return scope.scopes
    own = environments(scope.scopes)
    shared = (TOOLING,) if len(own) < len(scope.scopes) else ()
    return (*shared, *own)


def _gitlab(delivery: DeliverySpec) -> dict[str, Json]:
    branch = f"project_path:{delivery.repository}:ref_type:branch:ref:{delivery.branch}"
    return {"sub": ":".join([branch, *(f"{claim}:true" for claim in delivery.subject_claims)])}


def assume_deployment_roles(scope: DeploymentScope) -> Duty:
    """Return the one duty of the deployer: everything else is done by the roles that it assumes."""
    if scope.engine == "pulumi":
        return Duty(
            id="AssumeDeploymentRole",
            actions=("sts:AssumeRole",),
            resources=(scope.assumed,),
            reason="Pulumi's provider deploys with the deployment role of the account",
        )
    return Duty(
        id="AssumeBootstrapRoles",
        actions=("sts:AssumeRole",),
        resources=tuple(scope.bootstrap_role(purpose) for purpose in ASSUMED_ROLES),
        reason="the CDK CLI deploys through the roles of the bootstrap",
    )
