"""Reads files that a spec names."""

from collections.abc import Callable
from pathlib import Path

from groundplan.blueprints.errors import InputError

MAX_BYTES = 50_000_000
"""Largest file: a year of metrics by the minute."""


def file_reader(spec: str | Path) -> Callable[[str], str]:
    """Return what reads a file by its path relative to the spec's folder.

    What it returns raises an InputError, by the path as the spec has it, if there is no such text.
    """
    folder = Path(spec).parent

    def read(path: str) -> str:
        try:
            with (folder / path).open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
            if len(content) <= MAX_BYTES:
                return content.decode("utf-8")
            reason = f"more than {MAX_BYTES} bytes"
        except UnicodeDecodeError:
            reason = "not utf-8"
        except (OSError, ValueError) as exc:
            known = exc.strerror if isinstance(exc, OSError) else None
            reason = (known or "no such name").lower()
        raise InputError(path, "cannot be read", got=reason, fix="put it beside the spec")

    return read
