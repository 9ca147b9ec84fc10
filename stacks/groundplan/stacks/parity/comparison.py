"""Finds where two inventories differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from groundplan.stacks.parity.inventory import Inventory, Item

MISSING = "(missing)"
"""Stands for what an engine has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact that differs."""

    kind: str
    """Kind of the item."""

    identity: str
    """Its identity."""

    path: str
    """Names on the way to the fact, by slashes; empty where one engine has no such item."""

    cdk: Any
    """What CDK has."""

    pulumi: Any
    """What Pulumi has."""

    def __str__(self) -> str:
        where = f"{self.kind} {self.identity}" + (f": {self.path}" if self.path else "")
        return f"{where}: CDK {_short(self.cdk)}, Pulumi {_short(self.pulumi)}"


def compare(cdk: Inventory, pulumi: Inventory) -> tuple[Change, ...]:
    """Return every fact in which two inventories differ, by kind, identity and path."""
    changes = []
    for key in sorted({*cdk.items, *pulumi.items}):
        first, second = cdk.items.get(key), pulumi.items.get(key)
        known = first or second
        assert known is not None, "the key is of one of them"
        if first is None or second is None:
            found = [("", _whole(first), _whole(second))]
        else:
            found = list(_facts(first.facts, second.facts, ()))
        changes += [
            Change(kind=known.kind, identity=known.identity, path=path, cdk=left, pulumi=right)
            for path, left, right in found
        ]
    return tuple(changes)


def _whole(item: Item | None) -> Any:
    return MISSING if item is None else dict(item.facts)


def _facts(first: Any, second: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in sorted({*first, *second}):
            yield from _facts(first.get(key, MISSING), second.get(key, MISSING), (*path, str(key)))
    elif first != second:
        yield "/".join(path), first, second


def _short(value: Any, longest: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}..."
