"""What a step is given: a literal, another step's output, or a fact of the execution.

An output's class says what it holds, so that mypy checks its reader and ``dag`` checks its producer.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "object"]
ExecutionFact = Literal["id", "short_id", "start_time"]
FailureFact = Literal["step", "error", "cause"]


@dataclass(frozen=True, slots=True)
class TextOutput:
    """A text that ``step`` produces under ``name``."""

    step: str
    name: str


@dataclass(frozen=True, slots=True)
class NumberOutput:
    """A number that ``step`` produces under ``name``."""

    step: str
    name: str


@dataclass(frozen=True, slots=True)
class ObjectOutput:
    """A JSON object that ``step`` produces under ``name``."""

    step: str
    name: str


@dataclass(frozen=True, slots=True)
class Execution:
    """A fact of the running execution.

    ``id`` is the orchestrator's own, ``short_id`` 16 hexadecimal digits derived from it (safe in a
    name or a key), ``start_time`` an ISO 8601 time stamp in UTC.
    """

    fact: ExecutionFact


@dataclass(frozen=True, slots=True)
class Parameter:
    """What the execution was started with under ``name``, or the parameter's default."""

    name: str


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, for the steps that run when a step has failed."""

    fact: FailureFact


@dataclass(frozen=True, slots=True)
class Either:
    """An output of a step that may be skipped, or else another value."""

    output: "TextOutput | NumberOutput | ObjectOutput"
    otherwise: "str | int | float | TextOutput | NumberOutput | ObjectOutput | Parameter"


@dataclass(frozen=True, slots=True)
class Join:
    """The concatenation of its parts."""

    parts: tuple["Part", ...]


Part = str | TextOutput | NumberOutput | Execution | Parameter | Failure | Either
Output = TextOutput | NumberOutput | ObjectOutput
Text = str | TextOutput | Execution | Parameter | Failure | Either | Join
Value = str | int | float | bool | Output | Execution | Parameter | Failure | Either | Join

OUTPUT_KINDS: dict[type, Kind] = {
    TextOutput: "text",
    NumberOutput: "number",
    ObjectOutput: "object",
}
