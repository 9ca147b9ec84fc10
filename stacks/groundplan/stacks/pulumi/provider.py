"""Providers: one an account, explicit, limited to that account."""

from collections.abc import Mapping
from typing import Any

import pulumi_aws as aws

from groundplan.blueprints.plan.names import Place

EMULATED = (
    "accessanalyzer", "appautoscaling", "batch", "budgets", "cloudwatch", "codebuild", "dynamodb", "ec2",
    "ecr", "events", "iam", "kms", "logs", "s3", "s3control", "sagemaker", "scheduler", "sfn", "sns",
    "sqs", "ssm", "sts",
)  # fmt: skip
"""Services that programs use; the provider takes an endpoint for each."""


def provider(
    name: str,
    place: Place,
    tags: Mapping[str, str],
    *,
    role_arn: str | None,
    profile: str | None = None,
    endpoint_url: str | None = None,
) -> aws.Provider:
    """Return a provider of one account.

    Args:
        name: Name of the provider.
        place: Account and region; the provider refuses credentials of another account.
        tags: Tags of all that it makes.
        role_arn: Role that deploys. ``None``: the caller's own credentials do.
        profile: AWS profile whose credentials it begins with. Default: those of the caller.
        endpoint_url: Address of an emulator, which stands for all services. Default: AWS.
    """
    emulator: dict[str, Any] = {}
    if endpoint_url:
        emulator = {
            "endpoints": [dict.fromkeys(EMULATED, endpoint_url)],
            "s3_use_path_style": True,
            "skip_credentials_validation": True,
            "skip_metadata_api_check": True,
            "skip_region_validation": True,
        }
    return aws.Provider(
        name,
        aws.ProviderArgs(
            region=place.region,
            profile=profile,
            allowed_account_ids=[place.account],
            assume_roles=(
                [aws.ProviderAssumeRoleArgs(role_arn=role_arn, session_name="groundplan")]
                if role_arn
                else None
            ),
            default_tags=aws.ProviderDefaultTagsArgs(tags=dict(tags)),
            **emulator,
        ),
    )
