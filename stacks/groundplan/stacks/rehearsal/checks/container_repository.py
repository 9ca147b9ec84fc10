"""Checks a container registry repository."""

import json
from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

UNCOVERED = {"retain": "no API shows it; the teardown does"}


def check_container_repository(
    plan: ContainerRepositoryPlan, account: Account
) -> Iterator[Property]:
    """Compare immutability, scanning, encryption, lifecycle, policy and tags."""
    named: dict[str, Any] = {"repositoryName": plan.name}
    listed = account.read("ecr", "describe_repositories", repositoryNames=[plan.name])
    found = first(listed.get("repositories", []))
    yield "name", plan.name, found.get("repositoryName")
    yield "arn", plan.arn, found.get("repositoryArn")
    yield "uri", plan.uri, found.get("repositoryUri")
    yield "immutability", "IMMUTABLE", found.get("imageTagMutability")
    scan = found.get("imageScanningConfiguration", {}).get("scanOnPush")
    yield "scan_on_push", True, scan
    encryption = found.get("encryptionConfiguration", {})
    yield "encryption_key.type", "KMS", encryption.get("encryptionType")
    key = account.key_arn(account.resolve(plan.encryption_key))
    yield "encryption_key", key, account.key_arn(encryption.get("kmsKey"))
    policy = account.read("ecr", "get_repository_policy", **named).get("policyText")
    yield from compare_policy("policy", plan.policy, policy, account)
    lifecycle = account.read("ecr", "get_lifecycle_policy", **named).get("lifecyclePolicyText")
    expire = [{"tagStatus": "untagged", "days": plan.untagged_days}]
    yield (
        "untagged_days",
        expire,
        [_rule(item) for item in json.loads(lifecycle or "{}").get("rules", [])],
    )
    yield tags(
        account.tags,
        account.read("ecr", "list_tags_for_resource", resourceArn=plan.arn).get("tags", []),
    )


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """Reduce a rule to what expires when; any other kind of rule stays as it is."""
    selection = dict(rule["selection"])
    age = (selection.pop("countType", None), selection.pop("countUnit", None))
    if rule["action"] != {"type": "expire"} or age != ("sinceImagePushed", "days"):
        return rule
    selection["days"] = selection.pop("countNumber", None)
    return selection
