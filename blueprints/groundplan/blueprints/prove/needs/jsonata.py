"""What text a JSONata expression can give, as patterns: ``*`` stands for what is known at run time only.

It reads the expressions of a state machine's definition as far as they decide names and places. Every
array is taken as any one of its elements, both sides of a condition are possible, and what it does not
know is ``*``: what it says is never narrower than the truth. A field that nothing assigns has no text.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache

from groundplan.blueprints.prove.needs.patterns import (
    NOTHING,
    UNKNOWN,
    Result,
    Value,
    concatenated,
    field_of,
    joined,
    may_be,
)

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<variable>\$\$?[A-Za-z_0-9]*)
    |(?P<name>[A-Za-z_][A-Za-z_0-9]*|`[^`]*`)
    |(?P<operator>:=|!=|<=|>=|~>|\.\.|\*\*|[-+*/%&=<>.,;:?(){}\[\]^@#|!])
    )""",
    re.VERBOSE,
)
_REGEX = re.compile(r"\s*(/(?:\\.|[^/\\])+/[im]*)")
_BINDING = {
    "[": 80, ".": 75, "{": 70, "^": 65, "*": 60, "/": 60, "%": 60, "+": 50, "-": 50, "&": 50,
    "~>": 45, "=": 40, "!=": 40, "<": 40, ">": 40, "<=": 40, ">=": 40, "in": 40,
    "and": 30, "or": 25, "?": 20, "..": 20, ":=": 10,
}  # fmt: skip
_BEFORE_VALUE = frozenset("([{,;:?=<>&+-*%") | {":=", "!=", "<=", ">=", "and", "or", "in"}
_PASSING = frozenset({"string", "sort", "distinct", "reverse", "filter", "trim", "sift", "single"})
"""Functions whose result is their argument, or some of its elements."""


class Expression:
    """Evaluates one expression."""

    def __init__(
        self,
        text: str,
        variables: Callable[[str], Value],
        results: Callable[[Result], frozenset[str]],
    ) -> None:
        """Keep what the expression may refer to.

        Args:
            text: JSONata, without the delimiters ``{%`` and ``%}``.
            variables: Gives the value of a variable of the execution.
            results: Gives the patterns of a field of the task's result.
        """
        self._tokens = _tokens(text)
        self._at = 0
        self._variables = variables
        self._results = results
        self._local: dict[str, Value] = {}

    def value(self) -> Value:
        """Return what the expression can give; unknown where it is not understood."""
        try:
            found = self._expression(0)
        except (ValueError, RecursionError):
            return UNKNOWN
        return found if self._peek() == "" else UNKNOWN

    def texts(self, value: Value) -> frozenset[str]:
        """Return the patterns of a value."""
        if isinstance(value, Result):
            return self._results(value)
        return UNKNOWN if isinstance(value, dict) else value

    # Tokens

    def _peek(self) -> str:
        return self._tokens[self._at]

    def _take(self, wanted: str | None = None) -> str:
        token = self._tokens[self._at]
        if not token or wanted not in (None, token):
            raise ValueError(token)
        self._at += 1
        return token

    # Grammar

    def _expression(self, power: int) -> Value:
        value = self._prefix()
        while (bound := _BINDING.get(self._peek(), 0)) > power:
            value = self._infix(self._take(), value, bound)
        return value

    def _prefix(self) -> Value:
        token = self._take()
        if token[0] == "/":
            return UNKNOWN
        if token[0] in "\"'":
            return frozenset({re.sub(r"\\(.)", r"\1", token[1:-1])})
        if token.startswith("$"):
            return self._called(token[1:]) if self._peek() == "(" else self._variable(token[1:])
        if token == "function":
            return self._function(NOTHING)
        if token == "(":
            return self._block()
        if token == "[":
            return joined(*self._list("]"))
        if token == "{":
            return self._object()
        if token == "-":
            self._expression(70)
            return UNKNOWN
        if token.isdigit():
            return frozenset({token})
        if not (token[0].isalnum() or token[0] in "_`*"):
            raise ValueError(token)
        return UNKNOWN

    def _infix(self, token: str, left: Value, bound: int) -> Value:
        match token:
            case ".":
                return self._field(left)
            case "[":
                self._list("]")
                return left
            case "{":
                self._object()
                return UNKNOWN
            case "^":
                self._take("(")
                self._list(")")
                return left
            case "&":
                right = self._expression(bound)
                return concatenated(self.texts(left), self.texts(right))
            case "?":
                chosen = self._settled(self._expression(0))
                if self._peek() != ":":
                    return chosen
                self._take(":")
                return joined(chosen, self._settled(self._expression(0)))
            case ":=":
                raise ValueError(token)
            case _:
                self._expression(bound)
                return UNKNOWN

    def _field(self, left: Value) -> Value:
        token = self._peek()
        if token == "(":
            self._take()
            self._block()
            return UNKNOWN
        if token == "{":
            self._take()
            return self._object()
        if token.startswith("$"):
            self._take()
            if self._peek() == "(":
                self._called(token[1:])
            return UNKNOWN
        return field_of(left, self._take().strip("`"))

    def _block(self) -> Value:
        value: Value = NOTHING
        while self._peek() != ")":
            start, token = self._at, self._take()
            if token.startswith("$") and self._peek() == ":=":
                self._take()
                self._local[token[1:]] = value = self._expression(10)
            else:
                self._at = start
                value = self._expression(0)
            if self._peek() == ";":
                self._take()
        self._take(")")
        return value

    def _list(self, end: str) -> list[Value]:
        found: list[Value] = []
        while self._peek() != end:
            if self._peek() in "<>" and end == ")":
                self._take()
            found.append(self._settled(self._expression(0)))
            if self._peek() == ",":
                self._take()
        self._take(end)
        return found

    def _settled(self, value: Value) -> Value:
        """Return a value of which no further field is asked for."""
        return self._results(value) if isinstance(value, Result) else value

    def _object(self) -> Value:
        found: dict[str, Value] = {}
        while self._peek() != "}":
            keys = self.texts(self._expression(0))
            self._take(":")
            value = self._settled(self._expression(0))
            for key in keys:
                found[key] = value
            if self._peek() == ",":
                self._take()
        self._take("}")
        return found

    def _function(self, element: Value) -> Value:
        self._take("(")
        names = []
        while self._peek() != ")":
            names.append(self._take().lstrip("$"))
            if self._peek() == ",":
                self._take()
        self._take(")")
        before = dict(self._local)
        self._local |= {name: element if not index else UNKNOWN for index, name in enumerate(names)}
        self._take("{")
        value = self._expression(0)
        self._take("}")
        self._local = before
        return value

    def _variable(self, name: str) -> Value:
        return self._local[name] if name in self._local else self._variables(name)

    def _called(self, name: str) -> Value:
        self._take("(")
        found: list[Value] = []
        while self._peek() != ")":
            if self._peek() == "function":
                self._take()
                found.append(self._function(found[0] if found else UNKNOWN))
            else:
                found.append(self._expression(0))
            if self._peek() == ",":
                self._take()
        self._take(")")
        return self._applied(name, found)

    def _applied(self, name: str, values: list[Value]) -> Value:
        if not values:
            return UNKNOWN
        if name in _PASSING:
            return values[0]
        match name, values:
            case (("merge" | "append"), _):
                return joined(*values)
            case "lookup", [dict() as rows, key]:
                named = self.texts(key)
                found = [row for text, row in rows.items() if may_be(text, named)]
                return joined(*found)
            case "lookup", [Result() as result, key]:
                return joined(*(field_of(result, text) for text in self.texts(key)))
            case "map", [_, made]:
                return made
            case "parse", [text]:
                return joined(*(_parsed(one) for one in self.texts(text)))
            case "substring", [text, start, _] if start == frozenset({"0"}):
                return concatenated(self.texts(text), UNKNOWN)
            case "split", [texts, by]:
                (separator,) = self.texts(by) or {","}
                parts = (part for text in self.texts(texts) for part in text.split(separator))
                return frozenset(parts)
            case "substringAfter", [text, start]:
                return frozenset(
                    one.removeprefix(other) if one.startswith(other) else "*"
                    for one in self.texts(text)
                    for other in self.texts(start)
                )
            case _:
                return UNKNOWN


@lru_cache(maxsize=256)
def _parsed(text: str) -> Value:
    """Return what a text of JSON holds; unknown where it is none."""
    try:
        return _of_json(json.loads(text))
    except ValueError:
        return UNKNOWN


def _of_json(value: object) -> Value:
    if isinstance(value, dict):
        return {str(key): _of_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return joined(*(_of_json(item) for item in value))
    return frozenset({value if isinstance(value, str) else json.dumps(value)})


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[str, ...]:
    """Return the tokens of an expression and an empty one at the end; only that if it has none.

    A slash begins a regular expression where a value may begin.
    """
    found: list[str] = []
    at = 0
    while text[at:].strip():
        value = not found or found[-1] in _BEFORE_VALUE
        match = (_REGEX.match(text, at) if value else None) or _TOKEN.match(text, at)
        if match is None:
            return ("",)
        found.append(match.group().strip())
        at = match.end()
    return (*found, "")
