"""Patterns of IAM: wildcards and policy variables.

Sources: IAM User Guide, "IAM JSON policy elements: Resource" and "Variables and tags" (2026-11-21).
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

Context = Mapping[str, tuple[str, ...]]
"""Condition keys of a request in lower case, each with its values."""
Match = Callable[[str], bool]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULT = re.compile(r"^(.*?)\s*,\s*'(.*)'$")
_LITERALS = {"*": "\ue000", "?": "\ue001"}
"""What stands for a wildcard character that is meant as itself, once variables are resolved."""
_UNESCAPE = {ord(mark): char for char, mark in _LITERALS.items()}
_ESCAPE = str.maketrans(_LITERALS)


def has_variable(text: str) -> bool:
    """Return whether ``text`` holds a policy variable."""
    return "${" in text


def resolve(text: str, context: Context) -> str | None:
    """Return ``text`` with its policy variables replaced.

    A value is taken literally, its wildcards included. A key of several values is no variable.

    Returns:
        A pattern for :func:`glob`, or ``None`` where a variable has neither value nor default.
    """
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name = match[1].strip()
        if name in ("*", "?", "$"):
            return _LITERALS.get(name, name)
        default = _DEFAULT.match(name)
        values = context.get((default[1] if default else name).lower(), ())
        if len(values) == 1:
            return values[0].translate(_ESCAPE)
        if default is None:
            missing = True
            return ""
        return default[2].translate(_ESCAPE)

    resolved = _VARIABLE.sub(value, text)
    return None if missing else resolved


def literal(pattern: str) -> str:
    """Return a resolved text for operators that know no wildcards."""
    return pattern.translate(_UNESCAPE)


@lru_cache(maxsize=65536)
def glob(pattern: str) -> Match:
    """Return whether a text is ``pattern``: ``*`` stands for any text, ``?`` for one character."""
    if "*" not in pattern and "?" not in pattern:
        return literal(pattern).__eq__
    if pattern == "*":
        return _anything
    start = pattern.rstrip("*")
    if "*" not in start and "?" not in start:
        start = literal(start)
        return lambda text: text.startswith(start)
    return _compiled(_regex(pattern))


@lru_cache(maxsize=65536)
def action(pattern: str) -> Match:
    """Return whether an action in lower case is ``pattern``, whose case does not count."""
    return glob(pattern.lower())


@lru_cache(maxsize=65536)
def resource(pattern: str) -> Match:
    """Return whether an ARN is ``pattern``.

    Before the fifth colon a wildcard stays within its part, save that a ``*`` which ends the part may
    reach beyond the colon.
    """
    if "?" not in pattern and "*" not in pattern.rstrip("*"):
        return glob(pattern)
    *parts, last = pattern.split(":", 5)
    return _compiled(":".join((*map(_part, parts), _regex(last))))


@lru_cache(maxsize=65536)
def arn(pattern: str) -> Match:
    """Return whether an ARN is ``pattern`` by ``ArnLike``: part by part of six.

    Source: IAM User Guide, "Condition operators", Amazon Resource Name operators.
    """
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        return _anything if pattern == "*" else _nothing
    compare = [glob(part) for part in parts]

    def match(text: str) -> bool:
        values = text.split(":", 5)
        return len(values) == 6 and all(
            same(value) for same, value in zip(compare, values, strict=True)
        )

    return match


_WILD = {"*": ".*", "?": ".", "\ue000": r"\*", "\ue001": r"\?"}
_WILD_IN_PART = {**_WILD, "*": "[^:]*", "?": "[^:]"}


def _regex(pattern: str) -> str:
    return "".join(_WILD.get(char) or re.escape(char) for char in re.sub(r"\*+", "*", pattern))


def _part(part: str) -> str:
    open_end = part.endswith("*")
    text = "".join(_WILD_IN_PART.get(char) or re.escape(char) for char in part.rstrip("*"))
    return text + (".*" if open_end else "")


def _compiled(regex: str) -> Match:
    match = re.compile(regex, re.DOTALL).fullmatch
    return lambda text: match(text) is not None


def _anything(_: str) -> bool:
    return True


def _nothing(_: str) -> bool:
    return False
