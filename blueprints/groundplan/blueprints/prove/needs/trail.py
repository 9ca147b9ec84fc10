"""What the audit trail of an account needs: to write its bucket and log group under its key."""

from collections.abc import Iterator

from groundplan.blueprints.plan.guard_rail_statements import (
    administrators_of,
    default_administrators,
)
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.trail import TrailPlan
from groundplan.blueprints.prove.model import ConditionValues
from groundplan.blueprints.prove.needs import emit
from groundplan.blueprints.prove.needs.facts import Facts
from groundplan.blueprints.prove.needs.need import Need
from groundplan.blueprints.prove.needs.stores import key_need, log_key_needs, topic_needs
from groundplan.blueprints.prove.needs.tables import sources

SERVICE = "cloudtrail.amazonaws.com"
ANY_OF = " as "
"""Between an account's root and the pattern of those of its roles that a condition admits."""


def trail_needs(facts: Facts) -> Iterator[Need]:
    """Yield what the trails of all accounts need."""
    for stage_0 in facts.plan.stage_0:
        if stage_0.trail is not None:
            yield from _trail(facts, stage_0.trail, stage_0.place)


def _trail(facts: Facts, plan: TrailPlan, place: Place) -> Iterator[Need]:
    work, role = f"trail {plan.name}", plan.role.arn
    ours: ConditionValues = {"StringEquals": {"aws:SourceArn": (plan.arn,)}}
    owned = {**ours["StringEquals"], "s3:x-amz-acl": ("bucket-owner-full-control",)}
    bucket = place.bucket_arn(plan.bucket.name)
    objects = place.bucket_arn(plan.bucket.name, f"AWSLogs/{place.account}/*")
    for action, pattern, guards in (
        ("s3:GetBucketAcl", bucket, ours),
        ("s3:PutObject", objects, {"StringEquals": owned}),
    ):
        yield emit.need(
            SERVICE, action, pattern, work=work, source=sources.TRAIL_BUCKET, guards=guards
        )
    key = facts.keys[plan.key.alias_arn]
    context = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": (plan.arn,)}}
    written = {**ours, **context}
    yield key_need(SERVICE, key, "kms:GenerateDataKey", written, work, sources.TRAIL_KEY)
    yield key_need(SERVICE, key, "kms:DescribeKey", ours, work, sources.TRAIL_KEY)
    yield from log_key_needs(key, place, plan.log_group.arn)
    yield from topic_needs(plan.topic, place, key)
    through = {"StringEquals": {"kms:ViaService": (f"s3.{place.region}.amazonaws.com",)}}
    administrators = facts.spec.governance.administrators or default_administrators(place.partition)
    for pattern in administrators_of(place.account, administrators):
        reader = f"{place.root}{ANY_OF}{pattern}"
        yield key_need(reader, key, "kms:Decrypt", through, "readers of the trail", sources.S3_KMS)
    stream = f"{plan.log_group.arn}:log-stream:{place.account}_CloudTrail_{place.region}*"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield emit.need(role, action, stream, work=work, source=sources.TRAIL_LOGS)
    yield emit.need(SERVICE, "sts:AssumeRole", role, work=work, source=sources.TRAIL_LOGS)
