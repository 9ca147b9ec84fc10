"""Duties that several roles share."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.plan.container_repository import PULL_ACTIONS
from groundplan.blueprints.plan.encryption_key import for_aws_resource, key_duty, via
from groundplan.blueprints.plan.exceptions import BY_CONDITION, NO_NARROWER, OBJECTS
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import Condition
from groundplan.blueprints.plan.role import Duty

ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")
"""What writing to a bucket under a KMS key needs; parts of an upload are read back."""


def read_objects(duty_id: str, place: Place, bucket: str, prefix: str, *, reason: str) -> Duty:
    """Return the duty to read the objects of a bucket under ``prefix``."""
    return Duty(
        id=duty_id,
        actions=("s3:GetObject",),
        resources=(place.bucket_arn(bucket, f"{prefix}*"),),
        reason=reason,
        wildcard=OBJECTS,
    )


def write_objects(duty_id: str, place: Place, bucket: str, prefix: str, *, reason: str) -> Duty:
    """Return the duty to write objects to a bucket under ``prefix``."""
    return Duty(
        id=duty_id,
        actions=("s3:AbortMultipartUpload", "s3:PutObject"),
        resources=(place.bucket_arn(bucket, f"{prefix}*"),),
        reason=reason,
        wildcard=OBJECTS,
    )


def list_bucket(duty_id: str, place: Place, bucket: str, prefix: str, *, reason: str) -> Duty:
    """Return the duty to list a bucket's keys under ``prefix``; all of them where it is empty."""
    return Duty(
        id=duty_id,
        actions=("s3:ListBucket",),
        resources=(place.bucket_arn(bucket),),
        reason=reason,
        condition={"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else {},
    )


def read_key(duty_id: str, key_alias_arn: str, region: str, *, reason: str) -> Duty:
    """Return the duty to decrypt objects of a bucket under a key."""
    return key_duty(
        duty_id, key_alias_arn, ("kms:Decrypt",), reason=reason, condition=via("s3", region)
    )


def write_key(duty_id: str, key_alias_arn: str, region: str, *, reason: str) -> Duty:
    """Return the duty to encrypt and decrypt objects of a bucket under a key."""
    return key_duty(duty_id, key_alias_arn, ENCRYPT, reason=reason, condition=via("s3", region))


def encrypt_volumes(key_alias_arn: str, types: Iterable[str]) -> tuple[Duty, ...]:
    """Return the duty to let the service encrypt the volumes that it attaches.

    There is none where all instance types have local NVMe storage, which takes no key.
    """
    if all(instance_types()[item].local_nvme for item in types):
        return ()
    return (
        key_duty(
            "EncryptVolumes",
            key_alias_arn,
            ("kms:CreateGrant",),
            reason="the service encrypts the volumes of its instances by a grant",
            condition=for_aws_resource(),
        ),
    )


def pull_images(place: Place, repositories: Sequence[str]) -> tuple[Duty, ...]:
    """Return the duties to pull images of exact repositories."""
    return (
        Duty(
            id="PullImages",
            actions=PULL_ACTIONS,
            resources=tuple(place.arn("ecr", f"repository/{item}") for item in repositories),
            reason="the container's image is pulled by the role that runs it",
        ),
        registry_token(),
    )


def registry_token() -> Duty:
    """Return the duty to log in to the container registry."""
    return Duty(
        id="RegistryToken",
        actions=("ecr:GetAuthorizationToken",),
        resources=("*",),
        reason="pulling or pushing an image begins with a registry token",
        wildcard=NO_NARROWER,
    )


def write_logs(place: Place, log_groups: Sequence[str]) -> Duty:
    """Return the duty to write to log groups that exist already."""
    groups = [place.arn("logs", f"log-group:{group}") for group in log_groups]
    return Duty(
        id="WriteLogs",
        actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
        resources=tuple(f"{group}:*" for group in groups),
        reason="containers log to a group that is made before them",
        wildcard=OBJECTS,
    )


def write_task_logs(place: Place, log_groups: Sequence[str]) -> Duty:
    """Return the duty of builds and of tasks to write to log groups, which they do not look at."""
    duty = write_logs(place, log_groups)
    actions = tuple(item for item in duty.actions if item != "logs:DescribeLogStreams")
    return replace(duty, actions=actions)


def put_metrics(namespaces: Sequence[str]) -> Duty:
    """Return the duty to publish metrics of exact namespaces."""
    return Duty(
        id="PutMetrics",
        actions=("cloudwatch:PutMetricData",),
        resources=("*",),
        reason="the service publishes the metrics of its jobs with the job's role",
        condition={"StringEquals": {"cloudwatch:namespace": list(namespaces)}},
        wildcard=NO_NARROWER,
    )


def attach_to_network(
    place: Place,
    *,
    scope_tag: tuple[str, str] | None,
    subnet_ids: Sequence[str] = (),
    security_group_ids: Sequence[str] = (),
) -> tuple[Duty, ...]:
    """Return the duties to attach containers to a network.

    Args:
        place: Account and region of the network.
        scope_tag: Tag that limits the subnets and groups, where their ids are not known.
        subnet_ids: Exact subnets, where they are known.
        security_group_ids: Exact security groups, where they are known.
    """
    if scope_tag is not None:
        targets: tuple[str, ...] = (
            place.arn("ec2", "security-group/*"),
            place.arn("ec2", "subnet/*"),
        )
        condition: Condition = {"StringEquals": {f"aws:ResourceTag/{scope_tag[0]}": scope_tag[1]}}
    else:
        targets = (
            *(place.arn("ec2", f"security-group/{item}") for item in security_group_ids),
            *(place.arn("ec2", f"subnet/{item}") for item in subnet_ids),
        )
        condition = {}
    interfaces = (place.arn("ec2", "network-interface/*"),)
    return (
        Duty(
            id="AttachToSubnets",
            actions=("ec2:CreateNetworkInterface",),
            resources=targets,
            reason="the service attaches its containers to these subnets and groups",
            condition=condition,
            wildcard=BY_CONDITION if scope_tag is not None else None,
        ),
        Duty(
            id="MakeInterfaces",
            actions=("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
            resources=interfaces,
            reason="the service makes and removes the interfaces of its containers",
            wildcard=BY_CONDITION,
        ),
        Duty(
            id="ShareInterfaces",
            actions=(
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterfacePermission",
            ),
            resources=interfaces,
            reason="the service uses the interfaces from its own account",
            condition={"StringEquals": {"ec2:AuthorizedService": "sagemaker.amazonaws.com"}},
            wildcard=BY_CONDITION,
        ),
        Duty(
            id="SeeNetwork",
            actions=(
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ),
            resources=("*",),
            reason="the service looks up where it attaches",
            condition={"StringEquals": {"ec2:Region": place.region}},
            wildcard=NO_NARROWER,
        ),
    )
