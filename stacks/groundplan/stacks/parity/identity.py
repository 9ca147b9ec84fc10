"""Compares roles, their policies, and keys."""

from groundplan.stacks.parity.inventory import Item, Parts, Resource
from groundplan.stacks.parity.values import document, item, kept, own


def role_of_template(role: Resource, parts: Parts) -> Item:
    """Return a role of CDK."""
    facts = {
        "path": role.take("Path"),
        "description": role.take("Description"),
        "trust": document(role.take("AssumeRolePolicyDocument")),
        "boundary": role.take("PermissionsBoundary"),
        "policies": sorted(role.take("ManagedPolicyArns") or []),
    }
    return item("role", role.take("RoleName"), role, facts, own_tags=role.take("Tags"))


def role_of_program(role: Resource, parts: Parts) -> Item:
    """Return a role of Pulumi, to which policies are attached one by one."""
    name = role.take("name")
    attached = parts.of(role, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", role=name)
    facts = {
        "path": role.take("path"),
        "description": role.take("description"),
        "trust": document(role.take("assumeRolePolicy")),
        "boundary": role.take("permissionsBoundary"),
        "policies": sorted(part.take("policyArn") for part in attached),
    }
    return item("role", name, role, facts, *attached, own_tags=role.take("tags"))


def policy_of_template(policy: Resource, parts: Parts) -> Item:
    """Return a managed policy of CDK."""
    facts = {"path": policy.take("Path"), "document": document(policy.take("PolicyDocument"))}
    return item("policy", policy.take("ManagedPolicyName"), policy, facts)


def policy_of_program(policy: Resource, parts: Parts) -> Item:
    """Return a managed policy of Pulumi."""
    facts = {"path": policy.take("path"), "document": document(policy.take("policy"))}
    return item("policy", policy.take("name"), policy, facts, own_tags=policy.take("tags"))


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
    "AWS::IAM::ManagedPolicy": policy_of_template,
    "AWS::IAM::Role": role_of_template,
    "AWS::KMS::Key": key_of_template,
}
PROGRAMS = {
    "aws:iam/policy:Policy": policy_of_program,
    "aws:iam/role:Role": role_of_program,
    "aws:kms/key:Key": key_of_program,
}
PARTS = {
    "AWS::KMS::Alias",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:kms/alias:Alias",
}
