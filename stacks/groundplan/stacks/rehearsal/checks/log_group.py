"""Checks a log group."""

from collections.abc import Iterator

from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property

UNCOVERED = {"retain": "no API shows it; the teardown does"}


def check_log_group(plan: LogGroupPlan, account: Account) -> Iterator[Property]:
    """Compare name, key, retention and tags."""
    found = account.read_all(
        "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=plan.name
    )
    group = first(item for item in found if item["logGroupName"] == plan.name)
    yield "name", plan.name, group.get("logGroupName")
    yield "arn", plan.arn, str(group.get("arn", "")).removesuffix(":*")
    key = account.key_arn(account.resolve(plan.encryption_key))
    yield "encryption_key", key, account.key_arn(group.get("kmsKeyId"))
    yield "retention_days", plan.retention_days, group.get("retentionInDays")
    shown = account.read("logs", "list_tags_for_resource", resourceArn=plan.arn).get("tags", {})
    yield "tags", account.tags, {key: shown.get(key) for key in account.tags}
