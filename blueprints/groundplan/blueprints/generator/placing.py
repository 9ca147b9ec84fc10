"""Moves files that are ready into a directory that has others, whole or not at all."""

import os
from collections.abc import Iterator
from pathlib import Path


def in_the_way(staged: Path, target: Path) -> list[str]:
    """Return the paths below ``target`` that exist with another content than ``staged`` has; sorted."""
    return sorted(path for path in _files(staged) if _differs(staged / path, target, path))


def place(staged: Path, target: Path, *, last: str | None = None) -> None:
    """Move every file below ``staged`` to the same path below ``target``.

    What exists stays as it is: the caller has asked `in_the_way`. When a move fails, or is
    interrupted, those before it are undone.

    Args:
        staged: Where the files are, on the file system of ``target``.
        target: Where they come to; it exists.
        last: Path of the file that is moved after all others. Default: the last by name.

    Raises:
        OSError: If a file cannot be moved.
    """
    made: list[Path] = []
    try:
        for path in sorted(_files(staged), key=lambda path: (path == last, path)):
            goal = target / path
            if os.path.lexists(goal):
                continue
            missing = [folder for folder in (goal, *goal.parents)[1:] if not folder.exists()]
            for folder in reversed(missing):
                folder.mkdir()
                made.append(folder)
            made.append(goal)
            (staged / path).rename(goal)
    except BaseException:
        for item in reversed(made):
            if item.is_dir():
                item.rmdir()
            else:
                item.unlink(missing_ok=True)
        raise


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if not path.is_dir():
            yield path.relative_to(folder).as_posix()


def _differs(wanted: Path, target: Path, path: str) -> bool:
    found = target / path
    folders = [target / part for part in Path(path).parents if part != Path()]
    if any(os.path.lexists(folder) and not folder.is_dir() for folder in folders):
        return True
    if not os.path.lexists(found):
        return False
    return not found.is_file() or found.read_bytes() != wanted.read_bytes()
