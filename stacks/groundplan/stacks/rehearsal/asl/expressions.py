"""What a JSONata expression reads, from its syntax tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonata import Jsonata

from groundplan.stacks.rehearsal.emulator.step_functions.functions import FUNCTIONS

KNOWN_FUNCTIONS = frozenset(Jsonata.static_frame.bindings) | frozenset(FUNCTIONS)
REFUSED_FUNCTIONS = frozenset({"eval", "assert"})


@dataclass(frozen=True)
class Read:
    """A variable, the members that are read of it, and whether its absence is allowed for."""

    variable: str
    members: tuple[str, ...] = ()
    guarded: bool = False


@dataclass(frozen=True)
class Expression:
    """What an expression reads and calls."""

    reads: tuple[Read, ...]
    functions: tuple[str, ...]
    error: str = ""


class _Reader:
    """Walks a tree; ``local`` are names that the expression binds itself."""

    def __init__(self) -> None:
        self.reads: list[Read] = []
        self.functions: list[str] = []

    def walk(self, node: Any, local: set[str], present: frozenset[Read]) -> None:
        kind = getattr(node, "type", None)
        if node is None or (kind is None and not hasattr(node, "__dict__")):
            return
        if kind == "variable":
            self._read(node.value, (), local, present)
        elif kind == "path":
            self._path(node, local, present)
        elif kind == "function":
            self._function(node, local, present)
        elif kind == "lambda":
            inner = local | {argument.value for argument in node.arguments}
            self.walk(node.body, inner, present)
        elif kind == "bind":
            name = str(node.lhs.value)
            inner = local | {name} if node.rhs.type == "lambda" else local  # may call itself
            self.walk(node.rhs, inner, present)
            local.add(name)
        elif kind == "block":
            inner = set(local)
            for item in node.expressions:
                self.walk(item, inner, present)
        elif kind == "condition":
            self.walk(node.condition, local, present)
            shown = present | frozenset(_existing(node.condition))
            self.walk(node.then, set(local), shown)
            self.walk(node._else, set(local), present)
        elif kind == "binary" and node.value == "and":
            self.walk(node.lhs, local, present)
            self.walk(node.rhs, local, present | frozenset(_existing(node.lhs)))
        else:
            for child in _children(node):
                self.walk(child, local, present)

    def _path(self, node: Any, local: set[str], present: frozenset[Read]) -> None:
        first, *rest = node.steps
        inner = set(local)
        if first.type == "variable":
            self._read(first.value, _names(node.steps), inner, present)
            self._decorations(first, inner, present)
        else:
            self.walk(first, inner, present)
        for step in rest:
            if step.type == "name":
                self._decorations(step, inner, present)
            else:
                self.walk(step, inner, present)
        self._decorations(node, inner, present)

    def _decorations(self, node: Any, local: set[str], present: frozenset[Read]) -> None:
        """Filters and groups that hang on a step."""
        for name in ("predicate", "stages"):
            for item in getattr(node, name, None) or []:
                self.walk(item, local, present)
        group = getattr(node, "group", None)
        if group is not None:
            for child in _children(group):
                self.walk(child, local, present)

    def _function(self, node: Any, local: set[str], present: frozenset[Read]) -> None:
        procedure = node.procedure
        name = procedure.value if procedure.type == "variable" else None
        if name is None or name in local:
            self.walk(procedure, local, present)
        else:
            self.functions.append(str(name))
        guarded = frozenset(_existing(node)) if name == "exists" else frozenset()
        for argument in node.arguments:
            self.walk(argument, local, present | guarded)

    def _read(
        self, name: str, members: tuple[str, ...], local: set[str], present: frozenset[Read]
    ) -> None:
        if not name or name == "$" or name in local:
            return
        if name in KNOWN_FUNCTIONS and not members:
            self.functions.append(str(name))  # passed on, as in $map(x, $sum)
            return
        guarded = any(
            item.variable == name and members[: len(item.members)] == item.members
            for item in present
        )
        self.reads.append(Read(str(name), members, guarded))


def _names(steps: Any) -> tuple[str, ...]:
    """Members that are read after the first step, up to anything that is no name."""
    found = []
    for step in steps[1:]:
        if step.type != "name":
            break
        found.append(str(step.value))
    return tuple(found)


def _existing(node: Any) -> Iterator[Read]:
    """What a condition has shown to exist."""
    kind = getattr(node, "type", None)
    if kind == "function" and node.procedure.value == "exists":
        for argument in node.arguments:
            if argument.type == "variable":
                yield Read(str(argument.value))
            elif argument.type == "path" and argument.steps[0].type == "variable":
                yield Read(str(argument.steps[0].value), _names(argument.steps))
    elif kind == "binary" and node.value == "and":
        yield from _existing(node.lhs)
        yield from _existing(node.rhs)
    elif kind == "block" and len(node.expressions) == 1:
        yield from _existing(node.expressions[0])


def existing(condition: str) -> tuple[Read, ...]:
    """What a condition with its marks has shown to exist where it is met."""
    try:
        return tuple(_existing(tree(condition)))
    except ValueError:
        return ()


_CHILDREN = (
    "lhs",
    "rhs",
    "condition",
    "then",
    "_else",
    "expr",
    "expression",
    "body",
    "procedure",
    "pattern",
    "update",
    "delete",
    "group",
)
_LISTS = (
    "steps",
    "arguments",
    "expressions",
    "stages",
    "predicate",
    "terms",
    "lhs_object",
    "rhs_object",
    "rhs_terms",
)


def _children(node: Any) -> Iterator[Any]:
    for name in _CHILDREN:
        child = getattr(node, name, None)
        if child is not None and hasattr(child, "type"):
            yield child
    for name in _LISTS:
        for item in getattr(node, name, None) or []:
            yield from item if isinstance(item, list | tuple) else (item,)


def shape_of(node: Any) -> tuple[Any, ...]:
    """A tree as nested tuples, equal for expressions that differ in blanks only."""
    value = getattr(node, "value", None)
    plain = value if isinstance(value, str | int | float | bool) else None
    return (getattr(node, "type", None), plain, *map(shape_of, _children(node)))


def source(text: str) -> str:
    """What stands between the marks of a JSONata string."""
    return text.removeprefix("{%").removesuffix("%}")


@cache
def tree(text: str) -> Any:
    """The syntax tree of a JSONata string with its marks.

    Raises:
        ValueError: It does not parse.
    """
    try:
        return Jsonata(source(text)).ast
    except Exception as exc:  # jsonata raises its own, and Python's for odd texts
        raise ValueError(f"does not parse: {exc}: {text}") from exc


@cache
def parse(text: str) -> Expression:
    """What a JSONata string with its marks reads and calls."""
    try:
        root = tree(text)
    except ValueError as exc:
        return Expression((), (), str(exc))
    reader = _Reader()
    reader.walk(root, set(), frozenset())
    return Expression(tuple(reader.reads), tuple(reader.functions))


def strings(value: Any) -> Iterator[str]:
    """Every JSONata string within a value."""
    if isinstance(value, str) and value.startswith("{%"):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
