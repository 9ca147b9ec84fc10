"""Pulumi components of alarms and of the topic that they notify."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.alarms import AlarmPlan, AlarmsPlan, TopicPlan
from groundplan.constructs.pulumi.component import Component, Values, check_plan, document, filled


@dataclass(kw_only=True)
class AlarmTopicArgs:
    """What an :class:`AlarmTopic` is made of."""

    plan: TopicPlan
    """What to define."""


class AlarmTopic(Component):
    """An encrypted topic that alarms publish to over TLS.

    The children ``Resource``, ``Policy`` and ``Email0``, ``Email1``, ... are part of the public
    contract.

    Example:
        >>> plan = plan_topic(
        ...     id="Alerts",
        ...     name="alerts",
        ...     place=place,
        ...     encryption_key_alias="alias/alerts",
        ...     emails=["on-call@acme.example"],
        ... )
        >>> topic = AlarmTopic("alerts", AlarmTopicArgs(plan=plan))
    """

    arn: pulumi.Output[str]
    """ARN of the topic."""

    def __init__(
        self, name: str, args: AlarmTopicArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the topic.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of a topic.
        """
        check_plan(name, args.plan, TopicPlan)
        super().__init__(name, opts)
        plan = args.plan
        self.plan = plan
        topic = aws.sns.Topic(
            self.child_name("Resource"),
            name=plan.name,
            kms_master_key_id=plan.encryption_key_alias,
            opts=self.child(),
        )
        aws.sns.TopicPolicy(
            self.child_name("Policy"),
            arn=topic.arn,
            policy=document(name, plan.policy),
            opts=self.child(),
        )
        for index, address in enumerate(plan.emails):
            aws.sns.TopicSubscription(
                self.child_name(f"Email{index}"),
                topic=topic.arn,
                protocol="email",
                endpoint=address,
                opts=self.child(),
            )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})


@dataclass(kw_only=True)
class AlarmsArgs:
    """What :class:`Alarms` are made of."""

    plan: AlarmsPlan
    """What to define."""

    values: Values | None = None
    """What stands for refs in the alarms' dimensions. Default: there are none."""


class Alarms(Component):
    """Alarms on one thing. Missing data never breaches.

    The children are called like the plan's alarms; that is part of the public contract.

    Example:
        >>> failed = plan_alarm(
        ...     id="Failed",
        ...     name="reports-failed",
        ...     place=place,
        ...     description="a report failed; see the execution's cause",
        ...     namespace="AWS/States",
        ...     metric="ExecutionsFailed",
        ...     dimensions={"StateMachineArn": place.arn("states", "stateMachine:reports")},
        ... )
        >>> plan = plan_alarms([failed], topic_arn=place.arn("sns", "alerts"))
        >>> alarms = Alarms("reports", AlarmsArgs(plan=plan))
    """

    names: list[pulumi.Output[str]]
    """Names of the alarms, in the order of the plan."""

    def __init__(
        self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the alarms.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If ``args`` holds something else than the plan of the alarms.
        """
        check_plan(name, args.plan, AlarmsPlan)
        super().__init__(name, opts)
        self.plan = args.plan
        self.names = [
            define_alarm(self, alarm, args.plan.topic_arn, args.values).name
            for alarm in args.plan.alarms
        ]
        self.register_outputs({"names": self.names})


def define_alarm(
    parent: Component,
    plan: AlarmPlan,
    topic_arn: str | None,
    values: Values | None = None,
    ignore_changes: Sequence[str] = (),
) -> aws.cloudwatch.MetricAlarm:
    """Define one alarm as a child of ``parent``.

    Args:
        parent: Component that the alarm is of.
        plan: What to define.
        topic_arn: Topic that it notifies, or ``None``.
        values: What stands for refs in its dimensions. Default: there are none.
        ignore_changes: Properties that something else than the program changes.

    Raises:
        ConstructError: If a ref in its dimensions has no value.
    """
    name = parent.child_name(plan.id)
    percentile = plan.statistic.startswith("p")
    return aws.cloudwatch.MetricAlarm(
        name,
        name=plan.name,
        alarm_description=plan.description,
        alarm_actions=[topic_arn] if topic_arn is not None else None,
        namespace=plan.namespace,
        metric_name=plan.metric,
        dimensions=filled(name, dict(plan.dimensions), values or {}),
        statistic=None if percentile else plan.statistic,
        extended_statistic=plan.statistic if percentile else None,
        threshold=plan.threshold,
        comparison_operator=plan.comparison,
        period=plan.period_seconds,
        evaluation_periods=plan.evaluation_periods,
        treat_missing_data="notBreaching",
        opts=parent.child(ignore_changes=ignore_changes),
    )
