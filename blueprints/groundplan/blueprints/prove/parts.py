"""Units within a part of a plan, found again and again: each part is walked once."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Generic, TypeVar, get_args

from groundplan.blueprints.plan.stacks import AnyStackPlan, StagePlan
from groundplan.blueprints.plan.stage_0_plan import Stage0Plan
from groundplan.blueprints.prove.kept import kept_by_identity

Unit = TypeVar("Unit")
_LEAVES = frozenset({str, int, float, bool, type(None)})
_SHARED = frozenset({*get_args(AnyStackPlan), StagePlan, Stage0Plan})
"""Parts that are walked for themselves and within others: once is enough."""
_MOST = 256
"""Parts that are kept: the stages and stacks of a few projects."""


class _Parts(Generic[Unit]):
    """Every dataclass within a part of a plan, in order, the part itself first."""

    def __init__(self, part: object) -> None:
        self.all: list[object] = []
        waiting = [part]
        while waiting:
            item = waiting.pop()
            kind = type(item)
            if kind in _LEAVES:
                continue
            if kind in _SHARED and item is not part:
                self.all += _parts(item).all
            elif kind is tuple or kind is list:
                waiting.extend(reversed(item))  # type: ignore[call-overload]
            elif names := _members(kind):  # type: ignore[arg-type]  # a class has a hash
                self.all.append(item)
                waiting.extend([getattr(item, name) for name in names])
            elif isinstance(item, Mapping):
                waiting.extend(reversed(tuple(item.values())))
        self._by_kind: dict[type, list[object]] = {}
        for item in self.all:
            self._by_kind.setdefault(type(item), []).append(item)

    def of(self, kind: type[Unit]) -> list[Unit]:
        """Return the instances of a class, in order."""
        kinds = [one for one in self._by_kind if issubclass(one, kind)]
        if len(kinds) == 1:
            return self._by_kind[kinds[0]]  # type: ignore[return-value]
        return [item for item in self.all if isinstance(item, kind)] if kinds else []


@kept_by_identity(_MOST)
def _parts(part: object) -> _Parts[object]:
    return _Parts(part)


def units(part: object) -> Iterator[object]:
    """Yield every dataclass within a part of a plan, in order, the part itself first."""
    yield from _parts(part).all


def every(part: object, kind: type[Unit]) -> Iterator[Unit]:
    """Yield every instance of ``kind``, a dataclass, within a part of a plan, in order."""
    yield from _parts(part).of(kind)  # type: ignore[misc]


@cache
def _members(kind: type) -> tuple[str, ...]:
    """Return the fields of a dataclass, the last one first; none of any other class."""
    return tuple(item.name for item in reversed(fields(kind))) if is_dataclass(kind) else ()
