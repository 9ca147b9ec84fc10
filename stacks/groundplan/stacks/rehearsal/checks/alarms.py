"""Checks alarms and the topic that they notify."""

from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.alarms import AlarmPlan, AlarmsPlan, TopicPlan
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property, below, tags
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

UNCOVERED: dict[str, str] = {}
UNCOVERED_TOPIC: dict[str, str] = {}


def check_alarms(plan: AlarmsPlan, account: Account) -> Iterator[Property]:
    """Compare each alarm."""
    for alarm in plan.alarms:
        found = find_alarm(alarm.name, account)
        yield from below(f"alarms.{alarm.id}", compare_alarm(alarm, found, account))
        topic = [plan.topic_arn] if plan.topic_arn is not None else []
        yield f"topic_arn.{alarm.id}", topic, found.get("AlarmActions")


def find_alarm(name: str, account: Account) -> dict[str, Any]:
    """Return what CloudWatch shows of an alarm, or nothing."""
    shown = account.read("cloudwatch", "describe_alarms", AlarmNames=[name])
    return first(shown.get("MetricAlarms", []))


def compare_alarm(plan: AlarmPlan, found: dict[str, Any], account: Account) -> Iterator[Property]:
    """Compare an alarm's metric and when it fires; whom it notifies is its owner's concern."""
    yield "name", plan.name, found.get("AlarmName")
    yield "arn", plan.arn, found.get("AlarmArn")
    yield "description", plan.description, found.get("AlarmDescription")
    yield "namespace", plan.namespace, found.get("Namespace")
    yield "metric", plan.metric, found.get("MetricName")
    dimensions = {item["Name"]: item["Value"] for item in found.get("Dimensions", [])}
    yield "dimensions", account.resolve(plan.dimensions), dimensions
    statistic = found.get("Statistic") or found.get("ExtendedStatistic")
    yield "statistic", plan.statistic, statistic
    yield "threshold", plan.threshold, found.get("Threshold")
    yield "comparison", plan.comparison, found.get("ComparisonOperator")
    yield "period_seconds", plan.period_seconds, found.get("Period")
    yield "evaluation_periods", plan.evaluation_periods, found.get("EvaluationPeriods")
    yield "missing_data", "notBreaching", found.get("TreatMissingData")
    yield "actions_enabled", True, found.get("ActionsEnabled")
    shown = account.read("cloudwatch", "list_tags_for_resource", ResourceARN=plan.arn)
    yield tags(account.tags, shown.get("Tags", []))


def check_topic(plan: TopicPlan, account: Account) -> Iterator[Property]:
    """Compare key, policy, subscriptions and tags."""
    attributes = account.read("sns", "get_topic_attributes", TopicArn=plan.arn).get(
        "Attributes", {}
    )
    yield "arn", plan.arn, attributes.get("TopicArn")
    yield "name", plan.name, str(attributes.get("TopicArn", "")).rpartition(":")[2]
    key = account.key_arn(plan.encryption_key_alias)
    yield "encryption_key_alias", key, account.key_arn(attributes.get("KmsMasterKeyId"))
    yield from compare_policy("policy", plan.policy, attributes.get("Policy"), account)
    shown = account.read("sns", "list_subscriptions_by_topic", TopicArn=plan.arn)
    subscribed = sorted(
        [item["Protocol"], item["Endpoint"]] for item in shown.get("Subscriptions", [])
    )
    yield "emails", sorted(["email", address] for address in plan.emails), subscribed
    found = account.read("sns", "list_tags_for_resource", ResourceArn=plan.arn)
    yield tags(account.tags, found.get("Tags", []))
