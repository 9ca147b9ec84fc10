"""Compares roles, their policies, and keys."""

from collections.abc import Sequence
from typing import Any

from groundplan.stacks.parity.inventory import Item, Parts, Resource
from groundplan.stacks.parity.tagged import TAGGED
from groundplan.stacks.parity.values import document, item, kept, own


def role_of_template(role: Resource, parts: Parts) -> Item:
    """Return a role of CDK."""
    arns = role.take("ManagedPolicyArns") or []
    found = [
        parts.one(role, "AWS::IAM::ManagedPolicy", ManagedPolicyName=_name(arn)) for arn in arns
    ]
    facts = {
        "path": role.take("Path"),
        "description": role.take("Description"),
        "trust": document(role.take("AssumeRolePolicyDocument")),
        "boundary": role.take("PermissionsBoundary"),
        "policies": sorted(arns),
        **_allowed(found, "PolicyDocument", "Path", "Tags"),
    }
    return item("role", role.take("RoleName"), role, facts, *found, own_tags=role.take("Tags"))


def role_of_program(role: Resource, parts: Parts) -> Item:
    """Return a role of Pulumi, to which policies are attached one by one."""
    name = role.take("name")
    attached = parts.of(role, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", role=name)
    arns = [part.take("policyArn") for part in attached]
    found = [parts.one(role, "aws:iam/policy:Policy", name=_name(arn)) for arn in arns]
    facts = {
        "path": role.take("path"),
        "description": role.take("description"),
        "trust": document(role.take("assumeRolePolicy")),
        "boundary": role.take("permissionsBoundary"),
        "policies": sorted(arns),
        **_allowed(found, "policy", "path", "tags"),
    }
    return item("role", name, role, facts, *attached, *found, own_tags=role.take("tags"))


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _allowed(
    policies: Sequence[Resource | None], text: str, path: str, tags: str
) -> dict[str, Any]:
    """Return what the policies of a role allow together, and what else is said of them.

    A role with a duty more may need a policy more, to which others of its statements move.
    """
    statements: dict[str, Any] = {}
    found = [policy for policy in policies if policy is not None]
    more: list[Any] = []
    for policy in found:
        whole = document(policy.take(text))
        for id, statement in whole.pop("Statement").items():
            statements[id if id not in statements else f"{id} {policy.unit}"] = statement
        if whole not in more:
            more.append(whole)
    return {
        "allows": statements,
        "paths of policies": sorted({policy.take(path) for policy in found}),
        "rest of policies": more,
        "tags of policies": [
            policy.all_tags(policy.take(tags)) for policy in found[:1] if policy.type in TAGGED
        ],
    }


def key_of_template(key: Resource, parts: Parts) -> Item:
    """Return a key of CDK."""
    alias = parts.one(key, "AWS::KMS::Alias", TargetKeyId=own(key)["arn"])
    facts = {
        "description": key.take("Description"),
        "rotates": key.take("EnableKeyRotation", False),
        "days until deleted": key.take("PendingWindowInDays"),
        "policy": document(key.take("KeyPolicy")),
        "alias": alias and kept(alias),
    }
    name = alias.take("AliasName") if alias else key.unit
    return _key(key, name, facts, alias, key.take("Tags"))


def key_of_program(key: Resource, parts: Parts) -> Item:
    """Return a key of Pulumi."""
    alias = parts.one(key, "aws:kms/alias:Alias", targetKeyId=own(key)["id"])
    facts = {
        "description": key.take("description"),
        "rotates": key.take("enableKeyRotation", False),
        "days until deleted": key.take("deletionWindowInDays"),
        "policy": document(key.take("policy")),
        "alias": alias and kept(alias),
    }
    name = alias.take("name") if alias else key.unit
    return _key(key, name, facts, alias, key.take("tags"))


def _key(
    key: Resource, name: str, facts: dict[str, object], alias: Resource | None, own_tags: object
) -> Item:
    found = item("key", name, key, facts, own_tags=own_tags)
    return Item(
        kind=found.kind,
        identity=found.identity,
        facts=found.facts,
        resources=2 if alias else 1,
    )


TEMPLATES = {
    "AWS::IAM::Role": role_of_template,
    "AWS::KMS::Key": key_of_template,
}
PROGRAMS = {
    "aws:iam/role:Role": role_of_program,
    "aws:kms/key:Key": key_of_program,
}
PARTS = {
    "AWS::IAM::ManagedPolicy",
    "AWS::KMS::Alias",
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:kms/alias:Alias",
}
