"""Pulumi component of a bucket."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.constructs.errors import ConstructError
from groundplan.constructs.pulumi.component import (
    Component,
    check_input,
    check_plan,
    document,
    filled,
    key_values,
)


@dataclass(kw_only=True)
class DataBucketArgs:
    """What a :class:`DataBucket` is made of."""

    plan: DataBucketPlan
    """What to define."""

    encryption_key: pulumi.Input[str] | None = None
    """ARN of the key that the plan refers to. Default: the plan refers to none."""

    access_logs_bucket: pulumi.Input[str] | None = None
    """Name of the bucket that the plan logs to, where it is made in the same program: it is made
    first. Default: it exists."""


class DataBucket(Component):
    """A private, versioned, encrypted bucket that only answers over TLS 1.2 or later.

    The children ``Resource``, ``Ownership``, ``PublicAccess``, ``Encryption``, ``Versioning``,
    ``Lifecycle``, ``Logging``, ``Notifications`` and ``Policy`` are part of the public contract.

    Example:
        >>> key_plan = plan_encryption_key(alias="reports", place=place)
        >>> key = EncryptionKey("reports", EncryptionKeyArgs(plan=key_plan))
        >>> logs_plan = plan_access_logs_bucket(
        ...     name="reports-logs-111111111111", place=place, sources=["reports-111111111111"]
        ... )
        >>> logs = DataBucket("access-logs", DataBucketArgs(plan=logs_plan))
        >>> plan = plan_data_bucket(
        ...     name="reports-111111111111",
        ...     place=place,
        ...     encryption_key=key_plan.arn,
        ...     access_logs_bucket=logs_plan.name,
        ... )
        >>> args = DataBucketArgs(
        ...     plan=plan, encryption_key=key.arn, access_logs_bucket=logs.bucket
        ... )
        >>> bucket = DataBucket("reports", args)
    """

    arn: pulumi.Output[str]
    """ARN of the bucket."""

    bucket: pulumi.Output[str]
    """Name of the bucket, known when its policy is in place."""

    def __init__(
        self, name: str, args: DataBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the bucket.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If the plan refers to a key and none is given, or the other way round;
                likewise with access logs.
        """
        check_plan(name, args.plan, DataBucketPlan)
        plan = args.plan
        values = key_values(name, plan.encryption_key, args.encryption_key)
        check_input(f"{name}.access_logs_bucket", args.access_logs_bucket, "bucket")
        if args.access_logs_bucket is not None and plan.access_logs_bucket is None:
            raise ConstructError(
                f"{name}.access_logs_bucket",
                "the plan writes no access logs",
                got=args.access_logs_bucket,
                fix="plan with access_logs_bucket, or leave the argument out",
            )
        super().__init__(name, opts)
        self.plan = plan
        bucket = aws.s3.Bucket(
            self.child_name("Resource"), bucket=plan.name, opts=self.child(retain=plan.retain)
        )
        ownership = aws.s3.BucketOwnershipControls(
            self.child_name("Ownership"),
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self.child(retain=plan.retain),
        )
        private = aws.s3.BucketPublicAccessBlock(
            self.child_name("PublicAccess"),
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(retain=plan.retain),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            self.child_name("Encryption"),
            bucket=bucket.bucket,
            rules=[_encryption(filled(name, plan.encryption_key, values))],
            opts=self.child(retain=plan.retain),
        )
        versioning = aws.s3.BucketVersioning(
            self.child_name("Versioning"),
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=self.child(retain=plan.retain),
        )
        aws.s3.BucketLifecycleConfiguration(
            self.child_name("Lifecycle"),
            bucket=bucket.bucket,
            rules=_lifecycle(plan),
            opts=self.child(retain=plan.retain, depends_on=[versioning]),
        )
        if plan.access_logs_bucket is not None:
            aws.s3.BucketLogging(
                self.child_name("Logging"),
                bucket=bucket.bucket,
                target_bucket=args.access_logs_bucket or plan.access_logs_bucket,
                target_prefix=plan.access_logs_prefix,
                opts=self.child(retain=plan.retain),
            )
        if plan.events:
            aws.s3.BucketNotification(
                self.child_name("Notifications"),
                bucket=bucket.bucket,
                eventbridge=True,
                opts=self.child(retain=plan.retain),
            )
        policy = aws.s3.BucketPolicy(
            self.child_name("Policy"),
            bucket=bucket.bucket,
            policy=document(name, plan.policy, values),
            # S3 refuses two of these for a bucket at the same time.
            opts=self.child(retain=plan.retain, depends_on=[ownership, private]),
        )
        self.arn = bucket.arn
        self.bucket = pulumi.Output.all(bucket.bucket, policy.id).apply(lambda both: str(both[0]))
        self.register_outputs({"arn": self.arn, "bucket": self.bucket})


def _encryption(
    key_arn: pulumi.Input[str] | None,
) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    by_default = (
        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs
    )
    if key_arn is None:
        return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
            apply_server_side_encryption_by_default=by_default(sse_algorithm="AES256")
        )
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=by_default(
            sse_algorithm="aws:kms", kms_master_key_id=key_arn
        ),
        bucket_key_enabled=True,
    )


def _lifecycle(plan: DataBucketPlan) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    everything: aws.s3.BucketLifecycleConfigurationRuleFilterArgsDict = {"prefix": ""}
    rules: list[aws.s3.BucketLifecycleConfigurationRuleArgsDict] = [
        {
            "id": "UnfinishedUploads",
            "status": "Enabled",
            "filter": everything,
            "abort_incomplete_multipart_upload": {"days_after_initiation": plan.abort_uploads_days},
        },
        {
            "id": "OldVersions",
            "status": "Enabled",
            "filter": everything,
            "noncurrent_version_expiration": {"noncurrent_days": plan.noncurrent_days},
        },
    ]
    if plan.archive_after_days is not None:
        rules.append(
            {
                "id": "Archive",
                "status": "Enabled",
                "filter": everything,
                "transitions": [{"days": plan.archive_after_days, "storage_class": "GLACIER_IR"}],
            }
        )
    if plan.expire_after_days is not None:
        rules.append(
            {
                "id": "Expire",
                "status": "Enabled",
                "filter": everything,
                "expiration": {"days": plan.expire_after_days},
            }
        )
    return rules
