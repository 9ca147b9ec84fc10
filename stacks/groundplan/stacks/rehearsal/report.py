"""What a rehearsal did and found."""

from dataclasses import dataclass, field
from typing import Any


def counted(number: int, noun: str) -> str:
    """Return ``1 account`` or ``2 accounts``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One part of the project's life."""

    name: str
    """What was done."""

    detail: str
    """What was seen."""

    problems: tuple[str, ...] = ()
    """What differs from what was planned; none when it went well."""


@dataclass(slots=True)
class RehearsalReport:
    """Everything that a rehearsal did, in order."""

    project: str
    phases: list[Phase] = field(default_factory=list)
    uncovered: tuple[str, ...] = ()
    """What no emulator shows, by name."""

    @property
    def problems(self) -> tuple[str, ...]:
        """All problems of all phases."""
        return tuple(problem for phase in self.phases for problem in phase.problems)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return {
            "project": self.project,
            "phases": [
                {"name": phase.name, "detail": phase.detail, "problems": list(phase.problems)}
                for phase in self.phases
            ],
            "uncovered": list(self.uncovered),
            "ok": not self.problems,
        }
