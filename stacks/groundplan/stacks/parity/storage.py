"""Compares what holds data: buckets, tables, log groups, repositories, model package groups."""

from collections.abc import Iterable, Mapping
from typing import Any

from groundplan.stacks.parity.inventory import Item, Parts, Resource
from groundplan.stacks.parity.values import by, document, item, lowered, own, parsed

EVERYTHING: tuple[dict[str, str], ...] = ({}, {"prefix": ""})
"""Filters of a lifecycle rule that is for all objects, which CloudFormation leaves out."""


def bucket_of_template(bucket: Resource, parts: Parts) -> Item:
    """Return a bucket of CDK."""
    name = bucket.take("BucketName")
    policy = parts.one(bucket, "AWS::S3::BucketPolicy", Bucket=name)
    [rule] = bucket.take("BucketEncryption")["ServerSideEncryptionConfiguration"]
    logging = bucket.take("LoggingConfiguration")
    [ownership] = bucket.take("OwnershipControls")["Rules"]
    events = bucket.take("NotificationConfiguration")
    return item(
        "bucket",
        name,
        bucket,
        {
            "encryption": _encryption(rule, "ServerSideEncryptionByDefault"),
            "ownership": ownership["ObjectOwnership"],
            "public access": lowered(bucket.take("PublicAccessBlockConfiguration")),
            "versioning": bucket.take("VersioningConfiguration")["Status"],
            "lifecycle": _lifecycle(bucket.take("LifecycleConfiguration")["Rules"]),
            "access logs": logging and (logging["DestinationBucketName"], logging["LogFilePrefix"]),
            "events": bool(events and events["EventBridgeConfiguration"]["EventBridgeEnabled"]),
            "policy": document(policy and policy.take("PolicyDocument")),
        },
        policy,
        own_tags=bucket.take("Tags"),
    )


def bucket_of_program(bucket: Resource, parts: Parts) -> Item:
    """Return a bucket of Pulumi, which is a resource a setting."""
    name = bucket.take("bucket")

    def part(type: str) -> Resource | None:
        return parts.one(bucket, f"aws:s3/{type[0].lower()}{type[1:]}:{type}", bucket=name)

    encryption = part("BucketServerSideEncryptionConfiguration")
    ownership = part("BucketOwnershipControls")
    private = part("BucketPublicAccessBlock")
    versioning = part("BucketVersioning")
    lifecycle = part("BucketLifecycleConfiguration")
    logging = part("BucketLogging")
    events = part("BucketNotification")
    policy = part("BucketPolicy")
    [rule] = encryption.take("rules") if encryption else [{}]
    return item(
        "bucket",
        name,
        bucket,
        {
            "encryption": _encryption(rule, "applyServerSideEncryptionByDefault"),
            "ownership": ownership and ownership.take("rule")["objectOwnership"],
            "public access": private and lowered(_all_but_bucket(private)),
            "versioning": versioning and versioning.take("versioningConfiguration")["status"],
            "lifecycle": _lifecycle(lifecycle.take("rules") if lifecycle else []),
            "access logs": logging and (logging.take("targetBucket"), logging.take("targetPrefix")),
            "events": bool(events and events.take("eventbridge")),
            "policy": document(policy and policy.take("policy")),
        },
        *(encryption, ownership, private, versioning, lifecycle, logging, events, policy),
        own_tags=bucket.take("tags"),
    )


def _all_but_bucket(part: Resource) -> dict[str, Any]:
    return {key: part.take(key) for key in part.properties if key != "bucket"}


def _encryption(rule: Mapping[str, Any], by_default: str) -> dict[str, Any]:
    found = lowered(rule)
    return {
        "default": found.pop(by_default.lower(), None),
        "bucket key": found.pop("bucketkeyenabled", False),
        "more": found,
    }


def _lifecycle(rules: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rules by id, in the provider's form."""
    found = {}
    for rule in map(lowered, rules):
        if rule.get("filter") in EVERYTHING:
            del rule["filter"]
        if "expirationindays" in rule:
            rule["expiration"] = {"days": rule.pop("expirationindays")}
        for transition in rule.get("transitions", ()):
            if "transitionindays" in transition:
                transition["days"] = transition.pop("transitionindays")
        found[rule.pop("id")] = rule
    return found


def object_of_program(object: Resource, parts: Parts) -> Item:
    """Return an object that a program uploads."""
    key = object.take("key")
    facts = {"content": type(object.take("source")).__name__}
    return item(
        "object", f"{object.take('bucket')}/{key}", object, facts, own_tags=object.take("tags")
    )


def table_of_template(table: Resource, parts: Parts) -> Item:
    """Return a table of CDK."""
    keys = {part["KeyType"]: part["AttributeName"] for part in table.take("KeySchema")}
    key = table.take("SSESpecification") or {}
    expiry = table.take("TimeToLiveSpecification") or {}
    recovery = table.take("PointInTimeRecoverySpecification") or {}
    facts = {
        "attributes": {
            part["AttributeName"]: part["AttributeType"]
            for part in table.take("AttributeDefinitions")
        },
        "key": (keys.get("HASH"), keys.get("RANGE")),
        "billing": table.take("BillingMode"),
        "encryption": (
            key.get("SSEEnabled", False),
            key.get("SSEType"),
            key.get("KMSMasterKeyId"),
        ),
        "expiry": (expiry.get("Enabled", False), expiry.get("AttributeName")),
        "recovery": recovery.get("PointInTimeRecoveryEnabled", False),
        "deletion protection": table.take("DeletionProtectionEnabled", False),
    }
    name = table.take("TableName")
    return item("table", name, table, facts, own_tags=table.take("Tags"))


def table_of_program(table: Resource, parts: Parts) -> Item:
    """Return a table of Pulumi."""
    key = table.take("serverSideEncryption") or {}
    expiry = table.take("ttl") or {}
    recovery = table.take("pointInTimeRecovery") or {}
    facts = {
        "attributes": {part["name"]: part["type"] for part in table.take("attributes")},
        "key": (table.take("hashKey"), table.take("rangeKey")),
        "billing": table.take("billingMode"),
        "encryption": (
            key.get("enabled", False),
            "KMS" if "kmsKeyArn" in key else None,
            key.get("kmsKeyArn"),
        ),
        "expiry": (expiry.get("enabled", False), expiry.get("attributeName")),
        "recovery": recovery.get("enabled", False),
        "deletion protection": table.take("deletionProtectionEnabled", False),
    }
    return item("table", table.take("name"), table, facts, own_tags=table.take("tags"))


def logs_of_template(group: Resource, parts: Parts) -> Item:
    """Return a log group of CDK."""
    facts = {"key": group.take("KmsKeyId"), "days": group.take("RetentionInDays")}
    return item("log group", group.take("LogGroupName"), group, facts, own_tags=group.take("Tags"))


def logs_of_program(group: Resource, parts: Parts) -> Item:
    """Return a log group of Pulumi."""
    facts = {"key": group.take("kmsKeyId"), "days": group.take("retentionInDays")}
    return item("log group", group.take("name"), group, facts, own_tags=group.take("tags"))


def repository_of_template(repository: Resource, parts: Parts) -> Item:
    """Return a container repository of CDK."""
    facts = {
        "encryption": lowered(repository.take("EncryptionConfiguration")),
        "scan": lowered(repository.take("ImageScanningConfiguration")),
        "tags of images": repository.take("ImageTagMutability"),
        "lifecycle": _expiry((repository.take("LifecyclePolicy") or {}).get("LifecyclePolicyText")),
        "policy": document(repository.take("RepositoryPolicyText")),
    }
    name = repository.take("RepositoryName")
    return item("repository", name, repository, facts, own_tags=repository.take("Tags"))


def repository_of_program(repository: Resource, parts: Parts) -> Item:
    """Return a container repository of Pulumi."""
    name = repository.take("name")
    lifecycle = parts.one(repository, "aws:ecr/lifecyclePolicy:LifecyclePolicy", repository=name)
    policy = parts.one(repository, "aws:ecr/repositoryPolicy:RepositoryPolicy", repository=name)
    [encryption] = repository.take("encryptionConfigurations")
    facts = {
        "encryption": lowered(encryption),
        "scan": lowered(repository.take("imageScanningConfiguration")),
        "tags of images": repository.take("imageTagMutability"),
        "lifecycle": _expiry(lifecycle and lifecycle.take("policy")),
        "policy": document(policy and policy.take("policy")),
    }
    own_tags = repository.take("tags")
    return item("repository", name, repository, facts, lifecycle, policy, own_tags=own_tags)


def _expiry(text: Any) -> Any:
    whole = parsed(text)
    return whole and {**whole, "rules": by("rulepriority", whole["rules"])}


def models_of_template(group: Resource, parts: Parts) -> Item:
    """Return a model package group of CDK."""
    facts = {
        "description": group.take("ModelPackageGroupDescription"),
        "policy": document(group.take("ModelPackageGroupPolicy")),
    }
    name = group.take("ModelPackageGroupName")
    return item("model package group", name, group, facts, own_tags=group.take("Tags"))


def models_of_program(group: Resource, parts: Parts) -> Item:
    """Return a model package group of Pulumi."""
    name = own(group)["id"]
    policy = parts.one(
        group,
        "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
        modelPackageGroupName=group.take("modelPackageGroupName"),
    )
    facts = {
        "description": group.take("modelPackageGroupDescription"),
        "policy": document(policy and policy.take("resourcePolicy")),
    }
    return item("model package group", name, group, facts, policy, own_tags=group.take("tags"))


TEMPLATES = {
    "AWS::DynamoDB::Table": table_of_template,
    "AWS::ECR::Repository": repository_of_template,
    "AWS::Logs::LogGroup": logs_of_template,
    "AWS::S3::Bucket": bucket_of_template,
    "AWS::SageMaker::ModelPackageGroup": models_of_template,
}
PROGRAMS = {
    "aws:cloudwatch/logGroup:LogGroup": logs_of_program,
    "aws:dynamodb/table:Table": table_of_program,
    "aws:ecr/repository:Repository": repository_of_program,
    "aws:s3/bucket:Bucket": bucket_of_program,
    "aws:s3/bucketObjectv2:BucketObjectv2": object_of_program,
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": models_of_program,
}
PARTS = {
    "AWS::S3::BucketPolicy",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketLogging:BucketLogging",
    "aws:s3/bucketNotification:BucketNotification",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
}
