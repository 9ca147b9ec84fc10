"""Stage 0 of an account as one plain CloudFormation template, and its hash."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.plan.ref import Ref, canonical_json, resolve
from groundplan.blueprints.plan.role import Duty, ManagedPolicyPlan, RolePlan
from groundplan.blueprints.plan.stage_0_plan import BoundaryPlan, Stage0Plan

HASH_OUTPUT = "TemplateHash"
"""Output by which ``groundplan doctor`` sees whether an account has this template."""
SESSION_SECONDS = 3600
"""Longest session of a role."""

Resource = dict[str, Any]


def template(stage_0: Stage0Plan) -> dict[str, Any]:
    """Return the CloudFormation template of stage 0.

    Its metadata holds the reason of every statement, by resource and statement.
    """
    resources: dict[str, Resource] = {}
    if stage_0.boundary is not None:
        resources["Boundary"] = _boundary(stage_0, stage_0.boundary)
    resources["DeploymentBoundary"] = _boundary(stage_0, stage_0.deployment_boundary)
    duties = [item.duty for item in stage_0.deployment_duties]
    for policy in stage_0.deployment_policies:
        resources[policy.id] = _policy(stage_0, policy, duties, "Deployments")
    for role in stage_0.roles:
        for policy in role.policies:
            resources[f"{role.id}{policy.id}"] = _policy(
                stage_0, policy, role.duties, role.description
            )
        resources[role.id] = _role(role)
    provider = stage_0.identity_provider
    if stage_0.oidc_provider == "create" and provider is not None:
        resources["OidcProvider"] = _kept(
            "AWS::IAM::OIDCProvider",
            {"ClientIdList": [provider.audience], "Url": provider.url},
        )
    if stage_0.log_key is not None:
        resources |= _log_key(stage_0.log_key)
    for group in stage_0.log_groups:
        resources[group.id] = _log_group(group)
    body: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"groundplan stage 0 of {stage_0.project}, made by an administrator",
        "Resources": resources,
        "Outputs": _outputs(stage_0),
    }
    body["Outputs"][HASH_OUTPUT] = _output("Hash of this template", _hash(body))
    return body


def template_hash(stage_0: Stage0Plan) -> str:
    """Return what the template of ``stage_0`` says of itself in its output :data:`HASH_OUTPUT`."""
    found: str = template(stage_0)["Outputs"][HASH_OUTPUT]["Value"]
    return found


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(body).encode()).hexdigest()[:16]


def _outputs(stage_0: Stage0Plan) -> dict[str, Any]:
    policies = ",".join(stage_0.execution_policy_arns)
    out = {
        "BoundaryArn": _output("Boundary of the project's roles", stage_0.boundary_arn),
        "DeploymentBoundaryArn": _output(
            "Boundary of the roles of deployments", stage_0.deployment_boundary.arn
        ),
        "DeploymentPolicyArns": _output("Policies of CloudFormation's role", policies),
        "Qualifier": _output("CDK bootstrap qualifier", stage_0.qualifier),
    }
    if stage_0.deployer is not None:
        out["DeployerRoleArn"] = _output("Role that CI assumes", stage_0.deployer.arn)
    return out


def _output(description: str, value: str) -> dict[str, str]:
    return {"Description": description, "Value": value}


def _boundary(stage_0: Stage0Plan, plan: BoundaryPlan) -> Resource:
    return _managed_policy(stage_0, plan.name, plan.description, plan.document, plan.duties)


def _policy(
    stage_0: Stage0Plan, plan: ManagedPolicyPlan, duties: Sequence[Duty], description: str
) -> Resource:
    return _managed_policy(stage_0, plan.name, description, plan.document, duties)


def _managed_policy(
    stage_0: Stage0Plan,
    policy_name: str,
    description: str,
    document: PolicyDocument,
    duties: Sequence[Duty],
) -> Resource:
    allowed = {statement.sid for statement in document.statements}
    resource = _deleted(
        "AWS::IAM::ManagedPolicy",
        {
            "Description": description,
            "ManagedPolicyName": policy_name,
            "Path": stage_0.path,
            "PolicyDocument": document.to_json(),
        },
    )
    resource["Metadata"] = {
        "groundplan:reasons": {duty.id: duty.reason for duty in duties if duty.id in allowed}
    }
    return resource


def _role(plan: RolePlan) -> Resource:
    return _deleted(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": plan.trust.to_json(),
            "Description": plan.description,
            "ManagedPolicyArns": [{"Ref": f"{plan.id}{policy.id}"} for policy in plan.policies],
            "MaxSessionDuration": SESSION_SECONDS,
            "Path": plan.path,
            "PermissionsBoundary": plan.permissions_boundary,
            "RoleName": plan.name,
        },
    ) | {"DependsOn": ["DeploymentBoundary"]}


def _log_key(plan: EncryptionKeyPlan) -> dict[str, Resource]:
    return {
        plan.id: _kept(
            "AWS::KMS::Key",
            {
                "Description": plan.description,
                "EnableKeyRotation": True,
                "KeyPolicy": plan.policy.to_json(),
                "PendingWindowInDays": plan.pending_window_days,
            },
        ),
        f"{plan.id}Alias": _kept(
            "AWS::KMS::Alias", {"AliasName": plan.alias, "TargetKeyId": {"Ref": plan.id}}
        ),
    }


def _log_group(plan: LogGroupPlan) -> Resource:
    key = plan.encryption_key
    values = {key: {"Fn::GetAtt": [key.unit, "Arn"]}} if isinstance(key, Ref) else {}
    return _kept(
        "AWS::Logs::LogGroup",
        {
            "KmsKeyId": resolve(key, values),
            "LogGroupName": plan.name,
            "RetentionInDays": plan.retention_days,
        },
    )


def _kept(type_name: str, properties: Resource) -> Resource:
    return {
        "Type": type_name,
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }


def _deleted(type_name: str, properties: Resource) -> Resource:
    return {
        "Type": type_name,
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": properties,
    }
