"""S3: a bucket, each of its settings, and objects."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    tag_map,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.s3_bucket import S3Bucket
from groundplan.stacks.rehearsal.emulator.cloudformation.s3_bucket_policy import S3BucketPolicy
from groundplan.stacks.rehearsal.pulumi.archive import Archive
from groundplan.stacks.rehearsal.pulumi.types.resource_type import PulumiType, Setting, many

BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time of files in an archive: it must not depend on the clock."""


class _OfBucket(Setting):
    service = "s3"
    holder = "Bucket"


class _Ownership(_OfBucket):
    type = "ownership"
    put, under = "PutBucketOwnershipControls", "OwnershipControls"
    take_away = "DeleteBucketOwnershipControls"


class _PublicAccess(_OfBucket):
    type = "public access"
    put, under = "PutPublicAccessBlock", "PublicAccessBlockConfiguration"
    take_away = "DeletePublicAccessBlock"


class _Encryption(_OfBucket):
    type = "encryption"
    put, under = "PutBucketEncryption", "ServerSideEncryptionConfiguration"
    take_away = "DeleteBucketEncryption"


class _Versioning(_OfBucket):
    type = "versioning"
    put = take_away = "PutBucketVersioning"
    nothing: ClassVar[Mapping[str, Any]] = {"VersioningConfiguration": {"Status": "Suspended"}}


class _Lifecycle(_OfBucket):
    type = "lifecycle"
    put, under = "PutBucketLifecycleConfiguration", "LifecycleConfiguration"
    take_away = "DeleteBucketLifecycle"


class _Logging(_OfBucket):
    type = "logging"
    put = take_away = "PutBucketLogging"
    nothing: ClassVar[Mapping[str, Any]] = {"BucketLoggingStatus": {}}

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Send the access logs."""
        target = {key: value for key, value in properties.items() if key != "Bucket"}
        status = {"LoggingEnabled": {"TargetPrefix": "", **target}}
        self.account.call("s3", self.put, Bucket=physical_id, BucketLoggingStatus=status)


class _Notification(_OfBucket):
    type = "notification"
    put = take_away = "PutBucketNotificationConfiguration"
    nothing: ClassVar[Mapping[str, Any]] = {"NotificationConfiguration": {}}


class _Object(ResourceType):
    """An object made of an archive of files."""

    type = "object"
    properties = frozenset({"Bucket", "Key", "Source", "Tags"})

    def create(self, name: str, properties: Properties) -> str:
        """Put the object, with its tags."""
        self.account.call(
            "s3",
            "PutObject",
            Bucket=properties["Bucket"],
            Key=properties["Key"],
            Body=_zipped(properties["Source"]),
            Tagging=urlencode(tag_map(properties)),
        )
        return str(properties["Key"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put it again when its content or its tags have changed."""
        if previous is not None and properties != previous:
            self.create(physical_id, properties)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete all versions, as the provider does."""
        bucket = properties["Bucket"]
        listed = self.account.call("s3", "ListObjectVersions", Bucket=bucket, Prefix=physical_id)
        for item in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
            if item["Key"] == physical_id:
                version = {"Key": physical_id, "VersionId": item["VersionId"]}
                self.account.call("s3", "DeleteObject", Bucket=bucket, **version)


def _zipped(archive: Archive) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in archive.files.items():
            out.writestr(zipfile.ZipInfo(name, BEGINNING), content)
    return whole.getvalue()


def _event_bridge(wanted: bool) -> dict[str, Any]:
    return {"EventBridgeConfiguration": {}} if wanted else {}


OF_BUCKET = frozenset({"bucket"})
TYPES = (
    PulumiType(
        token="aws:s3/bucket:Bucket",
        made_by=S3Bucket,
        names={"bucket": "BucketName"},
        replaced_by=OF_BUCKET,
        outputs=lambda id, found: {
            "arn": found["Arn"],
            "bucketRegionalDomainName": found["RegionalDomainName"],
        },
    ),
    PulumiType(
        token="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        made_by=_Ownership,
        names={"bucket": "Bucket", "rule": "Rules"},
        values={"rule": many},
        replaced_by=OF_BUCKET,
    ),
    PulumiType(
        token="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        made_by=_PublicAccess,
        names={
            "bucket": "Bucket",
            "blockPublicAcls": "BlockPublicAcls",
            "blockPublicPolicy": "BlockPublicPolicy",
            "ignorePublicAcls": "IgnorePublicAcls",
            "restrictPublicBuckets": "RestrictPublicBuckets",
        },
        replaced_by=OF_BUCKET,
    ),
    PulumiType(
        token="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        made_by=_Encryption,
        names={"bucket": "Bucket", "rules": "Rules"},
        replaced_by=OF_BUCKET,
    ),
    PulumiType(
        token="aws:s3/bucketVersioning:BucketVersioning",
        made_by=_Versioning,
        names={"bucket": "Bucket", "versioningConfiguration": "VersioningConfiguration"},
        replaced_by=OF_BUCKET,
    ),
    PulumiType(
        token="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        made_by=_Lifecycle,
        names={"bucket": "Bucket", "rules": "Rules"},
        replaced_by=OF_BUCKET,
    ),
    PulumiType(
        token="aws:s3/bucketLogging:BucketLogging",
        made_by=_Logging,
        names={
            "bucket": "Bucket",
            "targetBucket": "TargetBucket",
            "targetPrefix": "TargetPrefix",
        },
        replaced_by=OF_BUCKET,
    ),
    PulumiType(
        token="aws:s3/bucketNotification:BucketNotification",
        made_by=_Notification,
        names={"bucket": "Bucket", "eventbridge": "NotificationConfiguration"},
        values={"eventbridge": _event_bridge},
        replaced_by=OF_BUCKET,
    ),
    PulumiType(
        token="aws:s3/bucketPolicy:BucketPolicy",
        made_by=S3BucketPolicy,
        names={"bucket": "Bucket", "policy": "PolicyDocument"},
        replaced_by=OF_BUCKET,
    ),
    PulumiType(
        token="aws:s3/bucketObjectv2:BucketObjectv2",
        made_by=_Object,
        names={"bucket": "Bucket", "key": "Key", "source": "Source"},
        replaced_by=frozenset({"bucket", "key"}),
    ),
)
