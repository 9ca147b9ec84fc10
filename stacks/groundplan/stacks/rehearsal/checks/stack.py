"""Checks a stack itself, without what is in it."""

import json
from collections.abc import Iterator
from typing import Any

from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property, tags

UNCOVERED = {
    "depends_on": "no API shows an order; each deployment that succeeds lives through it",
    "scope": "the name and the tags hold it",
}

DEPLOYED = {"CREATE_COMPLETE": True, "UPDATE_COMPLETE": True, "UPDATE_ROLLBACK_COMPLETE": True}


def check_stack_itself(plan: StackPlan, account: Account) -> Iterator[Property]:
    """Compare name, description, protection, deployment role, policy and tags."""
    listed = account.read("cloudformation", "describe_stacks", StackName=plan.name)
    found: dict[str, Any] = first(listed.get("Stacks", []))
    yield "name", plan.name, found.get("StackName")
    yield "status", True, DEPLOYED.get(found.get("StackStatus", ""), found.get("StackStatus"))
    prefix = plan.place.arn("cloudformation", f"stack/{plan.name}/")
    yield "place", prefix, str(found.get("StackId", ""))[: len(prefix)]
    yield "description", plan.description, found.get("Description")
    protected = found.get("EnableTerminationProtection")
    yield "termination_protection", plan.termination_protection, protected
    if plan.execution_role_arn is not None:
        yield "execution_role_arn", plan.execution_role_arn, found.get("RoleARN")
    policy = account.read("cloudformation", "get_stack_policy", StackName=plan.name)
    body = policy.get("StackPolicyBody")
    yield "policy", plan.policy, None if body is None else json.loads(body)
    yield tags(plan.tags, found.get("Tags", []))
