"""Key policy statements that several keys share."""

from collections.abc import Sequence

from groundplan.blueprints.plan.duties import ENCRYPT
from groundplan.blueprints.plan.encryption_key import (
    KeyUse,
    for_aws_resource,
    service_use,
    via,
)
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import Statement


def deployment_role_arn(place: Place, qualifier: str) -> str:
    """Return the ARN of the role that CloudFormation deploys with, made by the bootstrap."""
    return place.iam_arn(f"role/cdk-{qualifier}-cfn-exec-role-{place.account}-{place.region}")


def deployment_use(role_arn: str) -> KeyUse:
    """Return the use of a key by deployments: grants for the services that they set up."""
    return KeyUse(
        id="Deploy",
        roles=(role_arn,),
        actions=("kms:CreateGrant",),
        condition=for_aws_resource(),
    )


def tables_use(place: Place, role_arn: str) -> KeyUse:
    """Return the use of a key by deployments that make encrypted tables, through DynamoDB only.

    DynamoDB makes the key of a table in the name of who makes the table.
    """
    return KeyUse(
        id="DeployTables",
        roles=(role_arn,),
        actions=("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
        condition=via("dynamodb", place.region),
    )


def logs_use(place: Place, log_group_arns: Sequence[str]) -> Statement:
    """Return the use of a key by CloudWatch Logs, for exact log groups."""
    return service_use(
        "EncryptLogs",
        f"logs.{place.region}.amazonaws.com",
        (
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ),
        {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": list(log_group_arns)}},
    )


def alarms_use(place: Place) -> Statement:
    """Return the use of a key by CloudWatch alarms, which publish to an encrypted topic."""
    return service_use(
        "NotifyByAlarm",
        "cloudwatch.amazonaws.com",
        ENCRYPT,
        {"StringEquals": {"aws:SourceAccount": place.account}},
    )


def undelivered_use(place: Place) -> Statement:
    """Return the use of a key by EventBridge, which keeps undelivered events in encrypted queues."""
    return service_use(
        "KeepUndelivered",
        "events.amazonaws.com",
        ENCRYPT,
        {"StringEquals": {"aws:SourceAccount": place.account}},
    )
