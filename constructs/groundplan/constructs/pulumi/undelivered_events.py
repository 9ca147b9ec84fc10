"""Pulumi component of a queue of events that could not be delivered, and its alarm."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.undelivered import KEPT_DAYS, UndeliveredEventsPlan
from groundplan.constructs.pulumi.alarms import define_alarm
from groundplan.constructs.pulumi.component import Component, check_plan, document

SECONDS_A_DAY = 86_400


@dataclass(kw_only=True)
class UndeliveredEventsArgs:
    """What :class:`UndeliveredEvents` are kept in, decided."""

    plan: UndeliveredEventsPlan
    """What to define."""


class UndeliveredEvents(Component):
    """A queue of events that could not be delivered, and the alarm that tells of the first one.

    The children ``Resource``, ``Policy`` and ``Alarm`` are part of the public contract.

    Example:
        >>> plan = plan_undelivered_events(
        ...     name="report-undelivered",
        ...     place=place,
        ...     encryption_key_alias="alias/reports",
        ...     rules=[place.arn("events", "rule/report")],
        ... )
        >>> queue = UndeliveredEvents("undelivered", UndeliveredEventsArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the queue."""

    def __init__(
        self, name: str, args: UndeliveredEventsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the queue.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a queue.
        """
        check_plan(name, args.plan, UndeliveredEventsPlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        queue = aws.sqs.Queue(
            self.child_name("Resource"),
            name=plan.name,
            kms_master_key_id=plan.encryption_key_alias,
            message_retention_seconds=KEPT_DAYS * SECONDS_A_DAY,
            opts=self.child(),
        )
        aws.sqs.QueuePolicy(
            self.child_name("Policy"),
            queue_url=queue.url,
            policy=document(name, plan.policy),
            opts=self.child(),
        )
        define_alarm(self, plan.alarm, plan.topic_arn)
        self.arn = queue.arn
        self.register_outputs({"arn": self.arn})
