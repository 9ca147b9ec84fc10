"""Checks an event bus."""

from collections.abc import Iterator

from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property, tags
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

UNCOVERED: dict[str, str] = {}


def check_event_bus(plan: EventBusPlan, account: Account) -> Iterator[Property]:
    """Compare name, policy and tags."""
    bus = account.read("events", "describe_event_bus", Name=plan.name)
    yield "name", plan.name, bus.get("Name")
    yield "arn", plan.arn, bus.get("Arn")
    yield "description", plan.description, bus.get("Description")
    yield from compare_policy("policy", plan.policy, bus.get("Policy"), account)
    found = account.read("events", "list_tags_for_resource", ResourceARN=plan.arn)
    yield tags(account.tags, found.get("Tags", []))
