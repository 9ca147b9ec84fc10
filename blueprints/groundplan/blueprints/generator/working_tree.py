"""What a team made of rendered files: reads them as they are, and nothing else."""

import os
import re
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.generator.lock import FOLDER, SCHEMA, SPEC, digest
from groundplan.blueprints.generator.merge import Conflict, File, Files, taking

_SMALLEST, _LARGEST, _MARKS = 0.5, 8, 4096
"""Git takes a file for a moved one if half of it is the same, so that it is no smaller than half of
the other. One with conflict markers holds both sides, and is larger than git allows."""
_MOST_FILES = 20_000
_CACHES = ("node_modules", "__pycache__", "cdk.out", "build", "dist")


@dataclass(slots=True)
class WorkingTree:
    """Files as they are now."""

    files: dict[str, File] = field(default_factory=dict)
    """Rendered files that are there, and those that may be such a file under another name; with
    line endings as templates have them."""

    modes: dict[str, int] = field(default_factory=dict)
    """Permissions of `files`."""

    digests: dict[str, str] = field(default_factory=dict)
    """SHA-256 of `files` as they are on the disk."""

    windows: set[str] = field(default_factory=set)
    """Files all of whose lines end as on Windows, and had other ends as they were rendered."""

    barred: dict[str, str] = field(default_factory=dict)
    """Rendered files in whose place the team has something that is no file of its own: what it is."""


def read_tree(directory: Path, base: Files, new: Files) -> WorkingTree:
    """Read every file that was or is rendered, and those that the team may have moved.

    Links are not followed. What stands in the place of a rendered file and is none is left alone.

    Raises:
        InputError: If a rendered file cannot be read.
    """
    tree = WorkingTree()
    for path in sorted({*base, *new}):
        bar = _bar(directory, path, base, new)
        if bar is not None:
            tree.barred[path] = bar
            continue
        try:
            _read(tree, directory, path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as exc:
            raise InputError(
                str(directory / path),
                "cannot be read",
                got=(exc.strerror or type(exc).__name__).lower(),
                fix="make it readable, or delete it if it is not wanted",
            ) from exc
        rendered = [side[path].content for side in (base, new) if path in side]
        content = tree.files[path].content
        if _windows(content) and not any(b"\r" in known for known in rendered):
            tree.windows.add(path)
            file = tree.files[path]
            tree.files[path] = File(content.replace(b"\r\n", b"\n"), file.executable)
    missing = [path for path in base if path not in tree.files and path not in tree.barred]
    if missing:
        for path in _candidates(directory, {*base, *new}, [len(base[p].content) for p in missing]):
            try:
                _read(tree, directory, path)
            except OSError:
                continue  # a file of the team's own that nobody can read was not moved from here
    return tree


def conflict_in_place(path: str, bar: str) -> Conflict:
    """Return the conflict of a file that has changed and in whose place is something else."""
    return Conflict(path, f"{bar} is in its place", f"to have it, make room, then {taking(path)}")


def to_disk(tree: WorkingTree, path: str, content: bytes) -> bytes:
    """Return a merged file with the line endings that it has on the disk."""
    return re.sub(rb"\r?\n", b"\r\n", content) if path in tree.windows else content


def _read(tree: WorkingTree, directory: Path, path: str) -> None:
    # O_NOFOLLOW: what is there was looked at before, and is a file
    descriptor = os.open(directory / path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as stream:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        content = stream.read()
    tree.files[path] = File(content, bool(mode & stat.S_IXUSR))
    tree.modes[path] = mode
    tree.digests[path] = digest(content)


def _bar(directory: Path, path: str, base: Files, new: Files) -> str | None:
    """Return what stands in the place of a file, or of a folder above it, and is none."""
    parts = PurePosixPath(path)
    for above in [*reversed(parts.parents)][1:]:
        mode = _mode(directory / above)
        if mode is None:
            return None
        if stat.S_ISLNK(mode):
            return f"a link {above}"
        name = str(above)
        goes = name in base and name not in new  # a rendered file gives way to a rendered folder
        if not stat.S_ISDIR(mode) and not (goes and _as_rendered(directory, name, base)):
            return f"a file {above}"
        if not stat.S_ISDIR(mode):
            return None
    mode = _mode(directory / path)
    if mode is None or stat.S_ISREG(mode):
        return None
    if stat.S_ISLNK(mode):
        return "a link"
    return "a folder" if stat.S_ISDIR(mode) else "no regular file"


def _mode(path: Path) -> int | None:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _as_rendered(directory: Path, path: str, base: Files) -> bool:
    try:
        return (directory / path).read_bytes() == base[path].content
    except OSError:
        return False


def _windows(content: bytes) -> bool:
    return b"\r\n" in content and content.count(b"\n") == content.count(b"\r\n")


def _candidates(directory: Path, rendered: set[str], sizes: list[int]) -> Iterator[str]:
    """Yield files of the team's own that are as large as one of those that are gone."""
    for path in _own_files(directory):
        if path in rendered or path in (SPEC, SCHEMA) or path.startswith(f"{FOLDER}/"):
            continue
        try:
            status = os.lstat(directory / path)
        except OSError:
            continue
        size = status.st_size
        if stat.S_ISREG(status.st_mode) and any(
            known * _SMALLEST <= size <= known * _LARGEST + _MARKS for known in sizes
        ):
            yield path


def _own_files(directory: Path) -> list[str]:
    """Return what git knows or would add; in a directory without git, what is no cache."""
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(directory), "ls-files", "-z"]
    options = ["--cached", "--others", "--exclude-standard", "--deduplicate"]
    try:
        done = subprocess.run([*command, *options], capture_output=True, check=False)
    except OSError:
        done = None
    if done is not None and done.returncode == 0:
        return sorted({os.fsdecode(path) for path in done.stdout.split(b"\0") if path})
    found: list[str] = []
    for folder, below, names in os.walk(directory):
        below[:] = sorted(
            name for name in below if name not in _CACHES and not name.startswith((".git", ".venv"))
        )
        here = Path(folder).relative_to(directory)
        found += [(here / name).as_posix() for name in sorted(names)]
        if len(found) > _MOST_FILES:
            break
    return found
