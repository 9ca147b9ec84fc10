"""Decides a bucket: encryption, access, lifecycle, and where it logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.encryption_key import account_roots
from groundplan.blueprints.plan.exceptions import (
    ACCESS_LOGS_BUCKET,
    NO_REPLICATION,
    CheckException,
    accept,
    in_packs,
)
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import (
    BUCKET_POLICY_BYTES,
    ROOT_ONLY,
    PolicyDocument,
    Statement,
    check_size,
)
from groundplan.blueprints.plan.ref import Json, Ref

ENCRYPTION_HEADER = "s3:x-amz-server-side-encryption"
KEY_HEADER = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER_KEY_HEADER = "s3:x-amz-server-side-encryption-customer-algorithm"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAccess:
    """Exact roles that may do something with a bucket."""

    id: str
    """Name of the statement, in CamelCase."""

    roles: tuple[str, ...]
    """ARNs of the roles, in any account. They need not exist yet."""

    actions: tuple[str, ...]
    """S3 actions on objects, or on the bucket."""

    keys: tuple[str, ...] = ("*",)
    """Object key patterns. Empty for actions on the bucket itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataBucketPlan:
    """A private, versioned, encrypted bucket that only answers over TLS 1.2 or later."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name, globally unique."""

    encryption_key: Ref | str | None
    """ARN of the KMS key. ``None``: SSE-S3, for a bucket that receives access logs."""

    policy: PolicyDocument
    """Bucket policy."""

    access_logs_bucket: str | None
    """Bucket that receives the access logs, or ``None``."""

    access_logs_prefix: str
    """Prefix of the access logs."""

    noncurrent_days: int
    """Days after which an old version is deleted."""

    archive_after_days: int | None
    """Age in days at which objects move to Glacier Instant Retrieval. ``None``: never."""

    expire_after_days: int | None
    """Age in days at which objects are deleted. ``None``: never."""

    abort_uploads_days: int
    """Days after which an unfinished upload is dropped."""

    events: bool
    """Whether object events go to EventBridge."""

    retain: bool
    """Whether the bucket survives the deletion of its stack."""

    exceptions: tuple[CheckException, ...]
    """Rules of static checkers that it does not follow on purpose."""


def plan_data_bucket(
    *,
    name: str,
    place: Place,
    id: str = "Bucket",
    encryption_key: Ref | str,
    key_alias_arn: str | None = None,
    access: Sequence[BucketAccess] = (),
    access_logs_bucket: str | None = None,
    organization_id: str | None = None,
    require_named_key: bool = False,
    noncurrent_days: int = 90,
    archive_after_days: int | None = None,
    expire_after_days: int | None = None,
    events: bool = True,
    retain: bool = True,
    spec_path: str = "bucket",
) -> DataBucketPlan:
    """Decide a bucket for data under a customer-managed key.

    Args:
        name: Physical name.
        place: Account and region of the bucket.
        id: Id of the unit within its stack.
        encryption_key: ARN of the key, or the ref to it.
        key_alias_arn: ARN of the key's alias, by which writers may name it too, since S3 compares
            what the request says. ``None``: they name its ARN, or nothing.
        access: Roles that the bucket policy admits; needed for roles of other accounts.
        access_logs_bucket: Receives the access logs. ``None`` writes none.
        organization_id: Refuses principals outside this organisation, AWS services excepted.
        require_named_key: Refuses writes that ask for SSE-KMS and name no key, which S3 does under the
            AWS managed key of whoever writes. Not for checkpoints of training jobs, of which AWS does
            not say what they ask for.
        noncurrent_days: Days after which an old version is deleted.
        archive_after_days: Age in days at which objects are archived. ``None``: never.
        expire_after_days: Age in days at which objects are deleted. ``None``: never.
        events: Whether object events go to EventBridge.
        retain: Whether the bucket survives the deletion of its stack.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If the bucket policy would exceed S3's 20 KB.
    """
    bucket, objects = place.bucket_arn(name), place.bucket_arn(name, "*")
    statements = _transport(bucket, objects)
    statements.append(
        Statement(
            sid="DenyForeignKey",
            effect="Deny",
            actions=("s3:PutObject",),
            resources=(objects,),
            principals=ROOT_ONLY,
            condition={
                "StringNotEquals": {
                    KEY_HEADER: encryption_key
                    if key_alias_arn is None
                    else [encryption_key, key_alias_arn]
                },
                "Null": {KEY_HEADER: "false"},
            },
        )
    )
    statements += _other_encryption(objects, require_named_key=require_named_key)
    if organization_id is not None:
        statements.append(
            Statement(
                sid="DenyOutsideOrganization",
                effect="Deny",
                actions=("s3:*",),
                resources=(bucket, objects),
                principals=ROOT_ONLY,
                condition={
                    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": organization_id},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                },
            )
        )
    statements.extend(
        Statement(
            sid=item.id,
            actions=tuple(sorted(item.actions)),
            resources=tuple(place.bucket_arn(name, key) for key in item.keys) or (bucket,),
            principals={"AWS": account_roots(item.roles, place)},
            condition={"ArnEquals": {"aws:PrincipalArn": list(item.roles)}},
        )
        for item in access
        if item.roles
    )
    document = PolicyDocument(statements=tuple(statements))
    check_size(document, BUCKET_POLICY_BYTES, path=spec_path, what=f"the policy of bucket {name}")
    return DataBucketPlan(
        id=id,
        name=name,
        encryption_key=encryption_key,
        policy=document,
        access_logs_bucket=access_logs_bucket,
        access_logs_prefix=f"{name}/",
        noncurrent_days=noncurrent_days,
        archive_after_days=archive_after_days,
        expire_after_days=expire_after_days,
        abort_uploads_days=7,
        events=events,
        retain=retain,
        exceptions=accept(NO_REPLICATION, *in_packs("S3BucketReplicationEnabled")),
    )


def plan_access_logs_bucket(
    *,
    name: str,
    place: Place,
    sources: Sequence[str],
    id: str = "AccessLogs",
    expire_after_days: int = 365,
    retain: bool = True,
) -> DataBucketPlan:
    """Decide the bucket that receives access logs.

    It uses SSE-S3, the only encryption that log delivery supports.

    Args:
        name: Physical name.
        place: Account and region of the bucket.
        sources: Names of the buckets that log to it.
        id: Id of the unit within its stack.
        expire_after_days: Age in days at which logs are deleted.
        retain: Whether the bucket survives the deletion of its stack.
    """
    bucket, objects = place.bucket_arn(name), place.bucket_arn(name, "*")
    deliver: dict[str, Mapping[str, Json]] = {
        "StringEquals": {"aws:SourceAccount": place.account},
        "ArnLike": {"aws:SourceArn": [place.bucket_arn(source) for source in sources]},
    }
    statements = _transport(bucket, objects)
    statements.append(
        Statement(
            sid="DeliverAccessLogs",
            actions=("s3:PutObject",),
            resources=tuple(place.bucket_arn(name, f"{source}/*") for source in sources),
            principals={"Service": "logging.s3.amazonaws.com"},
            condition=deliver,
        )
    )
    return DataBucketPlan(
        id=id,
        name=name,
        encryption_key=None,
        policy=PolicyDocument(statements=tuple(statements)),
        access_logs_bucket=None,
        access_logs_prefix="",
        noncurrent_days=30,
        archive_after_days=None,
        expire_after_days=expire_after_days,
        abort_uploads_days=7,
        events=False,
        retain=retain,
        exceptions=(
            *accept(
                ACCESS_LOGS_BUCKET,
                "AwsSolutions-S1",
                "CKV_AWS_18",
                *in_packs("S3DefaultEncryptionKMS"),
            ),
            *accept(NO_REPLICATION, *in_packs("S3BucketReplicationEnabled")),
        ),
    )


def _transport(bucket: str, objects: str) -> list[Statement]:
    return [
        Statement(
            sid="DenyPlainHttp",
            effect="Deny",
            actions=("s3:*",),
            resources=(bucket, objects),
            principals=ROOT_ONLY,
            condition={"Bool": {"aws:SecureTransport": "false"}},
        ),
        Statement(
            sid="DenyOldTls",
            effect="Deny",
            actions=("s3:*",),
            resources=(bucket, objects),
            principals=ROOT_ONLY,
            condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        ),
    ]


def _other_encryption(objects: str, *, require_named_key: bool) -> list[Statement]:
    """Refuse what takes the place of the bucket's default encryption: a write's own headers.

    Source: Amazon S3 API Reference, PutObject, x-amz-server-side-encryption and the keys beside it
    (2026-11-21). A write without them is encrypted by default.
    """
    conditions: dict[str, dict[str, Mapping[str, Json]]] = {
        "DenyOtherEncryption": {
            "StringNotEquals": {ENCRYPTION_HEADER: "aws:kms"},
            "Null": {ENCRYPTION_HEADER: "false"},
        },
        "DenyCustomerKeys": {"Null": {CUSTOMER_KEY_HEADER: "false"}},
    }
    if require_named_key:
        conditions["DenyUnnamedKey"] = {
            "StringEquals": {ENCRYPTION_HEADER: "aws:kms"},
            "Null": {KEY_HEADER: "true"},
        }
    return [
        Statement(
            sid=sid,
            effect="Deny",
            actions=("s3:PutObject",),
            resources=(objects,),
            principals=ROOT_ONLY,
            condition=condition,
        )
        for sid, condition in conditions.items()
    ]
