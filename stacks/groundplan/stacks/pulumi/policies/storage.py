"""Rules of what keeps data: buckets, keys, tables, queues, topics, images, logs."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from groundplan.stacks.pulumi.policies.rule import (
    UNKNOWN,
    Checked,
    ResourceRule,
    StackRule,
    listed,
    must_be,
    must_be_given,
    statements,
)

BUCKET = "aws:s3/bucket:Bucket"
PUBLIC_ACCESS = (
    "blockPublicAcls",
    "blockPublicPolicy",
    "ignorePublicAcls",
    "restrictPublicBuckets",
)


def _queue(queue: Checked) -> Iterator[str]:
    if not queue.props.get("kmsMasterKeyId"):
        yield "kmsMasterKeyId must be given; name a customer-managed key"


def _table(table: Checked) -> Iterator[str]:
    yield from must_be("serverSideEncryption", "enabled")(table)
    yield from must_be("pointInTimeRecovery", "enabled")(table)
    if table.protect:
        yield from must_be("deletionProtectionEnabled")(table)


def _repository(repository: Checked) -> Iterator[str]:
    yield from must_be("imageTagMutability", value="IMMUTABLE")(repository)
    yield from must_be("imageScanningConfiguration", "scanOnPush")(repository)
    kinds = [item.get("encryptionType") for item in listed(repository.props.get("encryptionConfigurations"))]  # fmt: skip
    if kinds != ["KMS"]:
        yield f"encryptionConfigurations must name a key, got {kinds}"


def _log_group(group: Checked) -> Iterator[str]:
    if not group.props.get("retentionInDays"):
        yield "retentionInDays must be given; logs would be kept for ever"


STORAGE_RULES = (
    ResourceRule(
        id="key-rotation",
        description="Customer-managed keys rotate",
        types=("aws:kms/key:Key",),
        check=must_be("enableKeyRotation"),
    ),
    ResourceRule(
        id="queue-encryption",
        description="Queues are encrypted with a key of the account",
        types=("aws:sqs/queue:Queue",),
        check=_queue,
    ),
    ResourceRule(
        id="topic-encryption",
        description="Topics are encrypted with a key of the account",
        types=("aws:sns/topic:Topic",),
        check=must_be_given("kmsMasterKeyId", "name a customer-managed key"),
    ),
    ResourceRule(
        id="table-protection",
        description="Tables are encrypted, can be restored, and are not deleted by accident",
        types=("aws:dynamodb/table:Table",),
        check=_table,
    ),
    ResourceRule(
        id="image-repository",
        description="Images are encrypted, scanned on push, and no tag is ever moved",
        types=("aws:ecr/repository:Repository",),
        check=_repository,
    ),
    ResourceRule(
        id="log-retention",
        description="Logs are kept for a stated time",
        types=("aws:cloudwatch/logGroup:LogGroup",),
        check=_log_group,
    ),
    ResourceRule(
        id="log-encryption",
        description="Logs are encrypted with a key of the account",
        types=("aws:cloudwatch/logGroup:LogGroup",),
        check=must_be_given("kmsKeyId", "name a customer-managed key"),
    ),
)


def _beside(
    type: str, wanted: str, well: Callable[[Checked], bool]
) -> Callable[..., Iterator[str]]:
    """Return a check that each bucket has a resource of ``type`` beside it that is well."""

    def check(resources: Sequence[Checked], spec: str | None) -> Iterator[str]:
        # During preview the bucket of a new one beside it may not be known; it stands for any.
        covered = {
            item.props.get("bucket") for item in resources if item.type == type and well(item)
        }
        for bucket in resources:
            if bucket.type == BUCKET and not {bucket.props.get("bucket"), UNKNOWN} & covered:
                yield f"{bucket.name}: {wanted}"

    return check


def _encrypted(item: Checked) -> bool:
    rules = listed(item.props.get("rules"))
    return any((rule.get("applyServerSideEncryptionByDefault") or {}).get("sseAlgorithm") for rule in rules)  # fmt: skip


def _tls_only(item: Checked) -> bool:
    policy: Any = item.props.get("policy")
    return policy == UNKNOWN or any(
        statement.get("Effect") == "Deny"
        and listed(statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")) == ["false"]
        for statement in statements(policy)
    )  # fmt: skip


def _versioned(item: Checked) -> bool:
    return (item.props.get("versioningConfiguration") or {}).get("status") == "Enabled"


def _private(item: Checked) -> bool:
    return all(item.props.get(key) is True for key in PUBLIC_ACCESS)


BUCKET_RULES = (
    StackRule(
        id="bucket-encryption",
        description="Buckets state how they are encrypted",
        check=_beside(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "must have a BucketServerSideEncryptionConfiguration",
            _encrypted,
        ),
    ),
    StackRule(
        id="bucket-public-access",
        description="Buckets refuse public access",
        check=_beside(
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "must have a BucketPublicAccessBlock with all four settings",
            _private,
        ),
    ),
    StackRule(
        id="bucket-tls-only",
        description="Buckets answer over TLS only",
        check=_beside(
            "aws:s3/bucketPolicy:BucketPolicy",
            "must have a BucketPolicy that denies aws:SecureTransport false",
            _tls_only,
        ),
    ),
    StackRule(
        id="bucket-versioning",
        description="Buckets keep versions",
        check=_beside(
            "aws:s3/bucketVersioning:BucketVersioning",
            "must have a BucketVersioning that is Enabled",
            _versioned,
        ),
    ),
)
