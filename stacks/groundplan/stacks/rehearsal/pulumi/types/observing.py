"""CloudWatch, its logs, EventBridge and what tells people."""

from collections.abc import Mapping
from typing import Any, ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.cloudwatch_alarm import CloudWatchAlarm
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.events_event_bus import EventsEventBus
from groundplan.stacks.rehearsal.emulator.cloudformation.events_rule import EventsRule
from groundplan.stacks.rehearsal.emulator.cloudformation.logs_log_group import LogsLogGroup
from groundplan.stacks.rehearsal.emulator.cloudformation.sns_subscription import SnsSubscription
from groundplan.stacks.rehearsal.emulator.cloudformation.sns_topic import SnsTopic
from groundplan.stacks.rehearsal.emulator.cloudformation.sns_topic_policy import SnsTopicPolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.sqs_queue import SqsQueue
from groundplan.stacks.rehearsal.emulator.cloudformation.sqs_queue_policy import SqsQueuePolicy
from groundplan.stacks.rehearsal.pulumi.types.resource_type import (
    PulumiType,
    Setting,
    fields,
    many,
)


class _BusPolicy(Setting):
    """The whole policy of a bus; CloudFormation's type holds one statement."""

    type = "bus policy"
    service = "events"
    holder = "EventBusName"
    put, take_away = "PutPermission", "RemovePermission"
    nothing: ClassVar[Mapping[str, Any]] = {"RemoveAllPermissions": True}

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put the policy in place of the old one, whose statements moto would keep."""
        if previous is not None:
            self.delete(physical_id, previous)
        super().configure(physical_id, properties, previous)


class _Target(ResourceType):
    """A target of a rule."""

    type = "target"
    tags = None
    properties = frozenset({"Rule", "EventBusName", "Id"})

    def create(self, name: str, properties: Properties) -> str:
        """Name the target; ``configure`` puts it."""
        return str(properties["Id"])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put the target."""
        target = {
            name: value
            for name, value in properties.items()
            if name not in ("Rule", "EventBusName")
        }
        self.account.call("events", "PutTargets", Targets=[target], **_rule(properties))

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Remove the target."""
        self.account.call("events", "RemoveTargets", Ids=[physical_id], **_rule(properties))


def _rule(properties: Properties) -> dict[str, Any]:
    return {"Rule": properties["Rule"], "EventBusName": properties.get("EventBusName")}


def _dimensions(value: Any) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value[name]} for name in sorted(value)]


TYPES = (
    PulumiType(
        token="aws:cloudwatch/logGroup:LogGroup",
        made_by=LogsLogGroup,
        names={
            "name": "LogGroupName",
            "kmsKeyId": "KmsKeyId",
            "retentionInDays": "RetentionInDays",
        },
        replaced_by=frozenset({"name"}),
        outputs=lambda id, found: {"arn": found["Arn"].removesuffix(":*")},
    ),
    PulumiType(
        token="aws:cloudwatch/metricAlarm:MetricAlarm",
        made_by=CloudWatchAlarm,
        names={
            "name": "AlarmName",
            "alarmDescription": "AlarmDescription",
            "alarmActions": "AlarmActions",
            "namespace": "Namespace",
            "metricName": "MetricName",
            "dimensions": "Dimensions",
            "statistic": "Statistic",
            "extendedStatistic": "ExtendedStatistic",
            "threshold": "Threshold",
            "comparisonOperator": "ComparisonOperator",
            "period": "Period",
            "evaluationPeriods": "EvaluationPeriods",
            "treatMissingData": "TreatMissingData",
        },
        values={"dimensions": _dimensions},
        replaced_by=frozenset({"name"}),
        outputs=lambda id, found: {"arn": found["Arn"]},
    ),
    PulumiType(
        token="aws:cloudwatch/eventBus:EventBus",
        made_by=EventsEventBus,
        names={"name": "Name", "description": "Description"},
        replaced_by=frozenset({"name"}),
        outputs=lambda id, found: {"arn": found["Arn"]},
    ),
    PulumiType(
        token="aws:cloudwatch/eventBusPolicy:EventBusPolicy",
        made_by=_BusPolicy,
        names={"eventBusName": "EventBusName", "policy": "Policy"},
        replaced_by=frozenset({"eventBusName"}),
    ),
    PulumiType(
        token="aws:cloudwatch/eventRule:EventRule",
        made_by=EventsRule,
        names={
            "name": "Name",
            "description": "Description",
            "eventBusName": "EventBusName",
            "eventPattern": "EventPattern",
        },
        replaced_by=frozenset({"eventBusName", "name"}),
        outputs=lambda id, found: {"arn": found["Arn"]},
    ),
    PulumiType(
        token="aws:cloudwatch/eventTarget:EventTarget",
        made_by=_Target,
        names={
            "rule": "Rule",
            "eventBusName": "EventBusName",
            "targetId": "Id",
            "arn": "Arn",
            "roleArn": "RoleArn",
            "deadLetterConfig": "DeadLetterConfig",
            "retryPolicy": "RetryPolicy",
            "inputTransformer": "InputTransformer",
        },
        values={
            "inputTransformer": fields(inputPaths="InputPathsMap", inputTemplate="InputTemplate")
        },
        replaced_by=frozenset({"eventBusName", "rule", "targetId"}),
    ),
    PulumiType(
        token="aws:sns/topic:Topic",
        made_by=SnsTopic,
        names={"name": "TopicName", "kmsMasterKeyId": "KmsMasterKeyId"},
        replaced_by=frozenset({"name"}),
        outputs=lambda id, found: {"arn": id},
    ),
    PulumiType(
        token="aws:sns/topicPolicy:TopicPolicy",
        made_by=SnsTopicPolicy,
        names={"arn": "Topics", "policy": "PolicyDocument"},
        values={"arn": many},
        replaced_by=frozenset({"arn"}),
    ),
    PulumiType(
        token="aws:sns/topicSubscription:TopicSubscription",
        made_by=SnsSubscription,
        names={"topic": "TopicArn", "protocol": "Protocol", "endpoint": "Endpoint"},
        replaced_by=frozenset({"endpoint", "protocol", "topic"}),
        outputs=lambda id, found: {"arn": id},
    ),
    PulumiType(
        token="aws:sqs/queue:Queue",
        made_by=SqsQueue,
        names={
            "name": "QueueName",
            "kmsMasterKeyId": "KmsMasterKeyId",
            "messageRetentionSeconds": "MessageRetentionPeriod",
        },
        replaced_by=frozenset({"name"}),
        outputs=lambda id, found: {"arn": found["Arn"], "url": id},
    ),
    PulumiType(
        token="aws:sqs/queuePolicy:QueuePolicy",
        made_by=SqsQueuePolicy,
        names={"queueUrl": "Queues", "policy": "PolicyDocument"},
        values={"queueUrl": many},
        replaced_by=frozenset({"queueUrl"}),
    ),
)
