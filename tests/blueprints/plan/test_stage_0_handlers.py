"""The execution policies against what each type's registry schema says its handlers call."""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path

import cfnlint

from groundplan.blueprints.plan.deployment_policies import HandlerDuty
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stage_0 import Stage0Plan, plan_stage_0

UNSET = {
    "AWS::Batch::ComputeEnvironment": (
        "batch:SetCapacityTags ec2:DescribeLaunchTemplateVersions eks:AssociateAccessPolicy"
        " eks:CreateAccessEntry eks:DeleteAccessEntry eks:DescribeAccessEntry eks:DescribeCluster"
        " eks:ListAssociatedAccessPolicies iam:PassRole"
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        "lambda:DeleteProvisionedConcurrencyConfig lambda:GetProvisionedConcurrencyConfig"
        " lambda:PutProvisionedConcurrencyConfig"
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": "cloudwatch:GetMetricData",
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
WITHHELD = {
    "AWS::IAM::ManagedPolicy": (
        "iam:AttachGroupPolicy iam:AttachUserPolicy iam:DetachGroupPolicy iam:DetachUserPolicy"
    ),
    "AWS::IAM::Role": "iam:DeleteRolePermissionsBoundary iam:DeleteRolePolicy iam:PutRolePolicy",
    "AWS::ApplicationAutoScaling::ScalableTarget": "iam:PassRole",
}
"""Calls that no stack may make: users, inline policies, roles without a boundary."""
BEYOND = {
    "codebuild:BatchGetProjects": "the type has no handlers in its schema",
    "codebuild:CreateProject": "the type has no handlers in its schema",
    "codebuild:DeleteProject": "the type has no handlers in its schema",
    "codebuild:UpdateProject": "the type has no handlers in its schema",
    "ec2:DescribeAccountAttributes": "Fn::GetAZs",
    "ec2:DescribeAvailabilityZones": "Fn::GetAZs",
    "kms:GenerateDataKey": "the key of a table; DynamoDB's documentation names it",
    "kms:CreateGrant": "a key of volumes; the schema names only the look-up",
    "sagemaker:AddTags": "a schedule of Model Monitor is made with tags; its schema names none",
    "sagemaker:DescribeModelPackage": "a model of a registered version",
}
"""Actions that no schema names, and what needs them."""


@cache
def handlers() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in (Path(cfnlint.__file__).parent / "data/schemas/resources").glob("*.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        for handler, body in schema.get("handlers", {}).items():
            if handler != "list":
                found[schema.get("typeName", "")].update(map(_spelt, body["permissions"]))
    return found


def _spelt(action: str) -> str:
    """An action as IAM's reference spells it; IAM itself ignores case."""
    service, _, name = action.partition(":")
    return f"{service.lower()}:{name.replace('UnTag', 'Untag')}"


def stage_0() -> Stage0Plan:
    return plan_stage_0(
        project="churn",
        place=Place(account="111111111111", region="eu-west-1"),
        scopes=("tooling", "data", "prod"),
        endpoints=(("prod", "churn"), ("prod", "sleeper")),
        components=(("prod", "sleeper"),),
        batch=("prod",),
        budgets=("tooling", "prod"),
        model_monitor=(("prod", "churn"),),
    )


def rows() -> list[HandlerDuty]:
    plan = stage_0()
    return [
        *plan.deployment_duties,
        *(row for rows in plan.serving_duties.values() for row in rows),
    ]


def test_every_call_of_a_handler_is_allowed_or_named_as_left_out() -> None:
    allowed: dict[str, set[str]] = defaultdict(set)
    for row in rows():
        for kind in row.types:
            allowed[kind].update(row.duty.actions)
    missing = {
        kind: handlers()[kind] - actions - set(UNSET.get(kind, "").split())
        - set(WITHHELD.get(kind, "").split())
        for kind, actions in allowed.items()
    }  # fmt: skip
    assert {kind: calls for kind, calls in missing.items() if calls} == {}


def test_what_is_left_out_is_really_called_and_not_allowed() -> None:
    allowed = {
        (kind, action) for row in rows() for kind in row.types for action in row.duty.actions
    }
    for table in (UNSET, WITHHELD):
        for kind, actions in table.items():
            assert set(actions.split()) <= handlers()[kind]
            assert not [action for action in actions.split() if (kind, action) in allowed]


def test_every_allowed_action_is_called_for_a_type_of_its_row() -> None:
    surplus = {
        (row.duty.id, action)
        for row in rows()
        for action in row.duty.actions
        if not any(action in handlers()[kind] for kind in row.types)
    }
    expected = {action for _, action in surplus}
    assert expected - set(BEYOND) - {"iam:PassRole"} == set()
    assert set(BEYOND) <= expected


def test_each_row_names_types_that_exist() -> None:
    known = set(handlers()) | {"AWS::CodeBuild::Project"}
    assert {kind for row in rows() for kind in row.types} <= known


def test_every_action_is_exact_and_every_wildcard_has_its_reason() -> None:
    for row in rows():
        assert row.duty.reason
        assert not [action for action in row.duty.actions if "*" in action]
        if any("*" in resource for resource in row.duty.resources):
            assert row.duty.wildcard
