"""What a text can be, as patterns in which ``*`` stands for what is known at run time only."""

import re
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Result:
    """A field of what a task returned."""

    path: tuple[str, ...] = ()


Value: TypeAlias = "frozenset[str] | Result | dict[str, Value]"
"""Patterns of a text, a field of a task's result, or an object."""

UNKNOWN: frozenset[str] = frozenset({"*"})
NOTHING: frozenset[str] = frozenset()
MOST_PATTERNS = 400
"""Alternatives of one text beyond which it is taken as unknown."""


def joined(*values: Value) -> Value:
    """Return what is any one of ``values``; of objects and something unknown every field may be any."""
    objects = [value for value in values if isinstance(value, dict)]
    if objects:
        if len(objects) < len(values) and any(value == UNKNOWN for value in values):
            objects.append({"*": UNKNOWN})
        keys = dict.fromkeys(key for value in objects for key in value)
        return {key: joined(*(item[key] for item in objects if key in item)) for key in keys}
    found = {value for value in values if value != NOTHING}
    if len(found) == 1:
        return found.pop()
    return frozenset().union(*(UNKNOWN if isinstance(v, Result) else v for v in found))


def concatenated(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    """Return the patterns of two texts in a row."""
    if len(left) * len(right) > MOST_PATTERNS:
        return UNKNOWN
    return frozenset(re.sub(r"\*+", "*", one + other) for one in left for other in right)


def field_of(value: Value, name: str) -> Value:
    """Return a field of a value."""
    if isinstance(value, dict):
        return joined(*(item for key, item in value.items() if matches(key, name)))
    if isinstance(value, Result):
        return Result((*value.path, name))
    return UNKNOWN if value else NOTHING


def may_be(text: str, patterns: frozenset[str]) -> bool:
    """Return whether one of some patterns can stand for a text."""
    return any(matches(pattern, text) for pattern in patterns)


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern can stand for a text."""
    if "*" not in pattern:
        return pattern == text
    parts = map(re.escape, pattern.split("*"))
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None
