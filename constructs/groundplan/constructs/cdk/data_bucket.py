"""CDK construct of a bucket."""

from collections.abc import Sequence
from typing import Any

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.interfaces import ResourceEnvironment
from aws_cdk.interfaces.aws_kms import IKeyRef
from aws_cdk.interfaces.aws_s3 import BucketReference, IBucketRef
from constructs import Construct

from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.ref import resolve
from groundplan.constructs.cdk.checks import acknowledge
from groundplan.constructs.cdk.encryption_key import (
    DECRYPT_ACTIONS,
    ENCRYPT_DECRYPT_ACTIONS,
    EncryptionKey,
    via_s3,
)
from groundplan.constructs.cdk.grants import (
    Conditions,
    Grantee,
    admission,
    allow,
    is_foreign,
    outsider,
)
from groundplan.constructs.cdk.tokens import document, key_tokens
from groundplan.constructs.errors import ConstructError

READ_ACTIONS = ("s3:GetObject",)
WRITE_ACTIONS = ("s3:AbortMultipartUpload", "s3:PutObject")
PRIVATE = {
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "ignorePublicAcls": True,
    "restrictPublicBuckets": True,
}


@jsii.implements(IBucketRef)
class DataBucket(Construct):
    """A private, versioned, encrypted bucket that only answers over TLS 1.2 or later.

    The ids ``Resource`` and ``Policy`` are part of the public contract.

    Example:
        >>> key_plan = plan_encryption_key(alias="reports", place=place)
        >>> key = EncryptionKey(stack, "Key", plan=key_plan)
        >>> logs_plan = plan_access_logs_bucket(
        ...     name="reports-logs-111111111111", place=place, sources=["reports-111111111111"]
        ... )
        >>> logs = DataBucket(stack, "AccessLogs", plan=logs_plan)
        >>> plan = plan_data_bucket(
        ...     name="reports-111111111111",
        ...     place=place,
        ...     encryption_key=key_plan.arn,
        ...     access_logs_bucket=logs_plan.name,
        ... )
        >>> bucket = DataBucket(
        ...     stack, "Bucket", plan=plan, encryption_key=key, access_logs_bucket=logs
        ... )
        >>> reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
        >>> grant = bucket.grant_read(reader, prefix="public/")
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        plan: DataBucketPlan,
        encryption_key: IKeyRef | None = None,
        access_logs_bucket: IBucketRef | None = None,
    ) -> None:
        """Define the bucket.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            encryption_key: The key that the plan refers to. Default: the plan refers to none.
            access_logs_bucket: The bucket that the plan logs to, where it is made in the same
                deployment: it is made first. Default: it exists.

        Raises:
            ConstructError: If the plan refers to a key and none is given, or the other way round;
                likewise with access logs.
        """
        super().__init__(scope, id)
        self.plan = plan
        self._key = encryption_key
        tokens = key_tokens(id, plan.encryption_key, encryption_key)
        if access_logs_bucket is not None and plan.access_logs_bucket is None:
            raise ConstructError(
                f"{id}.access_logs_bucket",
                "the plan writes no access logs",
                got=access_logs_bucket.node.id,
                fix="plan with access_logs_bucket, or leave the argument out",
            )
        self.bucket = s3.CfnBucket(
            self,
            "Resource",
            bucket_name=plan.name,
            bucket_encryption=_encryption(resolve(plan.encryption_key, tokens)),
            lifecycle_configuration={"rules": _lifecycle(plan)},
            logging_configuration=_logging(plan, access_logs_bucket),
            notification_configuration=(
                {"eventBridgeConfiguration": {"eventBridgeEnabled": True}} if plan.events else None
            ),
            ownership_controls={"rules": [{"objectOwnership": "BucketOwnerEnforced"}]},
            public_access_block_configuration=PRIVATE,
            versioning_configuration={"status": "Enabled"},
        )
        self._policy = document(plan.policy, tokens)
        # By its name, as in the policy's own resources: static checks compare the two.
        self._bucket_policy = s3.CfnBucketPolicy(
            self, "Policy", bucket=plan.name, policy_document=self._policy
        )
        self._bucket_policy.add_resource_dependency(self.bucket)
        if plan.retain:
            self.bucket.apply_removal_policy(RemovalPolicy.RETAIN)
            self._bucket_policy.apply_removal_policy(RemovalPolicy.RETAIN)
        acknowledge(self.bucket, plan.exceptions)

    @property
    def bucket_ref(self) -> BucketReference:
        """Reference for CDK's constructs."""
        return self.bucket.bucket_ref

    @property
    def env(self) -> ResourceEnvironment:
        """Account and region of the bucket."""
        return self.bucket.env

    def grant_read(self, grantee: Grantee, *, prefix: str = "") -> iam.Grant:
        """Let ``grantee``, a principal outside groundplan, list, read and decrypt objects.

        The bucket policy gets a statement where the principal is of another account. The key's
        policy gets one where the key is an :class:`EncryptionKey`; another key's is up to its
        owner.

        Args:
            grantee: The principal.
            prefix: Prefix of the objects. Default: all of them.

        Raises:
            ConstructError: If ``grantee`` is one of groundplan's roles, or no IAM principal.
        """
        return self._grant(grantee, READ_ACTIONS, DECRYPT_ACTIONS, prefix)

    def grant_read_write(self, grantee: Grantee, *, prefix: str = "") -> iam.Grant:
        """Let ``grantee`` also write and encrypt objects; see :meth:`grant_read`."""
        return self._grant(
            grantee, (*READ_ACTIONS, *WRITE_ACTIONS), ENCRYPT_DECRYPT_ACTIONS, prefix
        )

    def _grant(
        self, grantee: Grantee, actions: Sequence[str], key_actions: Sequence[str], prefix: str
    ) -> iam.Grant:
        principal = outsider(self, grantee, (*actions, "s3:ListBucket"))
        arn = self.bucket.attr_arn
        listed = {"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else None
        granted = self._allow(principal, sorted(actions), f"{arn}/{prefix}*", None)
        granted = granted.combine(self._allow(principal, ["s3:ListBucket"], arn, listed))
        if isinstance(self._key, EncryptionKey):
            decrypt_only = key_actions is DECRYPT_ACTIONS
            use = self._key.grant_decrypt if decrypt_only else self._key.grant_encrypt_decrypt
            granted = granted.combine(use(principal, conditions=via_s3(self)))
        elif self._key is not None:
            key_arn = self._key.key_ref.key_arn
            used = allow(principal, key_actions, [key_arn], conditions=via_s3(self))
            granted = granted.combine(used)
        return granted

    def _allow(
        self,
        principal: iam.IGrantable,
        actions: Sequence[str],
        resource: str,
        conditions: Conditions | None,
    ) -> iam.Grant:
        granted = allow(principal, actions, [resource], conditions=conditions)
        if is_foreign(self, principal):
            statements = self._policy["Statement"]
            sid = f"Grant{len(statements)}"
            statements.append(
                admission(self, principal, sid, actions, [resource], conditions=conditions)
            )
            self._bucket_policy.policy_document = self._policy
        return granted


def _encryption(key_arn: str | None) -> dict[str, Any]:
    if key_arn is None:
        rule: dict[str, Any] = {"serverSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    else:
        rule = {
            "bucketKeyEnabled": True,
            "serverSideEncryptionByDefault": {
                "sseAlgorithm": "aws:kms",
                "kmsMasterKeyId": key_arn,
            },
        }
    return {"serverSideEncryptionConfiguration": [rule]}


def _logging(plan: DataBucketPlan, logs: IBucketRef | None) -> dict[str, str] | None:
    if plan.access_logs_bucket is None:
        return None
    destination = logs.bucket_ref.bucket_name if logs is not None else plan.access_logs_bucket
    return {"destinationBucketName": destination, "logFilePrefix": plan.access_logs_prefix}


def _lifecycle(plan: DataBucketPlan) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = [
        {
            "id": "UnfinishedUploads",
            "status": "Enabled",
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": plan.abort_uploads_days},
        },
        {
            "id": "OldVersions",
            "status": "Enabled",
            "noncurrentVersionExpiration": {"noncurrentDays": plan.noncurrent_days},
        },
    ]
    if plan.archive_after_days is not None:
        archive = {"storageClass": "GLACIER_IR", "transitionInDays": plan.archive_after_days}
        rules.append({"id": "Archive", "status": "Enabled", "transitions": [archive]})
    if plan.expire_after_days is not None:
        rules.append(
            {"id": "Expire", "status": "Enabled", "expirationInDays": plan.expire_after_days}
        )
    return rules
