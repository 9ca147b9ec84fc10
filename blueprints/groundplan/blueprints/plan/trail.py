"""Decides an audit trail: who did what in an account, down to single objects of data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from groundplan.blueprints.plan.alarms import AlarmsPlan, TopicPlan, plan_topic
from groundplan.blueprints.plan.data_bucket import DataBucketPlan, plan_data_bucket
from groundplan.blueprints.plan.encryption_key import (
    EncryptionKeyPlan,
    plan_encryption_key,
    service_use,
    via,
)
from groundplan.blueprints.plan.exceptions import OBJECTS, OWN_TRAIL, accept
from groundplan.blueprints.plan.guard_rail_statements import administrators_of
from groundplan.blueprints.plan.key_uses import alarms_use, logs_use
from groundplan.blueprints.plan.log_group import LogGroupPlan, plan_log_group
from groundplan.blueprints.plan.names import Place, name
from groundplan.blueprints.plan.policy import ROOT_ONLY, Condition, PolicyDocument, Statement
from groundplan.blueprints.plan.role import (
    Duty,
    RolePlan,
    plan_role,
    stage_0_path,
    trail_role_arn,
)
from groundplan.blueprints.plan.trail_alarms import MetricFilterPlan, trail_alarms, trail_filters
from groundplan.blueprints.plan.trail_events import (
    EventSelectorPlan,
    data_events,
    management_events,
)

SERVICE = "cloudtrail.amazonaws.com"
KEPT_DAYS = 365
"""Days that a trail is kept at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailPlan:
    """A trail with all that it needs, made with stage 0, out of reach of deployments."""

    stack_name: str
    """Name of the stack of its template."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the trail."""

    selectors: tuple[EventSelectorPlan, ...]
    """Which events it holds."""

    key: EncryptionKeyPlan
    """Key of the bucket, the log group and the topic."""

    bucket: DataBucketPlan
    """Where the trail is kept; nobody deletes from it."""

    log_group: LogGroupPlan
    """Where alarms read it."""

    role: RolePlan
    """Role by which CloudTrail writes to the log group."""

    filters: tuple[MetricFilterPlan, ...]
    """What counts the events that alarms are about."""

    topic: TopicPlan
    """Whom the alarms tell."""

    alarms: AlarmsPlan
    """One alarm a filter."""


def plan_trail(
    *,
    project: str,
    place: Place,
    deployment_role: str,
    permissions_boundary: str,
    buckets: Sequence[str],
    administrators: Sequence[str],
    emails: Sequence[str] = (),
    organization_id: str | None = None,
    retention_days: int = KEPT_DAYS,
) -> TrailPlan:
    """Decide the trail of an account.

    Args:
        project: Name of the project.
        place: Account and home region of the trail, which covers all regions.
        deployment_role: ARN of the role of deployments, whose changes are no alarm.
        permissions_boundary: ARN of the policy that bounds stage 0's roles.
        buckets: Buckets whose single objects are audited.
        administrators: ARN patterns of the roles that may decrypt the trail.
        emails: Addresses that are asked to subscribe to alarms. Default: none.
        organization_id: Refuses readers outside this organisation. Default: refuses none.
        retention_days: Days that the log group is kept; the bucket at least a year.
    """
    whole = name("trail", _prefix(project))
    arn = place.arn("cloudtrail", f"trail/{whole}")
    group = plan_log_group(
        id="TrailLogs",
        name=f"/groundplan-stage-0/{project}/trail",
        place=place,
        encryption_key=EncryptionKeyPlan.ref("TrailKey"),
        retention_days=retention_days,
        retain=True,
    )
    key = _key(project, place, arn, group, administrators_of(place.account, administrators))
    bucket = _bucket(project, place, arn, key, organization_id, max(retention_days, KEPT_DAYS))
    filters = trail_filters(project, deployment_role, group.name)
    topic = plan_topic(
        id="TrailTopic",
        name=name("topic", _prefix(project)),
        place=place,
        encryption_key_alias=key.alias,
        emails=emails,
    )
    return TrailPlan(
        stack_name=f"groundplan-stage-0-trail-{project}",
        name=whole,
        arn=arn,
        selectors=(*management_events(), *data_events(place, buckets, bucket.name)),
        key=key,
        bucket=bucket,
        log_group=group,
        role=_role(project, place, group, permissions_boundary),
        filters=filters,
        topic=topic,
        alarms=trail_alarms(project, place, filters, topic.arn),
    )


def _prefix(project: str) -> str:
    return f"groundplan-stage-0-{project}"


def _key(
    project: str,
    place: Place,
    trail_arn: str,
    group: LogGroupPlan,
    administrators: Sequence[str],
) -> EncryptionKeyPlan:
    """Decide the key, as "Configure AWS KMS key policies for CloudTrail" says (2026-10)."""
    ours: Condition = {"StringEquals": {"aws:SourceArn": trail_arn}}
    of_trail: Condition = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trail_arn}}
    return plan_encryption_key(
        id="TrailKey",
        alias=f"{_prefix(project)}-trail",
        place=place,
        description=f"Audit trail, made by stage 0 of {project}",
        services=(
            service_use("EncryptTrail", SERVICE, ("kms:GenerateDataKey",), {**ours, **of_trail}),
            service_use("FindKey", SERVICE, ("kms:DescribeKey",), ours),
            logs_use(place, [group.arn]),
            alarms_use(place),
            *((_read(place, administrators),) if administrators else ()),
        ),
        retain=True,
    )


def _read(place: Place, administrators: Sequence[str]) -> Statement:
    return Statement(
        sid="AdministratorsRead",
        actions=("kms:Decrypt",),
        resources=("*",),
        principals={"AWS": place.root},
        condition={
            **via("s3", place.region),
            "ArnLike": {"aws:PrincipalArn": list(administrators)},
        },
    )


def _bucket(
    project: str,
    place: Place,
    trail_arn: str,
    key: EncryptionKeyPlan,
    organization_id: str | None,
    kept_days: int,
) -> DataBucketPlan:
    """Decide the bucket, as "Amazon S3 bucket policy for CloudTrail" says (2026-10)."""
    bucket_name = name("bucket", _prefix(project), "trail", place.account)
    plan = plan_data_bucket(
        id="TrailBucket",
        name=bucket_name,
        place=place,
        encryption_key=key.arn,
        key_alias_arn=key.alias_arn,
        organization_id=organization_id,
        expire_after_days=kept_days,
        events=False,
    )
    statements = (
        Statement(
            sid="CheckTrailBucket",
            actions=("s3:GetBucketAcl",),
            resources=(place.bucket_arn(bucket_name),),
            principals={"Service": SERVICE},
            condition={"StringEquals": {"aws:SourceArn": trail_arn}},
        ),
        Statement(
            sid="WriteTrail",
            actions=("s3:PutObject",),
            resources=(place.bucket_arn(bucket_name, f"AWSLogs/{place.account}/*"),),
            principals={"Service": SERVICE},
            condition={
                "StringEquals": {
                    "aws:SourceArn": trail_arn,
                    "s3:x-amz-acl": "bucket-owner-full-control",
                }
            },
        ),
        Statement(
            sid="KeepTrail",
            effect="Deny",
            actions=("s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion"),
            resources=(place.bucket_arn(bucket_name), place.bucket_arn(bucket_name, "*")),
            principals=ROOT_ONLY,
        ),
    )  # fmt: skip
    return replace(
        plan,
        policy=PolicyDocument(statements=(*plan.policy.statements, *statements)),
        exceptions=(*plan.exceptions, *accept(OWN_TRAIL, "AwsSolutions-S1", "CKV_AWS_18")),
    )


def _role(project: str, place: Place, group: LogGroupPlan, permissions_boundary: str) -> RolePlan:
    """Decide the role that writes to the log group.

    Its trust has no source conditions: CloudTrail sends none when it assumes the role, and a trust
    that asks for them breaks the delivery (prowler issue 4714, 2024-08; the trust in "Sending events
    to CloudWatch Logs", AWS CloudTrail User Guide, 2026-10, has none). The role can only be given to
    a trail of its own account, by who may pass it.
    """
    stream = f"{place.account}_CloudTrail_{place.region}*"
    return plan_role(
        id="TrailRole",
        role_name=trail_role_arn(place, project).rpartition("/")[2],
        place=place,
        path=stage_0_path(project),
        description=f"Writes the audit trail of {project} to its log group",
        trust=PolicyDocument(
            statements=(
                Statement(
                    sid="Assume", actions=("sts:AssumeRole",), principals={"Service": SERVICE}
                ),
            )
        ),
        duties=(
            Duty(
                id="WriteTrail",
                actions=("logs:CreateLogStream", "logs:PutLogEvents"),
                resources=(f"{group.arn}:log-stream:{stream}",),
                reason="alarms read the trail from a log group",
                wildcard=OBJECTS,
            ),
        ),
        permissions_boundary=permissions_boundary,
        spec_path="governance.audit_trail",
    )
