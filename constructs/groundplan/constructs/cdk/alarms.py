"""CDK constructs of alarms and of the topic that they notify."""

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from groundplan.blueprints.plan.alarms import AlarmPlan, AlarmsPlan, TopicPlan
from groundplan.blueprints.plan.ref import resolve
from groundplan.constructs.cdk.tokens import Tokens, document


class AlarmTopic(Construct):
    """An encrypted topic that alarms publish to over TLS.

    The ids ``Resource``, ``Policy`` and ``Email0``, ``Email1``, ... are part of the public
    contract.

    Example:
        >>> plan = plan_topic(
        ...     id="Alerts",
        ...     name="alerts",
        ...     place=place,
        ...     encryption_key_alias="alias/alerts",
        ...     emails=["on-call@acme.example"],
        ... )
        >>> topic = AlarmTopic(stack, "Alerts", plan=plan)
    """

    def __init__(self, scope: Construct, id: str, *, plan: TopicPlan) -> None:
        """Define the topic.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.topic = sns.CfnTopic(
            self,
            "Resource",
            topic_name=plan.name,
            kms_master_key_id=plan.encryption_key_alias,
        )
        arn = self.topic.ref
        sns.CfnTopicPolicy(self, "Policy", topics=[arn], policy_document=document(plan.policy))
        for index, address in enumerate(plan.emails):
            sns.CfnSubscription(
                self, f"Email{index}", topic_arn=arn, protocol="email", endpoint=address
            )


class Alarms(Construct):
    """Alarms on one thing. Missing data never breaches.

    The ids are those of the plan's alarms, and part of the public contract.

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
        >>> alarms = Alarms(stack, "Alarms", plan=plan)
    """

    def __init__(
        self, scope: Construct, id: str, *, plan: AlarmsPlan, tokens: Tokens | None = None
    ) -> None:
        """Define the alarms.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            tokens: What stands for refs in the alarms' dimensions. Default: there are none.
        """
        super().__init__(scope, id)
        self.plan = plan
        self.alarms: tuple[cloudwatch.CfnAlarm, ...] = tuple(
            define_alarm(self, alarm, plan.topic_arn, tokens) for alarm in plan.alarms
        )
        """The alarms, in the order of the plan."""


def define_alarm(
    scope: Construct, plan: AlarmPlan, topic_arn: str | None, tokens: Tokens | None = None
) -> cloudwatch.CfnAlarm:
    """Define one alarm in ``scope`` under the plan's id."""
    dimensions: list[dict[str, Any]] = [
        {"name": name, "value": value}
        for name, value in resolve(plan.dimensions, tokens or {}).items()
    ]
    percentile = plan.statistic.startswith("p")
    return cloudwatch.CfnAlarm(
        scope,
        plan.id,
        alarm_name=plan.name,
        alarm_description=plan.description,
        alarm_actions=[topic_arn] if topic_arn is not None else None,
        namespace=plan.namespace,
        metric_name=plan.metric,
        dimensions=dimensions,
        statistic=None if percentile else plan.statistic,
        extended_statistic=plan.statistic if percentile else None,
        threshold=plan.threshold,
        comparison_operator=plan.comparison,
        period=plan.period_seconds,
        evaluation_periods=plan.evaluation_periods,
        treat_missing_data="notBreaching",
    )
