"""Compares two plans."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundplan.blueprints.diff.inventory import CREATE_ONLY, Resource, inventory

Kind = Literal["added", "changed", "replaced", "deleted"]
SIGNS: Mapping[Kind, str] = {"added": "+", "changed": "~", "replaced": "-/+", "deleted": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one resource."""

    kind: Kind
    """What happens."""

    id: str
    """Stage, stack and unit."""

    type: str
    """Type of the unit."""

    fields: tuple[str, ...]
    """Fields that differ, sorted; ``place`` for another account or region."""

    loses_data: bool
    """Whether data is lost or left behind."""

    note: str | None = None
    """What else to know, such as an update in two steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDiff:
    """All changes between two plans, sorted by id."""

    changes: tuple[Change, ...]
    """The changes."""

    def refused(self, allowed: Collection[str] = ()) -> tuple[Change, ...]:
        """Return the changes that lose data and are not in ``allowed``, by id."""
        return tuple(item for item in self.changes if item.loses_data and item.id not in allowed)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> ProjectDiff:
    """Compare two plans, given as plain JSON.

    A stateful resource counts as lost when it is deleted, replaced, or moved to another account.
    """
    before, after = inventory(old), inventory(new)
    changes = []
    for id in sorted(before.keys() | after.keys()):
        change = _change(before.get(id), after.get(id))
        if change is not None:
            changes.append(change)
    return ProjectDiff(changes=tuple(changes))


def _change(old: Resource | None, new: Resource | None) -> Change | None:
    if old is None:
        assert new is not None
        return Change(kind="added", id=new.id, type=new.type, fields=(), loses_data=False)
    if new is None:
        return Change(kind="deleted", id=old.id, type=old.type, fields=(), loses_data=old.stateful)
    keys = old.properties.keys() | new.properties.keys()
    fields = {key for key in keys if old.properties.get(key) != new.properties.get(key)}
    if old.place != new.place:
        fields.add("place")
    if not fields:
        return None
    replaced = old.type != new.type or bool(fields & {"place", *CREATE_ONLY[new.type]})
    return Change(
        kind="replaced" if replaced else "changed",
        id=new.id,
        type=new.type,
        fields=tuple(sorted(fields)),
        loses_data=replaced and (old.stateful or new.stateful),
        note=_note(old, new, fields),
    )


def _note(old: Resource, new: Resource, fields: Collection[str]) -> str | None:
    if new.type == "Endpoint" and "instance_type" in fields and old.properties.get("scaling"):
        return (
            "two steps: deploy with a fixed count (overrides.models.MODEL.instances with only min), "
            "then with the new type, since SageMaker refuses another type while a scaling target is "
            "registered"
        )
    return None
