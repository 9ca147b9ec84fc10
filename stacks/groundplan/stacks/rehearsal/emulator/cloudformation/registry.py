"""Every resource type that a rehearsed stack may have."""

from groundplan.stacks.rehearsal.emulator.cloudformation.cdk_metadata import CdkMetadata
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import ResourceType
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_managed_policy import IamManagedPolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_oidc_provider import IamOidcProvider
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_policy import IamPolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_role import IamRole
from groundplan.stacks.rehearsal.emulator.cloudformation.kms_alias import KmsAlias
from groundplan.stacks.rehearsal.emulator.cloudformation.kms_key import KmsKey
from groundplan.stacks.rehearsal.emulator.cloudformation.s3_bucket import S3Bucket
from groundplan.stacks.rehearsal.emulator.cloudformation.s3_bucket_policy import S3BucketPolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.ssm_parameter import SsmParameter

ADAPTERS: tuple[type[ResourceType], ...] = (
    CdkMetadata,
    IamManagedPolicy,
    IamOidcProvider,
    IamPolicy,
    IamRole,
    KmsAlias,
    KmsKey,
    S3Bucket,
    S3BucketPolicy,
    SsmParameter,
)
"""The adapters, by name of their type; any other type fails its stack."""

UNCOVERED: tuple[tuple[str, str, str], ...] = tuple(
    (adapter.type, name, reason)
    for adapter in ADAPTERS
    for name, reason in sorted(adapter.uncovered.items())
)
"""Type, property and reason of each property that is accepted but that no service API here shows."""
