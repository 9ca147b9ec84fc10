"""Checks a bucket."""

from collections.abc import Iterator, Mapping
from typing import Any

from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

UNCOVERED = {"retain": "no API shows it; the teardown does"}

PRIVATE = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}
ARCHIVE = "GLACIER_IR"


def check_data_bucket(plan: DataBucketPlan, account: Account) -> Iterator[Property]:
    """Compare every configuration of the bucket."""

    def read(operation: str) -> dict[str, Any]:
        return account.read("s3", operation, Bucket=plan.name)

    location = read("get_bucket_location")
    found_region = location.get("LocationConstraint") or "us-east-1"
    yield "name", account.place.region, found_region if location else None
    yield from _encryption(plan, read("get_bucket_encryption"), account)
    yield "versioning", "Enabled", read("get_bucket_versioning").get("Status")
    block = read("get_public_access_block").get("PublicAccessBlockConfiguration")
    yield "public_access_block", PRIVATE, block
    ownership = read("get_bucket_ownership_controls").get("OwnershipControls", {})
    rules = [rule["ObjectOwnership"] for rule in ownership.get("Rules", [])]
    yield "ownership", ["BucketOwnerEnforced"], rules
    yield from _lifecycle(plan, read("get_bucket_lifecycle_configuration").get("Rules", []))
    logging = read("get_bucket_logging").get("LoggingEnabled", {})
    yield "access_logs_bucket", plan.access_logs_bucket, logging.get("TargetBucket")
    prefix = plan.access_logs_prefix if plan.access_logs_bucket is not None else None
    yield "access_logs_prefix", prefix, logging.get("TargetPrefix")
    events = read("get_bucket_notification_configuration")
    yield "events", plan.events, "EventBridgeConfiguration" in events
    yield from compare_policy(
        "policy", plan.policy, read("get_bucket_policy").get("Policy"), account
    )
    yield tags(account.tags, read("get_bucket_tagging").get("TagSet", []))


def _encryption(
    plan: DataBucketPlan, found: Mapping[str, Any], account: Account
) -> Iterator[Property]:
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    rule = rules[0] if len(rules) == 1 else {}
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    customer = plan.encryption_key is not None
    key = account.key_arn(account.resolve(plan.encryption_key))
    yield "encryption_key", key, account.key_arn(default.get("KMSMasterKeyID"))
    algorithm = "aws:kms" if customer else "AES256"
    yield "encryption_key.algorithm", algorithm, default.get("SSEAlgorithm")
    yield "encryption_key.bucket_key", customer, rule.get("BucketKeyEnabled", False)


def _lifecycle(plan: DataBucketPlan, rules: list[dict[str, Any]]) -> Iterator[Property]:
    """Compare what the rules that hold for every object do together."""
    shown: dict[str, list[Any]] = {}
    for rule in rules:
        everywhere = not rule.get("Prefix") and rule.get("Filter") in (None, {}, {"Prefix": ""})
        if rule["Status"] != "Enabled" or not everywhere:
            shown.setdefault("others", []).append(rule.get("ID"))
            continue
        for name, section, days in (
            ("noncurrent", "NoncurrentVersionExpiration", "NoncurrentDays"),
            ("expire", "Expiration", "Days"),
            ("abort", "AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
        ):
            if section in rule:
                shown.setdefault(name, []).append(rule[section].get(days))
        for move in rule.get("Transitions", []):
            shown.setdefault("archive", []).append([move.get("StorageClass"), move.get("Days")])
        for move in rule.get("NoncurrentVersionTransitions", []):
            shown.setdefault("others", []).append(move)
    archive = plan.archive_after_days
    yield "noncurrent_days", [plan.noncurrent_days], shown.get("noncurrent")
    yield (
        "archive_after_days",
        None if archive is None else [[ARCHIVE, archive]],
        shown.get("archive"),
    )
    expire = plan.expire_after_days
    yield "expire_after_days", None if expire is None else [expire], shown.get("expire")
    yield "abort_uploads_days", [plan.abort_uploads_days], shown.get("abort")
    yield "lifecycle.others", None, shown.get("others")
