"""What a check found."""

from dataclasses import dataclass
from typing import Any

INSUFFICIENT = "insufficient_data"


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    ``drifted`` is ``None`` where there is too little data.
    """

    drifted: bool | None
    metrics: dict[str, float]
    details: dict[str, Any]


def insufficient(**counts: int) -> Outcome:
    """The outcome where nothing can be decided."""
    return Outcome(None, {}, {"status": INSUFFICIENT, **counts})
