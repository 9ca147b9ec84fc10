"""Stage 0 of an account as one plain CloudFormation template, and its hash."""

from typing import Any

from groundplan.blueprints.plan.stage_0_plan import BoundaryPlan, Stage0Plan
from groundplan.blueprints.plan.stage_0_resources import (
    HASH_OUTPUT,
    Resource,
    deleted,
    hashed,
    kept,
    key_with_alias,
    log_group,
    managed_policy,
    output,
    role_with_policies,
)

__all__ = ["HASH_OUTPUT", "template", "template_hash"]


def template(stage_0: Stage0Plan) -> dict[str, Any]:
    """Return the CloudFormation template of stage 0; the audit trail has one of its own.

    Its metadata holds the reason of every statement, by resource and statement.
    """
    resources: dict[str, Resource] = {}
    if stage_0.boundary is not None:
        resources["Boundary"] = _boundary(stage_0, stage_0.boundary)
    resources["DeploymentBoundary"] = _boundary(stage_0, stage_0.deployment_boundary)
    duties = [item.duty for item in stage_0.deployment_duties]
    for policy in stage_0.deployment_policies:
        resources[policy.id] = managed_policy(
            stage_0.path, policy.name, "Deployments", policy.document, duties
        )
    for role in stage_0.roles:
        resources |= role_with_policies(role)
        resources[role.id]["DependsOn"] = ["DeploymentBoundary"]
    provider = stage_0.identity_provider
    if stage_0.oidc_provider == "create" and provider is not None:
        resources["OidcProvider"] = kept(
            "AWS::IAM::OIDCProvider",
            {"ClientIdList": [provider.audience], "Url": provider.url},
        )
    if stage_0.log_key is not None:
        resources |= key_with_alias(stage_0.log_key)
    for group in stage_0.log_groups:
        resources[group.id] = log_group(group)
    if stage_0.analyzer is not None:
        analyzer = {"AnalyzerName": stage_0.analyzer.name, "Type": "ACCOUNT"}
        resources["Analyzer"] = deleted("AWS::AccessAnalyzer::Analyzer", analyzer)
    return hashed(
        f"groundplan stage 0 of {stage_0.project}, made by an administrator",
        resources,
        _outputs(stage_0),
    )


def template_hash(stage_0: Stage0Plan) -> str:
    """Return what the template of ``stage_0`` says of itself in its output :data:`HASH_OUTPUT`."""
    found: str = template(stage_0)["Outputs"][HASH_OUTPUT]["Value"]
    return found


def _outputs(stage_0: Stage0Plan) -> dict[str, Any]:
    policies = ",".join(stage_0.execution_policy_arns)
    out = {
        "BoundaryArn": output("Boundary of the project's roles", stage_0.boundary_arn),
        "DeploymentBoundaryArn": output(
            "Boundary of the roles of deployments", stage_0.deployment_boundary.arn
        ),
    }
    if stage_0.deployment_role is not None:
        arn = stage_0.deployment_role.arn
        out["DeploymentRoleArn"] = output("Role that Pulumi deploys with", arn)
    else:
        out["DeploymentPolicyArns"] = output("Policies of CloudFormation's role", policies)
        out["Qualifier"] = output("CDK bootstrap qualifier", stage_0.qualifier)
    if stage_0.deployer is not None:
        out["DeployerRoleArn"] = output("Role that CI assumes", stage_0.deployer.arn)
    return out


def _boundary(stage_0: Stage0Plan, plan: BoundaryPlan) -> Resource:
    return managed_policy(
        stage_0.path, plan.name, plan.description, plan.document, plan.duties, plan.exceptions
    )
