"""AWS::S3::Bucket."""

import re
from collections.abc import Callable
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ResourceFailed
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    changed_names,
    only,
)


class S3Bucket(ResourceType):
    """A bucket with everything that protects it."""

    type = "AWS::S3::Bucket"
    named_by = "BucketName"
    create_only = frozenset({"BucketName"})
    properties = frozenset(
        {
            "AccessControl",
            "BucketEncryption",
            "BucketName",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "NotificationConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "Tags",
            "VersioningConfiguration",
        }
    )

    def create(self, name: str, properties: Properties) -> str:
        """Make an empty bucket."""
        region = self.account.region
        elsewhere = {"LocationConstraint": region} if region != "us-east-1" else None
        self.account.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=elsewhere)
        return name

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put each configuration that is new or changed; take away what is gone."""
        for changed in changed_names(properties, previous or {}):
            value = properties.get(changed)
            if changed == "NotificationConfiguration":
                value = value or {}
            if changed in _PUT:
                self._put(physical_id, changed, value)

    def _put(self, bucket: str, name: str, value: Any) -> None:
        put, parameter, delete, convert = _PUT[name]
        if value is not None:
            self.account.call("s3", put, Bucket=bucket, **{parameter: convert(value)})
        elif delete:
            self.account.call("s3", delete, Bucket=bucket)
        else:
            raise ResourceFailed(f"{self.type}: taking away {name} is not emulated")

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """ARN and addresses."""
        regional = f"{physical_id}.s3.{self.account.region}.amazonaws.com"
        return {
            "Arn": f"arn:{self.account.partition}:s3:::{physical_id}",
            "DomainName": f"{physical_id}.s3.amazonaws.com",
            "DualStackDomainName": regional.replace(".s3.", ".s3.dualstack."),
            "RegionalDomainName": regional,
        }

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the bucket; S3 refuses while it holds anything."""
        self.account.call("s3", "DeleteBucket", Bucket=physical_id)

    def generated_name(self, stack: str, logical_id: str, number: int) -> str:
        """In lower case."""
        return super().generated_name(stack, logical_id, number).lower()


def _acl(value: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", value).lower()


def _encryption(value: Any) -> Any:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule.get("ServerSideEncryptionByDefault"),
            "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def _logging(value: Any) -> Any:
    if "DestinationBucketName" not in value:
        raise ResourceFailed("AWS::S3::Bucket: access logs into the bucket itself are not emulated")
    target = {"TargetBucket": value["DestinationBucketName"]}
    return {"LoggingEnabled": {**target, "TargetPrefix": value.get("LogFilePrefix", "")}}


def _notification(value: Any) -> Any:
    if value.keys() - {"EventBridgeConfiguration"}:
        raise ResourceFailed("AWS::S3::Bucket: only notifications to EventBridge are emulated")
    enabled = value.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled", bool(value))
    return {"EventBridgeConfiguration": {}} if str(enabled).lower() == "true" else {}


def _lifecycle(value: Any) -> Any:
    return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}


def _lifecycle_rule(rule: Any) -> Any:
    expiration = {
        api: rule[name]
        for name, api in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if name in rule
    }
    moves = {
        "Transitions": _transitions(rule.get("Transitions"), "Days"),
        "NoncurrentVersionTransitions": _transitions(
            rule.get("NoncurrentVersionTransitions"), "NoncurrentDays"
        ),
    }
    kept = only(
        rule, ("Id", "Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
    )
    known = {*kept, *moves, "Prefix"} | {
        "ExpirationInDays",
        "ExpirationDate",
        "ExpiredObjectDeleteMarker",
    }
    if rule.keys() - known:
        names = ", ".join(sorted(rule.keys() - known))
        raise ResourceFailed(f"AWS::S3::Bucket: lifecycle rule: not emulated: {names}")
    return {
        **kept,
        **{name: item for name, item in moves.items() if item},
        **({"Expiration": expiration} if expiration else {}),
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }


def _transitions(transitions: Any, days: str) -> Any:
    names = {"TransitionInDays": days, "TransitionDate": "Date", "StorageClass": "StorageClass"}
    return [{names[key]: value for key, value in item.items()} for item in transitions or []]


def _same(value: Any) -> Any:
    return value


_PUT: dict[str, tuple[str, str, str, Callable[[Any], Any]]] = {
    "AccessControl": ("PutBucketAcl", "ACL", "", _acl),
    "BucketEncryption": (
        "PutBucketEncryption",
        "ServerSideEncryptionConfiguration",
        "DeleteBucketEncryption",
        _encryption,
    ),
    "LifecycleConfiguration": (
        "PutBucketLifecycleConfiguration",
        "LifecycleConfiguration",
        "DeleteBucketLifecycle",
        _lifecycle,
    ),
    "LoggingConfiguration": ("PutBucketLogging", "BucketLoggingStatus", "", _logging),
    "NotificationConfiguration": (
        "PutBucketNotificationConfiguration",
        "NotificationConfiguration",
        "",
        _notification,
    ),
    "OwnershipControls": (
        "PutBucketOwnershipControls",
        "OwnershipControls",
        "DeleteBucketOwnershipControls",
        _same,
    ),
    "PublicAccessBlockConfiguration": (
        "PutPublicAccessBlock",
        "PublicAccessBlockConfiguration",
        "DeletePublicAccessBlock",
        _same,
    ),
    "Tags": ("PutBucketTagging", "Tagging", "DeleteBucketTagging", lambda tags: {"TagSet": tags}),
    "VersioningConfiguration": ("PutBucketVersioning", "VersioningConfiguration", "", _same),
}
"""Property -> operation that sets it, its parameter, operation that takes it away, conversion."""
