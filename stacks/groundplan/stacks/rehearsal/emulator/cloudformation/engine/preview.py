"""What a deployment would change, without changing it."""

from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.change_set import Planned
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.deployment import decide
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import (
    ResourceFailed,
    ValidationError,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resolver import Referable
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import changed_names
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.stack import Stack
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.target import Target


def preview(stack: Stack, target: Target) -> list[dict[str, Any]]:
    """Changes as DescribeChangeSet shows them.

    Raises:
        ValidationError: A resource cannot be resolved.
    """
    seen: dict[str, Referable] = dict(stack.resources)
    resolver, _ = target.resolver(seen)
    declared = target.template.section("Resources")
    changes = []
    for logical_id in target.needs:
        current = stack.resources.get(logical_id)
        adapter = target.region.adapters[declared[logical_id]["Type"]]
        try:
            properties = target.properties(resolver, logical_id)
            change = decide(adapter, current, properties)
        except ResourceFailed as exc:
            raise ValidationError(f"{logical_id}: {exc}") from exc
        if change in ("add", "replace"):
            seen[logical_id] = Planned()
        if current is None:
            changes.append(_change("Add", logical_id, adapter.type))
        elif change != "keep":
            names = changed_names(properties, current.properties)
            entry = _change("Modify", logical_id, adapter.type)
            entry["ResourceChange"] |= {
                "PhysicalResourceId": current.physical_id,
                "Replacement": "True" if change == "replace" else "False",
                "Scope": ["Properties"],
                "Details": [
                    {"Target": {"Attribute": "Properties", "Name": name}} for name in names
                ],
            }
            changes.append(entry)
    for logical_id, resource in stack.resources.items():
        if logical_id not in target.needs:
            entry = _change("Remove", logical_id, resource.type)
            entry["ResourceChange"]["PhysicalResourceId"] = resource.physical_id
            changes.append(entry)
    return changes


def _change(action: str, logical_id: str, resource_type: str) -> dict[str, Any]:
    return {
        "Type": "Resource",
        "ResourceChange": {
            "Action": action,
            "LogicalResourceId": logical_id,
            "ResourceType": resource_type,
        },
    }
