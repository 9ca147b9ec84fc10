"""Decides what a trail is watched for, and who is told.

The patterns follow those that the CIS AWS Foundations Benchmark (4.0, section 4) has of the same events,
narrowed to the project where that is possible: what its own deployments change is no alarm.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.alarms import AlarmsPlan, plan_alarm, plan_alarms
from groundplan.blueprints.plan.names import Place, name

PATTERN_CHARACTERS = 1024
"""Longest filter pattern (CloudWatch Logs quotas, 2026-10)."""
PERIOD_SECONDS = 300
"""Length of an alarm's period; a trail arrives within about five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFilterPlan:
    """Counts the events of a log group that match a pattern."""

    id: str
    """Id within the trail, in CamelCase."""

    name: str
    """Physical name."""

    log_group: str
    """Name of the log group."""

    pattern: str
    """Filter pattern."""

    namespace: str
    """Namespace of the metric."""

    metric: str
    """Name of the metric."""

    meaning: str
    """What happened when it counts something, and what to do."""


def trail_filters(
    project: str, deployment_role: str, log_group: str
) -> tuple[MetricFilterPlan, ...]:
    """Return what is counted in a trail.

    Args:
        project: Name of the project.
        deployment_role: ARN of the role of deployments, whose changes are no alarm.
        log_group: Name of the log group that holds the trail.
    """
    found = tuple(
        MetricFilterPlan(
            id=id,
            name=f"groundplan-stage-0-{project}-{word}",
            log_group=log_group,
            pattern=f"{{ {pattern} }}",
            namespace=f"groundplan-stage-0/{project}",
            metric=word,
            meaning=meaning,
        )
        for id, word, pattern, meaning in _rows(project, deployment_role)
    )
    long = [item.id for item in found if len(item.pattern) > PATTERN_CHARACTERS]
    if long:
        raise ValueError(f"patterns have at most {PATTERN_CHARACTERS} characters, got {long}")
    return found


def trail_alarms(
    project: str, place: Place, filters: Sequence[MetricFilterPlan], topic_arn: str
) -> AlarmsPlan:
    """Return an alarm for each filter, which fires at its first event."""
    return plan_alarms(
        [
            plan_alarm(
                id=item.id,
                name=name("alarm", item.name),
                place=place,
                description=f"{item.meaning}; see {item.log_group}",
                namespace=item.namespace,
                metric=item.metric,
                dimensions={},
                threshold=1,
                comparison="GreaterThanOrEqualToThreshold",
                period_seconds=PERIOD_SECONDS,
            )
            for item in filters
        ],
        topic_arn=topic_arn,
        id="TrailAlarms",
    )


def _rows(project: str, deployments: str) -> tuple[tuple[str, str, str, str], ...]:
    """Return id, name, pattern and meaning of each filter."""
    issuer = "$.userIdentity.sessionContext.sessionIssuer.arn"
    others = f'(({issuer} NOT EXISTS) || ({issuer} != "{deployments}"))'
    return (
        (
            "RootUse", "root-use",
            ('($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS)'
            ' && ($.eventType != "AwsServiceEvent")'),
            "The root user did something",
        ),
        (
            "LoginWithoutMfa", "login-without-mfa",
            ('($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")'
            ' && ($.userIdentity.type = "IAMUser")'
            ' && ($.responseElements.ConsoleLogin = "Success")'),
            "A user logged in to the console without a second factor",
        ),
        (
            "KeyLoss", "key-loss",
            _events("kms", "DisableKey", "ScheduleKeyDeletion"),
            "A key was turned off or is to be deleted; CancelKeyDeletion keeps it",
        ),
        (
            "KeyAliases", "key-aliases",
            f"{_events('kms', 'DeleteAlias', 'UpdateAlias')} && {others}",
            ("An alias of a key was changed by somebody else than deployments; policies name keys by"
            " alias"),
        ),
        (
            "KeyPolicies", "key-policies",
            (f"{_events('kms', 'PutKeyPolicy', 'CreateGrant')}"
            f' && ($.userIdentity.invokedBy NOT EXISTS) && {others}'),
            "A key was opened by somebody else than deployments or a service",
        ),
        (
            "IamChanges", "iam-changes",
            ('($.eventSource = "iam.amazonaws.com") && ($.readOnly IS FALSE)'
            f" && ($.errorCode NOT EXISTS) && {others}"),
            "Roles or policies were changed by somebody else than deployments",
        ),
        (
            "BucketPolicies", "bucket-policies",
            _events(
                "s3", "DeleteBucketEncryption", "DeleteBucketPolicy", "DeleteBucketPublicAccessBlock",
                "PutBucketAcl", "PutBucketEncryption", "PutBucketPolicy",
                "PutBucketPublicAccessBlock",
            )
            + f' && ($.requestParameters.bucketName = "*{project}-*") && {others}',
            "A bucket of the project was opened or changed by somebody else than deployments",
        ),
        (
            "TrailChanges", "trail-changes",
            _events(
                "cloudtrail", "DeleteTrail", "PutEventSelectors", "StopLogging", "UpdateTrail"
            ),
            "A trail was changed or stopped",
        ),
    )  # fmt: skip


def _events(service: str, *names: str) -> str:
    either = " || ".join(f'($.eventName = "{item}")' for item in names)
    return f'($.eventSource = "{service}.amazonaws.com") && ({either})'
