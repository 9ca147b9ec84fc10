"""What a rule over a whole spec has to say."""

from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.spec.document import Path, render, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule."""

    path: Path
    """Place in the spec."""

    problem: str
    """What is wrong."""

    got: Any
    """The value found."""

    fix: str
    """What to do about it."""

    needs: tuple[Path, ...] = ()
    """Places that decide the finding, ``*`` for any part; it is dropped where one is in error."""

    collection: str | None = None
    """Collection that decides the finding; it is dropped where that is missing or no list."""

    def __str__(self) -> str:
        return f"{render(self.path)}: {self.problem}, got {show(self.got)}; {self.fix}"
