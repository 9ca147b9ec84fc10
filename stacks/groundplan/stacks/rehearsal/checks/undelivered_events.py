"""Checks a queue of events that could not be delivered."""

from collections.abc import Iterator

from groundplan.blueprints.plan.undelivered import KEPT_DAYS, UndeliveredEventsPlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.alarms import compare_alarm, find_alarm
from groundplan.stacks.rehearsal.checks.comparison import Property, below
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

UNCOVERED: dict[str, str] = {}

SECONDS_A_DAY = 86_400


def check_undelivered_events(plan: UndeliveredEventsPlan, account: Account) -> Iterator[Property]:
    """Compare the queue and its alarm."""
    url = account.read("sqs", "get_queue_url", QueueName=plan.name).get("QueueUrl")
    yield "name", True, url is not None
    found = find_alarm(plan.alarm.name, account)
    yield from below("alarm", compare_alarm(plan.alarm, found, account))
    topic = [plan.topic_arn] if plan.topic_arn is not None else []
    yield "topic_arn", topic, found.get("AlarmActions")
    if url is None:
        return
    shown = account.read("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    attributes = shown.get("Attributes", {})
    yield "arn", plan.arn, attributes.get("QueueArn")
    retention = str(KEPT_DAYS * SECONDS_A_DAY)
    yield "retention", retention, attributes.get("MessageRetentionPeriod")
    key = account.key_arn(plan.encryption_key_alias)
    yield "encryption_key_alias", key, account.key_arn(attributes.get("KmsMasterKeyId"))
    yield from compare_policy("policy", plan.policy, attributes.get("Policy"), account)
    listed = account.read("sqs", "list_queue_tags", QueueUrl=url).get("Tags", {})
    yield "tags", account.tags, {key: listed.get(key) for key in account.tags}
