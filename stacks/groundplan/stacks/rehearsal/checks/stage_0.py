"""Checks what an administrator makes once in an account."""

from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.deployment_policies import IdentityProviderPlan
from groundplan.blueprints.plan.stage_0 import BoundaryPlan, Stage0Plan, template_hash
from groundplan.blueprints.plan.stage_0_template import HASH_OUTPUT
from groundplan.stacks.rehearsal.checks import delivery_pipeline, trail
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property, below, tags
from groundplan.stacks.rehearsal.checks.encryption_key import check_encryption_key
from groundplan.stacks.rehearsal.checks.log_group import check_log_group
from groundplan.stacks.rehearsal.checks.managed_policy import check_managed_policy
from groundplan.stacks.rehearsal.checks.role import check_role

UNCOVERED = {
    "analyzer": "moto has no Access Analyzer",
    "bootstrap": "the CDK CLI makes it after stage 0, from a template that holds the planned policies",
    "deployer_condition": "the roles of the bootstrap carry it, which stage 0 does not make",
    "deployment_duties": "compared as the documents of deployment_policies",
    "oidc_provider": "an API shows that it is there, not who made it",
    "log_groups.retain": "no API shows it",
    "log_key.pending_window_days": "KMS shows it only once a key's deletion is scheduled",
    "log_key.retain": "no API shows it",
    "scopes": "a part of the documents that are compared",
    "serving_duties": "compared as the documents of the roles' policies",
    "pipeline_deployers": "the roles of the bootstrap trust them, which stage 0 does not make",
    **{f"pipeline.{name}": reason for name, reason in delivery_pipeline.UNCOVERED.items()},
    **{f"trail.{name}": reason for name, reason in trail.UNCOVERED.items()},
}


def check_stage_0_unit(plan: Stage0Plan, account: Account) -> Iterator[Property]:
    """Compare boundaries, execution policies, roles, identity provider, key and log groups."""
    yield from _stack(plan, account)
    if plan.boundary is not None:
        yield from below("boundary", _boundary(plan.boundary, account))
    else:
        found = account.read("iam", "get_policy", PolicyArn=plan.boundary_arn).get("Policy", {})
        yield "boundary_arn", plan.boundary_arn, found.get("Arn")
    yield from below("deployment_boundary", _boundary(plan.deployment_boundary, account))
    for policy, arn in zip(plan.deployment_policies, plan.execution_policy_arns, strict=True):
        name = f"deployment_policies.{policy.id}"
        yield from check_managed_policy(name, arn, policy.document, account)
    yield from _paths(plan, account)
    for role in plan.roles:
        yield from below(f"roles.{role.id}", check_role(role, account))
    if plan.identity_provider is not None:
        yield from _identity_provider(plan.identity_provider, account)
    if plan.log_key is not None:
        yield from below("log_key", check_encryption_key(plan.log_key, account))
    if plan.trail is not None:
        yield from below("trail", trail.check_trail(plan.trail, account))
    if plan.pipeline is not None:
        compared = delivery_pipeline.check_delivery_pipeline(plan.pipeline, account)
        yield from below("pipeline", compared)
    for group in plan.log_groups:
        yield from below(f"log_groups.{group.id}", check_log_group(group, account))
    for name in plan.existing_log_groups:
        found_groups = account.read_all(
            "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name
        )
        names = [item["logGroupName"] for item in found_groups]
        yield f"existing_log_groups.{name}", True, name in names


def _stack(plan: Stage0Plan, account: Account) -> Iterator[Property]:
    listed = account.read("cloudformation", "describe_stacks", StackName=plan.stack_name)
    found: dict[str, Any] = first(listed.get("Stacks", []))
    yield "stack_name", plan.stack_name, found.get("StackName")
    prefix = plan.place.arn("cloudformation", f"stack/{plan.stack_name}/")
    yield "place", prefix, str(found.get("StackId", ""))[: len(prefix)]
    outputs = {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}
    yield "project", template_hash(plan), outputs.get(HASH_OUTPUT)
    yield "engine", plan.engine, "pulumi" if "DeploymentRoleArn" in outputs else "cdk"
    if plan.engine == "cdk":  # its bootstrap has a qualifier
        yield "qualifier", plan.qualifier, outputs.get("Qualifier")
    yield "boundary_arn", plan.boundary_arn, outputs.get("BoundaryArn")
    yield tags(plan.tags, found.get("Tags", []))


def _boundary(plan: BoundaryPlan, account: Account) -> Iterator[Property]:
    found = account.read("iam", "get_policy", PolicyArn=plan.arn).get("Policy", {})
    yield "name", plan.name, found.get("PolicyName")
    yield "description", plan.description, found.get("Description")
    yield from check_managed_policy("policy", plan.arn, plan.document, account)


def _paths(plan: Stage0Plan, account: Account) -> Iterator[Property]:
    """Compare with the plan all that lies on the path: nothing more may be there."""
    policies = account.read_all(
        "iam", "list_policies", "Policies", Scope="Local", PathPrefix=plan.path
    )
    pipeline = plan.pipeline.boundary if plan.pipeline is not None else None
    bounds = [
        item for item in (plan.boundary, plan.deployment_boundary, pipeline) if item is not None
    ]
    wanted = [item.name for item in bounds] + [item.name for item in plan.deployment_policies]
    roles_here = [
        *plan.roles,
        *plan.pipeline_roles.values(),
        *((plan.trail.role,) if plan.trail is not None else ()),
    ]
    wanted += [policy.name for role in roles_here for policy in role.policies]
    yield "path.policies", sorted(wanted), sorted(item["PolicyName"] for item in policies)
    roles = account.read_all("iam", "list_roles", "Roles", PathPrefix=plan.path)
    names = sorted(role.name for role in roles_here)
    yield "path.roles", names, sorted(item["RoleName"] for item in roles)


def _identity_provider(plan: IdentityProviderPlan, account: Account) -> Iterator[Property]:
    arn = account.place.iam_arn(f"oidc-provider/{plan.issuer}")
    found = account.read("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
    yield "identity_provider.url", plan.issuer, str(found.get("Url", "")).removeprefix("https://")
    yield "identity_provider.audience", True, plan.audience in found.get("ClientIDList", [])
