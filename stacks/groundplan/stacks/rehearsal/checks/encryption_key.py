"""Checks an encryption key and its alias."""

from collections.abc import Iterator

from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

UNCOVERED = {
    "pending_window_days": "KMS shows it only once a key's deletion is scheduled",
    "retain": "no API shows it; the teardown does",
}


def check_encryption_key(plan: EncryptionKeyPlan, account: Account) -> Iterator[Property]:
    """Compare alias, state, rotation, policy and tags."""
    aliases = account.read_all("kms", "list_aliases", "Aliases")
    alias = first(item for item in aliases if item["AliasName"] == plan.alias)
    yield "alias", plan.alias, alias.get("AliasName")
    yield "alias_arn", plan.alias_arn, alias.get("AliasArn")
    found = account.read("kms", "describe_key", KeyId=plan.alias).get("KeyMetadata", {})
    key = found.get("KeyId", "missing")
    yield "alias.target", alias.get("TargetKeyId"), found.get("KeyId")
    yield "description", plan.description, found.get("Description")
    yield "state", "Enabled", found.get("KeyState")
    yield "manager", "CUSTOMER", found.get("KeyManager")
    yield "spec", "SYMMETRIC_DEFAULT", found.get("KeySpec")
    rotation = account.read("kms", "get_key_rotation_status", KeyId=key)
    yield "rotation", True, rotation.get("KeyRotationEnabled")
    policy = account.read("kms", "get_key_policy", KeyId=key, PolicyName="default").get("Policy")
    yield from compare_policy("policy", plan.policy, policy, account)
    yield tags(account.tags, account.read("kms", "list_resource_tags", KeyId=key).get("Tags", []))
