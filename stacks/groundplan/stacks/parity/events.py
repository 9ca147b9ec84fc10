"""Compares what carries and keeps events: buses, rules, queues, topics, schedules."""

from collections.abc import Mapping
from typing import Any

from groundplan.stacks.parity.inventory import Item, Parts, Resource
from groundplan.stacks.parity.values import document, item, lowered, own, parsed

DEFAULT_BUS = "default"
VERSION = "2012-10-17"


def bus_of_template(bus: Resource, parts: Parts) -> Item:
    """Return a bus of CDK, whose policy is a resource a statement."""
    name = bus.take("Name")
    statements = parts.of(bus, "AWS::Events::EventBusPolicy", EventBusName=name)
    policy = None
    if statements:
        # EventBridge puts them together.
        found = {part.take("StatementId"): part.take("Statement") for part in statements}
        policy = {"Version": VERSION, "Statement": found}
    facts = {"description": bus.take("Description"), "policy": policy}
    return item("event bus", name, bus, facts, *statements, own_tags=bus.take("Tags"))


def bus_of_program(bus: Resource, parts: Parts) -> Item:
    """Return a bus of Pulumi."""
    name = bus.take("name")
    part = parts.one(bus, "aws:cloudwatch/eventBusPolicy:EventBusPolicy", eventBusName=name)
    policy = part and document(part.take("policy"))
    facts = {"description": bus.take("description"), "policy": policy}
    return item("event bus", name, bus, facts, part, own_tags=bus.take("tags"))


def rule_of_template(rule: Resource, parts: Parts) -> Item:
    """Return a rule of CDK."""
    bus = rule.take("EventBusName") or DEFAULT_BUS
    targets = {
        target["Id"]: _target({key: part for key, part in target.items() if key != "Id"})
        for target in rule.take("Targets") or ()
    }
    facts = {
        "description": rule.take("Description"),
        "pattern": parsed(rule.take("EventPattern")),
        "state": rule.take("State", "ENABLED"),
        "targets": targets,
    }
    return item("event rule", f"{bus}/{rule.take('Name')}", rule, facts, own_tags=rule.take("Tags"))


def rule_of_program(rule: Resource, parts: Parts) -> Item:
    """Return a rule of Pulumi, whose targets are resources."""
    name, bus = rule.take("name"), rule.take("eventBusName")
    targets = parts.of(rule, "aws:cloudwatch/eventTarget:EventTarget", rule=name, eventBusName=bus)
    found = {
        part.take("targetId"): _target(
            {
                key: part.take(key)
                for key in part.properties
                if key not in ("targetId", "rule", "eventBusName")
            }
        )
        for part in targets
    }
    facts = {
        "description": rule.take("description"),
        "pattern": parsed(rule.take("eventPattern")),
        "state": rule.take("state", "ENABLED"),
        "targets": found,
    }
    identity = f"{bus or DEFAULT_BUS}/{name}"
    return item("event rule", identity, rule, facts, *targets, own_tags=rule.take("tags"))


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return a target, with the paths of its input as they are."""
    found: dict[str, Any] = lowered(target)
    for name in ("InputTransformer", "inputTransformer"):
        if name in target:
            given = target[name]
            found["inputtransformer"] = {
                "paths": given.get("InputPathsMap", given.get("inputPaths", {})),
                "template": given.get("InputTemplate", given.get("inputTemplate")),
            }
    return found


def queue_of_template(queue: Resource, parts: Parts) -> Item:
    """Return a queue of CDK."""
    policy = parts.one(queue, "AWS::SQS::QueuePolicy", Queues=own(queue)["id"])
    facts = {
        "key": queue.take("KmsMasterKeyId"),
        "seconds": queue.take("MessageRetentionPeriod"),
        "policy": document(policy and policy.take("PolicyDocument")),
    }
    return item("queue", queue.take("QueueName"), queue, facts, policy, own_tags=queue.take("Tags"))


def queue_of_program(queue: Resource, parts: Parts) -> Item:
    """Return a queue of Pulumi."""
    policy = parts.one(queue, "aws:sqs/queuePolicy:QueuePolicy", queueUrl=own(queue)["id"])
    facts = {
        "key": queue.take("kmsMasterKeyId"),
        "seconds": queue.take("messageRetentionSeconds"),
        "policy": document(policy and policy.take("policy")),
    }
    return item("queue", queue.take("name"), queue, facts, policy, own_tags=queue.take("tags"))


def topic_of_template(topic: Resource, parts: Parts) -> Item:
    """Return a topic of CDK."""
    arn = own(topic)["arn"]
    policy = parts.one(topic, "AWS::SNS::TopicPolicy", Topics=arn)
    addresses = parts.of(topic, "AWS::SNS::Subscription", TopicArn=arn)
    facts = {
        "key": topic.take("KmsMasterKeyId"),
        "policy": document(policy and policy.take("PolicyDocument")),
        "subscribers": sorted((part.take("Protocol"), part.take("Endpoint")) for part in addresses),
    }
    name, own_tags = topic.take("TopicName"), topic.take("Tags")
    return item("topic", name, topic, facts, policy, *addresses, own_tags=own_tags)


def topic_of_program(topic: Resource, parts: Parts) -> Item:
    """Return a topic of Pulumi."""
    arn = own(topic)["arn"]
    policy = parts.one(topic, "aws:sns/topicPolicy:TopicPolicy", arn=arn)
    addresses = parts.of(topic, "aws:sns/topicSubscription:TopicSubscription", topic=arn)
    facts = {
        "key": topic.take("kmsMasterKeyId"),
        "policy": document(policy and policy.take("policy")),
        "subscribers": sorted((part.take("protocol"), part.take("endpoint")) for part in addresses),
    }
    name, own_tags = topic.take("name"), topic.take("tags")
    return item("topic", name, topic, facts, policy, *addresses, own_tags=own_tags)


def group_of_template(group: Resource, parts: Parts) -> Item:
    """Return a group of schedules of CDK."""
    return item("schedule group", group.take("Name"), group, {}, own_tags=group.take("Tags"))


def group_of_program(group: Resource, parts: Parts) -> Item:
    """Return a group of schedules of Pulumi."""
    return item("schedule group", group.take("name"), group, {}, own_tags=group.take("tags"))


def schedule_of_template(schedule: Resource, parts: Parts) -> Item:
    """Return a schedule of CDK."""
    facts = {
        "expression": schedule.take("ScheduleExpression"),
        "time zone": schedule.take("ScheduleExpressionTimezone"),
        "window": lowered(schedule.take("FlexibleTimeWindow")),
        "state": schedule.take("State", "ENABLED"),
        "target": lowered(schedule.take("Target")),
    }
    return item(
        "schedule", f"{schedule.take('GroupName')}/{schedule.take('Name')}", schedule, facts
    )


def schedule_of_program(schedule: Resource, parts: Parts) -> Item:
    """Return a schedule of Pulumi."""
    facts = {
        "expression": schedule.take("scheduleExpression"),
        "time zone": schedule.take("scheduleExpressionTimezone"),
        "window": lowered(schedule.take("flexibleTimeWindow")),
        "state": schedule.take("state", "ENABLED"),
        "target": lowered(schedule.take("target")),
    }
    return item(
        "schedule", f"{schedule.take('groupName')}/{schedule.take('name')}", schedule, facts
    )


TEMPLATES = {
    "AWS::Events::EventBus": bus_of_template,
    "AWS::Events::Rule": rule_of_template,
    "AWS::SNS::Topic": topic_of_template,
    "AWS::SQS::Queue": queue_of_template,
    "AWS::Scheduler::Schedule": schedule_of_template,
    "AWS::Scheduler::ScheduleGroup": group_of_template,
}
PROGRAMS = {
    "aws:cloudwatch/eventBus:EventBus": bus_of_program,
    "aws:cloudwatch/eventRule:EventRule": rule_of_program,
    "aws:scheduler/schedule:Schedule": schedule_of_program,
    "aws:scheduler/scheduleGroup:ScheduleGroup": group_of_program,
    "aws:sns/topic:Topic": topic_of_program,
    "aws:sqs/queue:Queue": queue_of_program,
}
PARTS = {
    "AWS::Events::EventBusPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:sqs/queuePolicy:QueuePolicy",
}
