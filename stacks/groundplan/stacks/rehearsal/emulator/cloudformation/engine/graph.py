"""Order in which resources are made."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ValidationError
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.template import references


def dependencies(resource: Mapping[str, Any], known: Iterable[str]) -> tuple[str, ...]:
    """Logical ids among ``known`` that a resource refers to or depends on, sorted."""
    explicit = resource.get("DependsOn", [])
    named = {explicit} if isinstance(explicit, str) else set(explicit)
    return tuple(sorted((named | set(references(resource.get("Properties", {})))) & set(known)))


def creation_order(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Logical ids so that each comes after what it needs; otherwise as they are given.

    Raises:
        ValidationError: Resources need each other.
    """
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError as exc:
        circle = ", ".join(sorted(set(exc.args[1])))
        raise ValidationError(f"Circular dependency between resources: [{circle}]") from exc
    position = {logical_id: index for index, logical_id in enumerate(needs)}
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        order.extend(ready)
        sorter.done(*ready)
    return order
