"""Checks a role, its policies and its boundary."""

from collections.abc import Iterator

from groundplan.blueprints.plan.role import RolePlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.managed_policy import check_managed_policy
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

UNCOVERED: dict[str, str] = {}


def check_role(plan: RolePlan, account: Account) -> Iterator[Property]:
    """Compare trust, path, boundary, the attached policies and their documents."""
    role = account.read("iam", "get_role", RoleName=plan.name).get("Role", {})
    yield "name", plan.name, role.get("RoleName")
    yield "arn", plan.arn, role.get("Arn")
    yield "path", plan.path, role.get("Path")
    yield "description", plan.description, role.get("Description")
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    yield "permissions_boundary", plan.permissions_boundary, boundary
    yield from compare_policy("trust", plan.trust, role.get("AssumeRolePolicyDocument"), account)
    yield tags(account.tags, role.get("Tags", []))
    if not role:
        return
    inline = account.read_all("iam", "list_role_policies", "PolicyNames", RoleName=plan.name)
    yield "policies.inline", [], inline
    attached = account.read_all(
        "iam", "list_attached_role_policies", "AttachedPolicies", RoleName=plan.name
    )
    arns = [account.place.iam_arn(f"policy{plan.path}{policy.name}") for policy in plan.policies]
    yield "policies", sorted(arns), sorted(item["PolicyArn"] for item in attached)
    for policy, arn in zip(plan.policies, arns, strict=True):
        yield from check_managed_policy(f"policies.{policy.id}", arn, policy.document, account)
