"""Checks a table of locks."""

from collections.abc import Iterator

from groundplan.blueprints.plan.lock_table import EXPIRY_ATTRIBUTE, KEY_ATTRIBUTE, LockTablePlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, tags

UNCOVERED: dict[str, str] = {}


def check_lock_table(plan: LockTablePlan, account: Account) -> Iterator[Property]:
    """Compare key, encryption, expiry, recovery, protection and tags."""
    table = account.read("dynamodb", "describe_table", TableName=plan.name).get("Table", {})
    yield "name", plan.name, table.get("TableName")
    yield "arn", plan.arn, table.get("TableArn")
    key = [{"AttributeName": KEY_ATTRIBUTE, "KeyType": "HASH"}]
    yield "key", key, table.get("KeySchema")
    types = [{"AttributeName": KEY_ATTRIBUTE, "AttributeType": "S"}]
    yield "key.type", types, table.get("AttributeDefinitions")
    billing = table.get("BillingModeSummary", {}).get("BillingMode")
    yield "billing", "PAY_PER_REQUEST", billing
    encryption = table.get("SSEDescription", {})
    yield (
        "encryption_key.type",
        ["KMS", "ENABLED"],
        [encryption.get(k) for k in ("SSEType", "Status")],
    )
    planned = account.key_arn(account.resolve(plan.encryption_key))
    yield "encryption_key", planned, account.key_arn(encryption.get("KMSMasterKeyArn"))
    yield "deletion_protection", plan.deletion_protection, table.get("DeletionProtectionEnabled")
    expiry = account.read("dynamodb", "describe_time_to_live", TableName=plan.name)
    shown = expiry.get("TimeToLiveDescription", {})
    yield (
        "expiry",
        ["ENABLED", EXPIRY_ATTRIBUTE],
        [shown.get(name) for name in ("TimeToLiveStatus", "AttributeName")],
    )
    backups = account.read("dynamodb", "describe_continuous_backups", TableName=plan.name)
    recovery = backups.get("ContinuousBackupsDescription", {})
    status = recovery.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    yield "recovery", "ENABLED", status
    found = account.read("dynamodb", "list_tags_of_resource", ResourceArn=plan.arn)
    yield tags(account.tags, found.get("Tags", []))
