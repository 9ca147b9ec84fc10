"""Decides the queue of events that EventBridge could not deliver, and its alarm."""

from collections.abc import Sequence
from dataclasses import dataclass

from groundplan.blueprints.plan.alarms import AlarmPlan, plan_alarm
from groundplan.blueprints.plan.exceptions import DEAD_LETTER_QUEUE, CheckException
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.names import name as shortened
from groundplan.blueprints.plan.policy import ROOT_ONLY, PolicyDocument, Statement

KEPT_DAYS = 14
"""Days that an event is kept, SQS's longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeliveredEventsPlan:
    """A queue of events that no rule of a stack could deliver; an alarm tells of the first one."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the queue."""

    encryption_key_alias: str
    """Alias of the KMS key; its policy admits ``events.amazonaws.com``."""

    policy: PolicyDocument
    """Which rules put events into the queue."""

    alarm: AlarmPlan
    """Fires while an event is in the queue."""

    topic_arn: str | None
    """Topic that the alarm notifies."""

    exceptions: tuple[CheckException, ...]
    """Rules of static checkers that it does not follow on purpose."""


def plan_undelivered_events(
    *,
    name: str,
    place: Place,
    encryption_key_alias: str,
    rules: Sequence[str],
    topic_arn: str | None = None,
    id: str = "Undelivered",
) -> UndeliveredEventsPlan:
    """Decide a queue.

    Args:
        name: Physical name.
        place: Account and region.
        encryption_key_alias: Alias of the KMS key.
        rules: ARNs of the rules that put events into it.
        topic_arn: Topic that the alarm notifies. Default: none.
        id: Id of the unit within its stack.
    """
    arn = place.arn("sqs", name)
    statements = (
        Statement(
            sid="KeepEvents",
            actions=("sqs:SendMessage",),
            resources=(arn,),
            principals={"Service": "events.amazonaws.com"},
            condition={"ArnEquals": {"aws:SourceArn": sorted(set(rules))}},
        ),
        Statement(
            sid="DenyPlainHttp",
            effect="Deny",
            actions=("sqs:*",),
            resources=(arn,),
            principals=ROOT_ONLY,
            condition={"Bool": {"aws:SecureTransport": "false"}},
        ),
    )
    return UndeliveredEventsPlan(
        id=id,
        name=name,
        arn=arn,
        encryption_key_alias=encryption_key_alias,
        policy=PolicyDocument(statements=statements),
        alarm=plan_alarm(
            id="Alarm",
            name=shortened("alarm", name),
            place=place,
            description="An event could not be delivered; read it in the queue, mend its target "
            "and start what it should have started by hand",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": name},
            statistic="Maximum",
            period_seconds=300,
        ),
        topic_arn=topic_arn,
        exceptions=(CheckException(rule="AwsSolutions-SQS3", reason=DEAD_LETTER_QUEUE),),
    )
