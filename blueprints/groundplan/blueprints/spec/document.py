"""A document as plain data, with the position of every key and value."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from groundplan.blueprints.errors import SpecErrors, SpecProblem

Path = tuple[str | int, ...]

MAX_BYTES = 1_000_000
"""Largest file that is read."""

MAX_DEPTH = 40
"""Deepest nesting that is read."""

MAX_NODES = 100_000
"""Most values that are read, each alias counted as all that it stands for."""


class Position(NamedTuple):
    """Place in a file, from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """What a reader found in one file."""

    file: str | None
    """Name of the file. Default: the data was given as Python objects."""

    data: object = None
    """Mappings, lists and scalars."""

    keys: dict[Path, Position] = field(default_factory=dict)
    """Where the key of each mapping entry begins."""

    values: dict[Path, Position] = field(default_factory=dict)
    """Where each value begins; what is below an alias has no entry of its own."""

    problems: list[SpecProblem] = field(default_factory=list)
    """Mistakes that leave the rest of the document readable."""

    nodes: int = 0
    """Number of values read so far."""

    def position(self, path: Path, *, of_key: bool = False) -> Position | None:
        """Return where ``path``, or the nearest value around it, begins."""
        if of_key and path in self.keys:
            return self.keys[path]
        for length in range(len(path), -1, -1):
            if path[:length] in self.values:
                return self.values[path[:length]]
        return None

    def problem(
        self, path: Path, problem: str, got: str, fix: str, position: Position | None
    ) -> SpecProblem:
        """Return a mistake at ``path`` in this document."""
        line, column = position or (None, None)
        return SpecProblem(
            path=render(path),
            problem=problem,
            got=got,
            fix=fix,
            file=self.file,
            line=line,
            column=column,
        )

    def note(self, path: Path, problem: str, got: str, fix: str, position: Position) -> None:
        """Remember a mistake after which reading goes on."""
        self.problems.append(self.problem(path, problem, got, fix, position))

    def fail(
        self, problem: str, got: str, fix: str, position: Position | None, path: Path = ()
    ) -> SpecErrors:
        """Return the error for a mistake after which reading cannot go on."""
        return SpecErrors([*self.problems, self.problem(path, problem, got, fix, position)])

    def add(self, path: Path, position: Position, nodes: int = 1) -> None:
        """Count and remember a value.

        Raises:
            SpecErrors: If the document is too deep or has too many values.
        """
        self.values[path] = position
        self.nodes += nodes
        if len(path) > MAX_DEPTH:
            got = f"{len(path)} levels"
            raise self.fail(f"nested deeper than {MAX_DEPTH} levels", got, "flatten it", position)
        if self.nodes > MAX_NODES:
            got = f"{self.nodes} values"
            fix = "write fewer, and do not let aliases multiply"
            raise self.fail(f"more than {MAX_NODES} values", got, fix, position)

    def add_key(self, parent: Path, key: str, position: Position) -> bool:
        """Remember a key; return False, and note the mistake, if the mapping has it already."""
        path = (*parent, key)
        if path in self.keys:
            fix = f"keep one, the first is on line {self.keys[path].line}"
            self.note(path, "duplicate key", show(key), fix, position)
            return False
        self.keys[path] = position
        return True


def child(value: Any, part: str | int) -> tuple[bool, Any]:
    """Return whether ``value`` has a ``part``, and that part."""
    if isinstance(value, dict):
        return part in value, value.get(part)
    if isinstance(value, list | tuple):
        known = isinstance(part, int) and part < len(value)
        return known, value[int(part)] if known else None
    fields = getattr(type(value), "model_fields", ())
    return part in fields, getattr(value, str(part)) if part in fields else None


def render(path: Path) -> str:
    """Return ``path`` as text, such as ``models[0].training.instance``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", part):
            text += f".{part}" if text else part
        else:
            text += f"[{show(part)}]"
    return text


class Bare(str):
    """Words that stand for a value, and are shown without quotes."""

    __slots__ = ()


_SECRET = re.compile(
    r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|PRIVATE KEY-----|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bgithub_pat_[A-Za-z0-9_]{30,}|\bhf_[A-Za-z0-9]{30,}|\bsk-[A-Za-z0-9_-]{30,}"
)


def is_secret(text: str) -> bool:
    """Return whether ``text`` holds what looks like a credential."""
    return _SECRET.search(text) is not None


def show(value: object) -> str:
    """Return ``value`` on one short line, for an error; a credential is not shown."""
    if isinstance(value, Bare):
        return str(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        text = "a very large number" if abs(value) >= 10**40 else str(value)
    elif isinstance(value, str):
        if is_secret(value):
            return "a credential"
        short = value if len(value) <= 80 else f"{value[:77]}..."
        text = json.dumps(short, ensure_ascii=not short.isprintable())[1:-1]
        text = f"'{text.replace(chr(92) + chr(34), chr(34))}'"
    elif isinstance(value, dict) or hasattr(type(value), "model_fields"):
        text = "a mapping" if value else "an empty mapping"
    elif isinstance(value, list | tuple):
        text = "a list" if value else "an empty list"
    else:
        text = f"an object of type {type(value).__name__}"
    return text
