"""Starts the program that puts an update in place, and lets one update at a time work."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundplan.blueprints.errors import EnvironmentFault
from groundplan.blueprints.generator import apply as program
from groundplan.blueprints.generator.lock import FOLDER, digest

if sys.platform != "win32":
    import fcntl


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file that is written or removed."""

    path: str
    """Path from the repository's root."""

    before: str | None
    """SHA-256 of what is there; None: no file."""

    content: bytes | None
    """What is to be there; None: no file."""

    mode: int | None = None
    """Permissions. Default: those of new files."""

    program: bool = False
    """Whether a new file can be run."""


@contextlib.contextmanager
def held(directory: Path, *, alone: bool) -> Iterator[int | None]:
    """Keep other updates of a repository out, and the program that applies one.

    The lock is on the folder `.groundplan` itself, so that no file of it can be left behind.

    Args:
        directory: The repository.
        alone: Whether it is to be written; else others may read too.

    Raises:
        EnvironmentFault: If another update works.
    """
    if sys.platform == "win32":
        yield None
        return
    descriptor = os.open(directory / FOLDER, os.O_RDONLY)
    try:
        try:
            kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise EnvironmentFault(
                str(directory),
                "another update is at work",
                got=f"a lock on {FOLDER}",
                fix="wait until it has ended",
            ) from exc
        except OSError:
            pass  # a file system without locks: the files' digests still guard them
        yield descriptor
    finally:
        os.close(descriptor)


def is_interrupted(directory: Path) -> bool:
    """Whether an update was decided and not brought to its end."""
    return (directory / program.STAGE / program.JOURNAL).exists()


def recover(directory: Path, lock: int | None) -> tuple[str, tuple[str, ...]]:
    """Bring an interrupted update to its end.

    Returns:
        What was done: ``completed``, ``undone`` or, if there was none, nothing; and the files that
        somebody changed since, which are left as they are.

    Raises:
        EnvironmentFault: If it cannot be brought to its end.
    """
    if not os.path.lexists(directory / program.STAGE):
        return "", ()
    said = _run({"root": str(directory.absolute())}, directory, lock)
    return said["recovered"], tuple(said["changed"])


def apply(directory: Path, changes: list[Change], lock: int | None) -> tuple[str, ...]:
    """Make all changes or none, and return the files that somebody changed in that moment.

    Raises:
        EnvironmentFault: If nothing was changed because something cannot be, or a file is no longer
            what was read.
    """
    job = {"root": str(directory.absolute()), "changes": [_as_json(change) for change in changes]}
    return tuple(_run(job, directory, lock)["changed"])


def _as_json(change: Change) -> dict[str, Any]:
    content = change.content
    return {
        "path": change.path,
        "before": change.before,
        "after": None if content is None else digest(content),
        "content": None if content is None else base64.b64encode(content).decode(),
        "mode": change.mode,
        "program": change.program,
    }


def _run(job: Mapping[str, Any], directory: Path, lock: int | None) -> dict[str, Any]:
    with _uninterrupted():
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(program.__file__)],
            input=json.dumps(job).encode(),
            capture_output=True,
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
            check=False,
        )
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError as exc:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EnvironmentFault(
            str(directory),
            "the update was stopped from outside while it was put in place",
            got=lines[-1] if lines else f"exit {done.returncode}",
            fix="run `groundplan update` again: it first brings that one to its end",
        ) from exc
    if "stopped" in said:
        file, reason = said["stopped"]
        if reason == program.DAMAGED:
            state = "what an update that was killed has left does not say what to do"
            fix = f"put right what `git diff` shows, remove {program.STAGE}, update again"
        elif said["unfinished"]:
            state, fix = "some files are updated, others not yet", "run `groundplan update` again"
        else:
            state, fix = "nothing was changed", "mend it and update again"
        raise EnvironmentFault(
            str(directory / file), f"cannot be updated: {state}", got=reason, fix=fix
        )
    return said


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let a Ctrl-C wait for the moment that applying takes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
