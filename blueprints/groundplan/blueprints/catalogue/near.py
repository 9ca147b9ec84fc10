"""Suggestion of the name that was probably meant."""

from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Return the one of ``known`` that is nearest to ``name``, or None if none is near."""
    from difflib import get_close_matches  # only needed for a mistake

    by_key = {_key(candidate): candidate for candidate in known}
    near = get_close_matches(_key(name[:80]), by_key, n=1, cutoff=0.7)
    return by_key[near[0]] if near else None


def _key(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("ml.")
