"""Results that are kept by the identity of what they were made from, which has no hash."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Source = TypeVar("Source")
Made = TypeVar("Made")
_MOST = 8
"""Results that are kept of one function: a mutation run compares one world with another."""


def kept(make: Callable[[Source], Made]) -> Callable[[Source], Made]:
    """Return ``make`` with its latest results kept, for sources that never change."""
    known: dict[int, tuple[Source, Made]] = {}

    @wraps(make)
    def recall(source: Source) -> Made:
        found = known.get(id(source))
        if found is None or found[0] is not source:
            while len(known) >= _MOST:
                del known[next(iter(known))]
            # Holding the source keeps its identity from being given to another one.
            found = known[id(source)] = (source, make(source))
        return found[1]

    return recall
