"""Suggestion of the name that was probably meant."""

from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Return the one of ``known`` that is nearest to ``name``, or None if none is near.

    Near is alike in spelling, or the only one that is longer or shorter at its end.
    """
    from difflib import get_close_matches  # only needed for a mistake

    key = _key(name[:80])
    by_key = {_key(candidate): candidate for candidate in known}
    near = get_close_matches(key, by_key, n=1, cutoff=0.7)
    if not near and len(key) > 2:
        ends = [k for k in by_key if k.startswith(key) or (len(k) > 2 and key.startswith(k))]
        near = ends if len(ends) == 1 else []
    return by_key[near[0]] if near else None


def _key(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("ml.")
