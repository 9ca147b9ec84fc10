"""Texts that match two patterns at a time, in which ``*`` is any text and ``?`` any character."""

from functools import lru_cache

ANY = "x"
"""What stands for a wildcard's text in an example."""


@lru_cache(maxsize=65536)
def common(first: str, second: str) -> str | None:
    """Return a text that both patterns match, ``None`` if there is none.

    Args:
        first: A pattern, or a text without wildcards.
        second: Another one.
    """
    if not _may_meet(first, second):
        return None
    if not _is_pattern(first) and not _is_pattern(second):
        return first
    return _meet(first, second, 0, 0, set())


def matches(pattern: str, text: str) -> bool:
    """Return whether a text without wildcards matches ``pattern``."""
    return common(pattern, text) is not None


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _may_meet(first: str, second: str) -> bool:
    """Compare what comes before the first wildcard of either: cheap, and mostly enough."""
    for one, other in zip(first, second, strict=False):
        if one in "*?" or other in "*?":
            return True
        if one != other:
            return False
    rest = first[len(second) :] or second[len(first) :]
    return not rest.strip("*")


def _meet(first: str, second: str, i: int, j: int, dead: set[tuple[int, int]]) -> str | None:
    done: list[str] = []
    while i < len(first) and j < len(second) and first[i] not in "*?" and second[j] not in "*?":
        if first[i] != second[j]:
            return None
        done.append(first[i])
        i, j = i + 1, j + 1
    if (i, j) in dead:
        return None
    rest = _meet_wildcard(first, second, i, j, dead)
    if rest is None:
        dead.add((i, j))
        return None
    return "".join(done) + rest


def _meet_wildcard(
    first: str, second: str, i: int, j: int, dead: set[tuple[int, int]]
) -> str | None:
    if i == len(first) and j == len(second):
        return ""
    here = first[i : i + 1]
    there = second[j : j + 1]
    steps: list[tuple[str, int, int]] = []
    if here == "*" and there == "*":
        steps = [(ANY, i + 1, j + 1), ("", i + 1, j), ("", i, j + 1)]
    elif here == "*":
        steps = [(ANY if there == "?" else there, i, j + 1)] if there else []
        steps.append(("", i + 1, j))
    elif there == "*":
        steps = [(ANY if here == "?" else here, i + 1, j)] if here else []
        steps.append(("", i, j + 1))
    elif (here == "?" and there) or (there == "?" and here):
        text = there if here == "?" else here
        steps = [(ANY if text == "?" else text, i + 1, j + 1)]
    for text, next_i, next_j in steps:
        rest = _meet(first, second, next_i, next_j, dead)
        if rest is not None:
            return text + rest
    return None
