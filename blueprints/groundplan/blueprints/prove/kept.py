"""Results that are kept by the identity of what they were made from, which has no hash."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from groundplan.blueprints.prove.claim import Case

Source = TypeVar("Source")
Made = TypeVar("Made")
_MOST = 8
"""Results that are kept of one function: a mutation run compares one world with another."""


def kept(make: Callable[[Source], Made]) -> Callable[[Source], Made]:
    """Return ``make`` with its latest results kept, for sources that never change."""
    return _kept(make, lambda source: source)


def kept_by_plan(make: "Callable[[Case], Made]") -> "Callable[[Case], Made]":
    """Return ``make`` with its latest results kept, where they follow from spec and plan alone."""
    return _kept(make, lambda case: case.plan)


def kept_by_identity(most: int) -> Callable[[Callable[[Source], Made]], Callable[[Source], Made]]:
    """Return what keeps up to ``most`` results of a function, for sources that never change."""
    return lambda make: _kept(make, lambda source: source, most)


def _kept(
    make: Callable[[Source], Made], part: Callable[[Source], object], most: int = _MOST
) -> Callable[[Source], Made]:
    known: dict[int, tuple[object, Made]] = {}

    @wraps(make)
    def recall(source: Source) -> Made:
        key = part(source)
        found = known.get(id(key))
        if found is None or found[0] is not key:
            while len(known) >= most:
                del known[next(iter(known))]
            # Holding the source keeps its identity from being given to another one.
            found = known[id(key)] = (key, make(source))
        return found[1]

    return recall
