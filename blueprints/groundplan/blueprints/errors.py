"""Errors that a user of groundplan can cause.

* GroundplanError
  x SpecErrors
  x LocatedError
    * PlanError
    * InputError
    * EnvironmentFault
"""

from collections.abc import Iterable
from dataclasses import dataclass


class GroundplanError(Exception):
    """Base of every error raised on purpose by groundplan."""


class LocatedError(GroundplanError):
    """An error at one place, in the form ``path: problem, got value; fix``."""

    path: str
    """Place of the error: a path in the spec or a plan, a file, or a part of the installation."""

    problem: str
    """What is wrong, in lower case and without a full stop."""

    got: object
    """The value found."""

    fix: str
    """What to do about it."""

    def __init__(self, path: str, problem: str, *, got: object, fix: str) -> None:
        self.path, self.problem, self.got, self.fix = path, problem, got, fix
        super().__init__(f"{path}: {problem}, got {got!r}; {fix}")


class PlanError(LocatedError, ValueError):
    """A valid spec that cannot be realised as asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecProblem:
    """One mistake in a spec."""

    path: str
    """Place in the spec, such as ``models[0].training.instance``; empty for the whole document."""

    problem: str
    """What is wrong, in lower case and without a full stop."""

    got: str
    """The value found, ready to print."""

    fix: str
    """What to do about it."""

    file: str | None = None
    """File it came from. Default: the spec was given as Python objects."""

    line: int | None = None
    """Line in the file, from 1. Default: not known."""

    column: int | None = None
    """Column in the line, from 1. Default: not known."""

    def __str__(self) -> str:
        position = [str(part) for part in (self.file, self.line, self.column) if part is not None]
        place = ":".join(position)
        places = [part for part in (place, self.path) if part]
        return ": ".join([*places, f"{self.problem}, got {self.got}; {self.fix}"])


class SpecErrors(GroundplanError, ValueError):
    """Every mistake found in one spec, sorted by position."""

    problems: tuple[SpecProblem, ...]
    """The mistakes; at least one."""

    def __init__(self, problems: Iterable[SpecProblem]) -> None:
        self.problems = tuple(
            sorted(set(problems), key=lambda p: (p.line or 0, p.column or 0, p.path, p.problem))
        )
        super().__init__("\n".join(map(str, self.problems)))


class InputError(LocatedError):
    """Something that the spec refers to is not where it should be."""


class EnvironmentFault(LocatedError):
    """Something outside the input is missing or broken: Node, credentials, a folder."""
