"""Values that only AWS can assign, and the canonical JSON of everything in a plan."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Placeholder of a value that AWS assigns when ``unit`` is created, such as a subnet id.

    Each engine substitutes its own reference. Refs never cross accounts: there, names decide.
    """

    unit: str
    """Id of the unit that owns the value, unique within its account's stage."""

    attribute: str
    """Name of the value, such as ``arn`` or ``subnet_id_0``."""

    def __str__(self) -> str:
        return f"{{{self.unit}.{self.attribute}}}"


Json: TypeAlias = "bool | int | float | str | Ref | Sequence[Json] | Mapping[str, Json] | None"
"""JSON whose leaves may be :class:`Ref`."""


def to_json(value: object) -> Any:
    """Return ``value`` as plain JSON: dataclasses as objects with a ``$type``, refs as ``{"$ref"}``.

    Raises:
        TypeError: If ``value`` holds something that has no canonical form, such as a set.
    """
    if value is None or (
        isinstance(value, bool | int | float | str) and not isinstance(value, Enum)
    ):
        return value
    if isinstance(value, Ref):
        return {"$ref": f"{value.unit}#{value.attribute}"}
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
        name = type(value).__name__
        return {"$type": name.removesuffix("Plan") or name, **members}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    raise TypeError(f"no canonical JSON for {type(value).__name__}")


def canonical_json(value: object) -> str:
    """Return the one text form of ``value``: sorted keys, no spaces, ASCII, no time stamps."""
    return json.dumps(to_json(value), sort_keys=True, separators=(",", ":"))


def resolve(value: Any, values: Mapping[Ref, Any]) -> Any:
    """Return ``value`` with each :class:`Ref` replaced by ``values[ref]``.

    Raises:
        KeyError: If a ref has no value.
    """
    if isinstance(value, Ref):
        return values[value]
    if isinstance(value, Mapping):
        return {key: resolve(item, values) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, values) for item in value]
    return value


def refs(value: object) -> list[Ref]:
    """Return the distinct refs in ``value``, sorted."""
    found: set[Ref] = set()

    def walk(item: object) -> None:
        if isinstance(item, Ref):
            found.add(item)
        elif is_dataclass(item) and not isinstance(item, type):
            for field in fields(item):
                walk(getattr(item, field.name))
        elif isinstance(item, Mapping):
            for inner in item.values():
                walk(inner)
        elif isinstance(item, list | tuple):
            for inner in item:
                walk(inner)

    walk(value)
    return sorted(found)
