"""CDK construct of a queue of events that could not be delivered, and its alarm."""

from aws_cdk import aws_sqs as sqs
from constructs import Construct

from groundplan.blueprints.plan.undelivered import KEPT_DAYS, UndeliveredEventsPlan
from groundplan.constructs.cdk.alarms import define_alarm
from groundplan.constructs.cdk.checks import acknowledge
from groundplan.constructs.cdk.tokens import document

SECONDS_A_DAY = 86_400


class UndeliveredEvents(Construct):
    """A queue of events that could not be delivered, and the alarm that tells of the first one.

    The ids ``Resource``, ``Policy`` and ``Alarm`` are part of the public contract.

    Example:
        >>> plan = plan_undelivered_events(
        ...     name="report-undelivered",
        ...     place=place,
        ...     encryption_key_alias="alias/reports",
        ...     rules=[place.arn("events", "rule/report")],
        ... )
        >>> queue = UndeliveredEvents(stack, "Undelivered", plan=plan)
    """

    def __init__(self, scope: Construct, id: str, *, plan: UndeliveredEventsPlan) -> None:
        """Define the queue.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.queue = sqs.CfnQueue(
            self,
            "Resource",
            queue_name=plan.name,
            kms_master_key_id=plan.encryption_key_alias,
            message_retention_period=KEPT_DAYS * SECONDS_A_DAY,
        )
        sqs.CfnQueuePolicy(
            self, "Policy", queues=[self.queue.ref], policy_document=document(plan.policy)
        )
        self.alarm = define_alarm(self, plan.alarm, plan.topic_arn)
        acknowledge(self.queue, plan.exceptions)
