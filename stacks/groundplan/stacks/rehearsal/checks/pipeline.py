"""Checks a state machine and its schedules."""

import json
from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.pipeline import (
    FAILED_START_DAYS,
    START_ATTEMPTS,
    START_WITHIN_SECONDS,
    PipelinePlan,
    SchedulePlan,
)
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, below, tags
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy
from groundplan.stacks.rehearsal.checks.role import check_role

UNCOVERED: dict[str, str] = {}

SECONDS_A_DAY = 86_400


def check_pipeline(plan: PipelinePlan, account: Account) -> Iterator[Property]:
    """Compare state machine, roles, schedules and the queue of failed starts."""
    yield from _state_machine(plan, account)
    yield from below("role", check_role(plan.role, account))
    if plan.schedule_role is not None:
        yield from below("schedule_role", check_role(plan.schedule_role, account))
    if plan.schedule_group is not None:
        group = account.read("scheduler", "get_schedule_group", Name=plan.schedule_group)
        yield "schedule_group", plan.schedule_group, group.get("Name")
        arn = account.place.arn("scheduler", f"schedule-group/{plan.schedule_group}")
        shown = account.read("scheduler", "list_tags_for_resource", ResourceArn=arn)
        yield from below("schedule_group", [tags(account.tags, shown.get("Tags", []))])
        listed = account.read_all(
            "scheduler", "list_schedules", "Schedules", GroupName=plan.schedule_group
        )
        names = sorted(item["Name"] for item in listed)
        yield "schedules", sorted(item.name for item in plan.schedules), names
    for schedule in plan.schedules:
        yield from below(f"schedules.{schedule.id}", _schedule(plan, schedule, account))
    if plan.dead_letter_queue_name is not None:
        yield from _queue(plan, plan.dead_letter_queue_name, account)


def _state_machine(plan: PipelinePlan, account: Account) -> Iterator[Property]:
    found = account.read("stepfunctions", "describe_state_machine", stateMachineArn=plan.arn)
    yield "name", plan.name, found.get("name")
    yield "arn", plan.arn, found.get("stateMachineArn")
    yield "type", "STANDARD", found.get("type")
    yield "role", plan.role.arn, found.get("roleArn")
    text = plan.definition
    for name, ref in plan.substitutions:
        value = account.resolve(ref)
        text = text.replace(f"${{{name}}}", value)
        yield f"substitutions.{name}", True, value in found.get("definition", "")
    planned, shown = json.loads(text), json.loads(found.get("definition", "{}"))
    states = planned.pop("States"), shown.pop("States", {})
    yield "definition", planned, shown
    yield "definition.states", sorted(states[0]), sorted(states[1])
    for name, state in states[0].items():
        yield f"definition.{name}", state, states[1].get(name)
    logging = found.get("loggingConfiguration", {})
    yield "log_group_arn.level", "ALL", logging.get("level")
    yield "log_group_arn.execution_data", False, logging.get("includeExecutionData")
    groups = [
        item["cloudWatchLogsLogGroup"]["logGroupArn"] for item in logging.get("destinations", [])
    ]
    yield "log_group_arn", [f"{plan.log_group_arn}:*"], groups
    yield "tracing", True, found.get("tracingConfiguration", {}).get("enabled")
    shown_tags = account.read("stepfunctions", "list_tags_for_resource", resourceArn=plan.arn)
    yield tags(account.tags, shown_tags.get("tags", []))


def _schedule(plan: PipelinePlan, schedule: SchedulePlan, account: Account) -> Iterator[Property]:
    found = account.read(
        "scheduler", "get_schedule", Name=schedule.name, GroupName=schedule.group_name
    )
    target: dict[str, Any] = found.get("Target", {})
    yield "name", schedule.name, found.get("Name")
    yield "group_name", schedule.group_name, found.get("GroupName")
    yield "expression", schedule.expression, found.get("ScheduleExpression")
    yield "time_zone", schedule.time_zone, found.get("ScheduleExpressionTimezone")
    yield "state", "ENABLED", found.get("State")
    yield "input", schedule.input, target.get("Input")
    yield "target", plan.arn, target.get("Arn")
    role = plan.schedule_role
    yield "role", None if role is None else role.arn, target.get("RoleArn")
    queue = plan.dead_letter_queue_name
    dead_letters = None if queue is None else account.place.arn("sqs", queue)
    yield "dead_letters", dead_letters, target.get("DeadLetterConfig", {}).get("Arn")
    retries = target.get("RetryPolicy", {})
    yield "retry.attempts", START_ATTEMPTS, retries.get("MaximumRetryAttempts")
    yield "retry.seconds", START_WITHIN_SECONDS, retries.get("MaximumEventAgeInSeconds")


def _queue(plan: PipelinePlan, name: str, account: Account) -> Iterator[Property]:
    url = account.read("sqs", "get_queue_url", QueueName=name).get("QueueUrl")
    yield "dead_letter_queue_name", True, url is not None
    if url is None:
        return
    shown = account.read("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    attributes = shown.get("Attributes", {})
    yield "dead_letter_queue_name.arn", account.place.arn("sqs", name), attributes.get("QueueArn")
    retention = str(FAILED_START_DAYS * SECONDS_A_DAY)
    yield "dead_letter_queue_name.retention", retention, attributes.get("MessageRetentionPeriod")
    key = account.key_arn(plan.encryption_key_alias)
    yield "encryption_key_alias", key, account.key_arn(attributes.get("KmsMasterKeyId"))
    policy = attributes.get("Policy")
    yield from compare_policy(
        "dead_letter_queue_policy", plan.dead_letter_queue_policy, policy, account
    )
    found = account.read("sqs", "list_queue_tags", QueueUrl=url).get("Tags", {})
    yield "dead_letter_queue_name.tags", account.tags, {key: found.get(key) for key in account.tags}
