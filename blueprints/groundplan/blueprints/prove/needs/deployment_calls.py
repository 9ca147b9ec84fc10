"""What CloudFormation's handlers call for each type in the stacks, and on what kinds of resource.

The calls are those of the ``handlers`` section of each type's registry schema, the kinds those of the
Service Authorization Reference; both as cfn-lint brings them along, taken over into a file of their own
so that the proof needs no linter. The tables here say which of the calls the project's stacks make.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from groundplan.blueprints.prove.globs import common

FILE = "deployment_calls.json"
"""Written by ``tests/handler_calls.py``, which a test compares with the linter of today."""
NO_PROPERTY: Mapping[str, str] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        "lambda:DeleteProvisionedConcurrencyConfig lambda:GetProvisionedConcurrencyConfig"
        " lambda:PutProvisionedConcurrencyConfig"
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": "cloudwatch:GetMetricData",
    "AWS::Batch::ComputeEnvironment": (
        "batch:SetCapacityTags ec2:DescribeLaunchTemplateVersions eks:AssociateAccessPolicy"
        " eks:CreateAccessEntry eks:DeleteAccessEntry eks:DescribeAccessEntry eks:DescribeCluster"
        " eks:ListAssociatedAccessPolicies iam:PassRole"
    ),
    "AWS::DynamoDB::Table": (
        "dynamodb:AssociateTableReplica dynamodb:BatchWriteItem dynamodb:CreateTableReplica"
        " dynamodb:DeleteItem dynamodb:DeleteResourcePolicy dynamodb:DescribeImport"
        " dynamodb:DisableKinesisStreamingDestination dynamodb:EnableKinesisStreamingDestination"
        " dynamodb:GetItem dynamodb:ImportTable dynamodb:PutItem dynamodb:PutResourcePolicy"
        " dynamodb:Query dynamodb:Scan dynamodb:UpdateContributorInsights dynamodb:UpdateItem"
        " dynamodb:UpdateKinesisStreamingDestination iam:CreateServiceLinkedRole"
        " kinesis:DescribeStream kinesis:PutRecords kms:ListAliases logs:CreateLogGroup"
        " logs:CreateLogStream logs:DescribeLogGroups logs:DescribeLogStreams logs:PutLogEvents"
        " logs:PutRetentionPolicy s3:GetObject s3:GetObjectMetadata s3:ListBucket"
    ),
    "AWS::EC2::FlowLog": (
        "autoscaling:DescribeTags iam:CreateServiceLinkedRole logs:CreateLogDelivery"
        " logs:DeleteLogDelivery s3:GetBucketPolicy s3:PutBucketPolicy"
    ),
    "AWS::EC2::Subnet": "ec2:AssociateSubnetCidrBlock ec2:DisassociateSubnetCidrBlock",
    "AWS::EC2::VPC": "ec2:CreateVpcEncryptionControl ec2:ModifyVpcTenancy",
    "AWS::EC2::VPCEndpoint": (
        "vpc-lattice:CreateServiceNetworkVpcEndpointAssociation"
        " vpc-lattice:DescribeServiceNetworkVpcEndpointAssociation vpce:AllowMultiRegion"
    ),
    "AWS::Events::EventBus": (
        "kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey"
        " kms:GenerateDataKeyWithoutPlaintext kms:ReEncrypt kms:ReEncryptFrom kms:ReEncryptTo"
    ),
    "AWS::KMS::Key": "kms:DisableKeyRotation",
    "AWS::Logs::LogGroup": (
        "firehose:TagDeliveryStream logs:CreateLogDelivery logs:DeleteIndexPolicy"
        " logs:DeleteResourcePolicy logs:PutBearerTokenAuthentication"
        " logs:PutDataProtectionPolicy logs:PutIndexPolicy logs:PutLogGroupDeletionProtection"
        " logs:PutResourcePolicy s3:REST.PUT.OBJECT"
    ),
    "AWS::S3::Bucket": (
        "iam:PassRole s3:CreateBucketMetadataTableConfiguration"
        " s3:DeleteBucketAnalyticsConfiguration s3:DeleteBucketCors s3:DeleteBucketEncryption"
        " s3:DeleteBucketLifecycle s3:DeleteBucketMetadataTableConfiguration"
        " s3:DeleteBucketMetricsConfiguration s3:DeleteBucketReplication s3:DeleteBucketWebsite"
        " s3:DeleteObject s3:PutAccelerateConfiguration s3:PutAnalyticsConfiguration"
        " s3:PutBucketAbac s3:PutBucketAcl s3:PutBucketCORS s3:PutBucketObjectLockConfiguration"
        " s3:PutBucketReplication s3:PutBucketWebsite s3:PutIntelligentTieringConfiguration"
        " s3:PutInventoryConfiguration s3:PutMetricsConfiguration s3:PutObjectAcl"
        " s3:PutObjectLockConfiguration s3:PutReplicationConfiguration"
        " s3:UpdateBucketMetadataAnnotationTableConfiguration"
        " s3:UpdateBucketMetadataInventoryTableConfiguration"
        " s3:UpdateBucketMetadataJournalTableConfiguration s3tables:CreateNamespace"
        " s3tables:CreateTable s3tables:CreateTableBucket s3tables:GetTable"
        " s3tables:GetTableMetadataLocation s3tables:PutTableBucketPolicy"
        " s3tables:PutTableEncryption s3tables:PutTablePolicy"
        " s3tables:UpdateTableMetadataLocation"
    ),
    "AWS::SNS::Subscription": "iam:GetRole iam:PassRole sns:SetSubscriptionAttributes",
    "AWS::SNS::Topic": "iam:GetRole iam:PassRole sns:PutDataProtectionPolicy",
    "AWS::StepFunctions::StateMachine": (
        "kms:Decrypt kms:DescribeKey kms:GenerateDataKey s3:GetObject s3:GetObjectVersion"
    ),
}
"""Calls for properties that no stack sets."""
WITHHELD: Mapping[str, str] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": "iam:PassRole",
    "AWS::IAM::ManagedPolicy": (
        "iam:AttachGroupPolicy iam:AttachUserPolicy iam:DetachGroupPolicy iam:DetachUserPolicy"
    ),
    "AWS::IAM::Role": "iam:DeleteRolePermissionsBoundary iam:DeleteRolePolicy iam:PutRolePolicy",
}
"""Calls that no stack may make: users, inline policies, roles without a boundary."""
BEYOND: Mapping[str, Mapping[str, str]] = {
    "AWS::DynamoDB::Table": {"kms:GenerateDataKey": "the key of a table, as DynamoDB documents"},
    "AWS::EC2::Subnet": {
        "ec2:DescribeAccountAttributes": "Fn::GetAZs",
        "ec2:DescribeAvailabilityZones": "Fn::GetAZs",
    },
    "AWS::SageMaker::EndpointConfig": {"kms:CreateGrant": "a key of volumes"},
    "AWS::SageMaker::Model": {"sagemaker:DescribeModelPackage": "a model of a registered version"},
    "AWS::SageMaker::MonitoringSchedule": {"sagemaker:AddTags": "it is made with the stack's tags"},
}
"""Calls that no schema names, and what needs them (documentation of the services, 2026-10)."""
ALSO_ON: Mapping[str, tuple[str, ...]] = {"sagemaker:CreateModel": ("model-package",)}
"""Kinds of resource that the reference does not name for a call: a model of a version in another
account's registry needs its leave (SageMaker Developer Guide, "Cross-account discoverability", 2026-10)."""

PROVIDER_KINDS: Mapping[str, str] = {
    "ec2:DescribeNetworkInterfaces": "",
    "ec2:DescribePrefixLists": "",
    "iam:ListInstanceProfilesForRole": "role",
    "iam:ListPolicyTags": "policy",
    "iam:TagPolicy": "policy",
    "iam:UntagPolicy": "policy",
    "s3:AbortMultipartUpload": "object",
    "s3:GetBucketRequestPayment": "bucket",
    "s3:GetObject": "object",
    "s3:GetObjectTagging": "object",
    "s3:PutObject": "object",
    "s3:PutObjectTagging": "object",
    "states:ListStateMachineVersions": "statemachine",
    "states:ValidateStateMachineDefinition": "",
}
"""Kinds of resource of what Pulumi's provider calls and no handler does (Service Authorization Reference,
2026-10-27)."""


@cache
def calls(kind: str) -> tuple[str, ...]:
    """Return what the stacks' handlers of a type call, sorted."""
    left_out = {*NO_PROPERTY.get(kind, "").split(), *WITHHELD.get(kind, "").split()}
    return tuple(sorted(({*_data()["calls"][kind].split()} - left_out) | {*BEYOND.get(kind, {})}))


def known(kind: str) -> bool:
    """Return whether the calls of a type are known."""
    return kind in _data()["calls"]


def kinds(action: str) -> tuple[str, ...] | None:
    """Return the kinds of resource that a policy may name for an action.

    Empty: none, so that only ``*`` is possible. ``None``: any kind of the service.
    """
    if action in PROVIDER_KINDS:
        return (*PROVIDER_KINDS[action].split(),)
    found = _data()["resources"][action]
    return None if found is None else (*found.split(), *ALSO_ON.get(action, ()))


def without_effect(action: str, pattern: str) -> bool:
    """Return whether no resource that an action is ever on can match a pattern.

    An action in a statement on resources of another kind allows nothing.
    """
    if action not in _data()["resources"]:
        return False
    found = kinds(action)
    if not found:
        return False
    service = action.partition(":")[0]
    formats = _data()["formats"]
    return not any(
        common(pattern.split(":", 5)[-1], form.split(":", 5)[-1])
        for kind in found
        for form in formats.get(f"{service}:{kind}", ())
    )


def types() -> Iterator[str]:
    """Yield every type whose calls are known."""
    yield from _data()["calls"]


def source() -> str:
    """Return where the data is from, and of when."""
    found: str = _data()["source"]
    return found


@cache
def _data() -> dict[str, Any]:
    text = files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
