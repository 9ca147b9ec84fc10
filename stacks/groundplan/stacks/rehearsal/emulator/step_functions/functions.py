"""The functions that Step Functions adds to JSONata, and those it takes away."""

import hashlib
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

from jsonata.functions import Functions

from groundplan.stacks.rehearsal.emulator.clock import CLOCK

_ALGORITHMS = ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")


def partition(items: list[Any] | None, size: int) -> list[list[Any]] | None:
    """Cut ``items`` into lists of ``size``."""
    if items is None:
        return None
    if size < 1:
        raise ValueError(f"$partition needs a chunk size of at least 1, got {size}")
    return [items[start : start + size] for start in range(0, len(items), size)]


def number_range(first: int, last: int, step: int) -> list[int]:
    """The numbers from ``first`` to ``last``, both included."""
    if step == 0:
        raise ValueError("$range needs a step other than 0")
    return list(range(first, last + (1 if step > 0 else -1), step))


def digest(value: object, algorithm: str) -> str:
    """Hexadecimal hash of a string, or of the JSON of anything else."""
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"$hash knows {', '.join(_ALGORITHMS)}, got {algorithm!r}")
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return hashlib.new(algorithm.replace("SHA-", "sha"), text.encode()).hexdigest()


def parse(text: str | None) -> Any:
    """The value of a JSON document."""
    return None if text is None else json.loads(text)


def seeded_random(seed: int | None = None) -> float:
    """A number from 0 to 1, always the same for the same seed."""
    return random.Random(seed).random()


def now(picture: str | None = None, timezone: str | None = None) -> Any:
    """The emulated time as ISO 8601, or in the form of ``picture``."""
    return Functions.datetime_from_millis(CLOCK.millis(), picture, timezone)


def refuse_eval(*_: object) -> None:
    """Step Functions has no ``$eval``."""
    raise ValueError("$eval is not supported by Step Functions; use $parse")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition": partition,
    "range": number_range,
    "hash": digest,
    "parse": parse,
    "random": seeded_random,
    "uuid": lambda: str(uuid.uuid4()),
    "now": now,
    "millis": CLOCK.millis,
    "eval": refuse_eval,
}
"""Name without ``$`` -> function."""
