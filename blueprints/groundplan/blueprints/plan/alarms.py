"""Decides alarms and the topic that they notify."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPlan:
    """An encrypted topic that alarms of this account publish to over TLS."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the topic."""

    encryption_key_alias: str
    """Alias of the KMS key."""

    policy: PolicyDocument
    """Who may publish."""

    emails: tuple[str, ...]
    """Addresses that are asked to subscribe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPlan:
    """One metric alarm."""

    id: str
    """Id within the unit."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the alarm."""

    description: str
    """What it means when it fires, and what to do."""

    namespace: str
    """Metric namespace."""

    metric: str
    """Metric name."""

    dimensions: Mapping[str, str | Ref]
    """Metric dimensions."""

    statistic: str
    """``Sum``, ``Average``, ``Maximum`` or a percentile such as ``p99``."""

    threshold: float
    """Bound, in the metric's unit."""

    comparison: Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold"]
    """How the statistic compares to the threshold."""

    period_seconds: int
    """Length of a period."""

    evaluation_periods: int
    """Periods in a row that must breach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsPlan:
    """Alarms on one thing. Missing data never breaches."""

    id: str
    """Id of the unit within its stack."""

    alarms: tuple[AlarmPlan, ...]
    """The alarms."""

    topic_arn: str | None
    """Topic that they notify, or ``None``."""


def plan_topic(
    *, name: str, place: Place, encryption_key_alias: str, emails: Sequence[str] = (), id: str
) -> TopicPlan:
    """Decide a topic.

    Args:
        name: Physical name.
        place: Account and region.
        encryption_key_alias: Alias of the key; its policy admits ``cloudwatch.amazonaws.com``.
        emails: Addresses that are asked to subscribe.
        id: Id of the unit within its stack.
    """
    arn = place.arn("sns", name)
    statements = (
        Statement(
            sid="AlarmsPublish",
            actions=("sns:Publish",),
            resources=(arn,),
            principals={"Service": "cloudwatch.amazonaws.com"},
            condition={
                "StringEquals": {"aws:SourceAccount": place.account},
                "ArnLike": {"aws:SourceArn": place.arn("cloudwatch", "alarm:*")},
            },
        ),
        Statement(
            sid="DenyPlainHttp",
            effect="Deny",
            actions=("sns:Publish",),
            resources=(arn,),
            principals={"AWS": "*"},
            condition={"Bool": {"aws:SecureTransport": "false"}},
        ),
    )
    return TopicPlan(
        id=id,
        name=name,
        arn=arn,
        encryption_key_alias=encryption_key_alias,
        policy=PolicyDocument(statements=statements),
        emails=tuple(emails),
    )


def plan_alarm(
    *,
    id: str,
    name: str,
    place: Place,
    description: str,
    namespace: str,
    metric: str,
    dimensions: Mapping[str, str | Ref],
    statistic: str = "Sum",
    threshold: float = 0,
    comparison: Literal[
        "GreaterThanThreshold", "GreaterThanOrEqualToThreshold"
    ] = "GreaterThanThreshold",
    period_seconds: int = 60,
    evaluation_periods: int = 1,
) -> AlarmPlan:
    """Decide one alarm; see :class:`AlarmPlan` for the arguments."""
    return AlarmPlan(
        id=id,
        name=name,
        arn=place.arn("cloudwatch", f"alarm:{name}"),
        description=description,
        namespace=namespace,
        metric=metric,
        dimensions=dict(dimensions),
        statistic=statistic,
        threshold=threshold,
        comparison=comparison,
        period_seconds=period_seconds,
        evaluation_periods=evaluation_periods,
    )


def plan_alarms(
    alarms: Sequence[AlarmPlan], *, topic_arn: str | None = None, id: str = "Alarms"
) -> AlarmsPlan:
    """Decide a set of alarms that notify ``topic_arn``."""
    return AlarmsPlan(id=id, alarms=tuple(alarms), topic_arn=topic_arn)
