"""Checks a rule with its target and role."""

import json
from collections.abc import Iterator

from groundplan.blueprints.plan.event_rule import (
    DELIVER_WITHIN_SECONDS,
    DELIVERY_ATTEMPTS,
    EventRulePlan,
)
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property, below, tags
from groundplan.stacks.rehearsal.checks.role import check_role

UNCOVERED: dict[str, str] = {}


def check_event_rule(plan: EventRulePlan, account: Account) -> Iterator[Property]:
    """Compare the rule, what it takes, and where it takes it."""
    bus = {} if plan.bus_name is None else {"EventBusName": plan.bus_name}
    rule = account.read("events", "describe_rule", Name=plan.name, **bus)
    yield "name", plan.name, rule.get("Name")
    yield "arn", plan.arn, rule.get("Arn")
    yield "description", plan.description, rule.get("Description")
    yield "bus_name", plan.bus_name or "default", rule.get("EventBusName")
    yield "state", "ENABLED", rule.get("State")
    yield "event_pattern", plan.event_pattern, json.loads(rule.get("EventPattern", "null"))
    shown = account.read("events", "list_targets_by_rule", Rule=plan.name, **bus)
    targets = shown.get("Targets", [])
    yield "target_arn", [plan.target_arn], [item["Arn"] for item in targets]
    target = first(targets)
    yield "role.arn", plan.role.arn, target.get("RoleArn")
    transformer = target.get("InputTransformer", {})
    paths = sorted(transformer.get("InputPathsMap", {}).items())
    yield "input_paths", plan.input_paths, paths
    yield "input_template", plan.input_template, transformer.get("InputTemplate")
    letters = target.get("DeadLetterConfig", {}).get("Arn")
    yield "dead_letter_queue_arn", plan.dead_letter_queue_arn, letters
    retry = target.get("RetryPolicy", {})
    yield "retry.attempts", DELIVERY_ATTEMPTS, retry.get("MaximumRetryAttempts")
    yield "retry.seconds", DELIVER_WITHIN_SECONDS, retry.get("MaximumEventAgeInSeconds")
    yield from below("role", check_role(plan.role, account))
    found = account.read("events", "list_tags_for_resource", ResourceARN=plan.arn)
    yield tags(account.tags, found.get("Tags", []))
