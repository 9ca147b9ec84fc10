"""Puts an update in place: a program of its own, so that nothing that stops the command stops it.

`applying.py` starts it in a session of its own and hands it the whole job on stdin; it ignores SIGINT,
SIGTERM and SIGHUP. It needs only the standard library, so that it starts in milliseconds.

1. A job that ends early (the command was killed while it sent it) is dropped.
2. All new content is written below `.groundplan/update/`, and what it replaces is linked there. Each
   file must still be what the command read, or nothing is done.
3. `.groundplan/update/journal.json` is renamed into place: from here on the update is decided.
4. Each file is renamed into place. If one cannot be, all are put back.
5. The journal is removed.

Killed before 3, only the staging folder remains, which the next update removes. Killed between 3 and 5
(SIGKILL of this very process, or power loss), some files are new and some old: the next update first
does the rest, before it looks at anything, and `--check` says so. A file that somebody has changed in
the meantime is left as it is and reported.
"""

import base64
import contextlib
import hashlib
import json
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

STAGE = ".groundplan/update"
JOURNAL = "journal.json"
DAMAGED = "damaged"
_NO_FILE = "no file"
Change = dict[str, Any]
"""A change of a file: `path`, `before` and `after` as SHA-256 or None where there is no file; in a job
`content` in base64, `mode`, None for what new files get, and whether it is a `program`."""


class Stopped(Exception):
    """Why nothing was changed: a file, and what is wrong."""


def apply(root: Path, changes: list[Change]) -> list[str]:
    """Make all changes or none, and return the files that somebody changed meanwhile.

    Raises:
        Stopped: If nothing was changed.
    """
    stage = root / STAGE
    journal: dict[str, Any] = {"back": False, "changes": [], "folders": []}
    try:
        _stage(root, stage, changes, journal)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    return _finish(root, stage, journal)


def recover(root: Path) -> tuple[str, list[str]] | None:
    """Bring an interrupted update to its end.

    Returns:
        What was done, ``completed`` or ``undone``, and the files that somebody changed meanwhile;
        None if no update was interrupted.

    Raises:
        Stopped: If it was undone because it cannot be completed.
    """
    stage = root / STAGE
    if not os.path.lexists(stage):
        return None
    if not (stage / JOURNAL).exists():
        shutil.rmtree(stage)
        return None
    journal = _journal(stage / JOURNAL)
    changed = _finish(root, stage, journal)
    return ("undone" if journal["back"] else "completed"), changed


def _journal(file: Path) -> dict[str, Any]:
    """Read a journal, which somebody may have damaged, or put there to have files written elsewhere.

    Raises:
        Stopped: If it is none that `_store` wrote.
    """
    try:
        journal: dict[str, Any] = json.loads(file.read_text("utf-8"))
        changes = [(item["path"], item["before"], item["after"]) for item in journal["changes"]]
        paths = [*journal["folders"], *(path for path, _, _ in changes)]
        sound = isinstance(journal["back"], bool) and all(map(_is_inside, paths))
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise Stopped(f"{STAGE}/{JOURNAL}", DAMAGED)
    return journal


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return not path.startswith("/") and ".." not in parts and ".git" not in parts


def _stage(root: Path, stage: Path, changes: list[Change], journal: dict[str, Any]) -> None:
    shutil.rmtree(stage, ignore_errors=True)
    for folder in (stage, stage / "new", stage / "old"):
        folder.mkdir()
    (stage / ".gitignore").write_text("*\n")
    folders: list[str] = []
    for number, change in enumerate(changes):
        path: str = change["path"]
        with _named(path):
            target, old = root / path, stage / "old" / str(number)
            if change["before"] is not None:
                _keep(target, old)
            if _digest(target) != change["before"]:
                raise Stopped(path, "changed while it was updated")
            above = _missing(root, target.parent, folders)
            _check_folder(stage, above, path)
            if change["after"] is not None:
                _write(stage / "new" / str(number), change, old)
        journal["changes"].append({name: change[name] for name in ("path", "before", "after")})
    journal["folders"] = folders
    with _named(STAGE):
        _store(stage, journal)


def _keep(target: Path, old: Path) -> None:
    """Keep what a change replaces: the file itself where the file system has links."""
    if not target.is_symlink() and target.is_file():
        try:
            os.link(target, old)
        except OSError:
            shutil.copy2(target, old)


def _missing(root: Path, folder: Path, folders: list[str]) -> Path:
    """Note the folders that a file needs, and return the nearest that is there."""
    needed = []
    while not folder.is_dir():
        needed.append(folder.relative_to(root).as_posix())
        folder = folder.parent
    folders += [name for name in reversed(needed) if name not in folders]
    return folder


def _check_folder(stage: Path, folder: Path, path: str) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Stopped(path, "permission denied in its folder")
    if folder.stat().st_dev != stage.stat().st_dev:
        raise Stopped(path, "on another file system than the repository's root")


def _write(file: Path, change: Change, old: Path) -> None:
    with file.open("wb") as stream:
        stream.write(base64.b64decode(change["content"]))
        stream.flush()
        os.fsync(stream.fileno())
    if change["mode"] is not None:
        file.chmod(change["mode"])
    elif change["program"]:
        mask = os.umask(0)
        os.umask(mask)
        file.chmod(0o777 & ~mask)
    if os.path.lexists(old):
        owner, mine = old.stat(), file.stat()
        if (owner.st_uid, owner.st_gid) != (mine.st_uid, mine.st_gid):
            with contextlib.suppress(OSError):
                os.chown(file, owner.st_uid, owner.st_gid)


def _store(stage: Path, journal: dict[str, Any]) -> None:
    draft = stage / f"{JOURNAL}.draft"
    with draft.open("w", encoding="utf-8") as stream:
        json.dump(journal, stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(stage / JOURNAL)


def _finish(root: Path, stage: Path, journal: dict[str, Any]) -> list[str]:
    """Do what the journal says and remains to be done, or, if that fails, undo all of it."""
    numbered = list(enumerate(journal["changes"]))
    # a folder may come where a file was: removals first, and last when they are taken back
    removals = [item for item in numbered if item[1]["after"] is None]
    writes = [item for item in numbered if item[1]["after"] is not None]
    failed: Stopped | None = None
    changed: list[str] = []
    if not journal["back"]:
        try:
            changed = _each(root, stage, [*removals, *writes], _forward)
        except Stopped as exc:
            failed = exc
            journal["back"] = True
            _store(stage, journal)
    if journal["back"]:
        changed = _each(root, stage, writes, _back)
        for name in reversed(journal["folders"]):
            with contextlib.suppress(OSError):
                (root / name).rmdir()
        changed += _each(root, stage, removals, _back)
    else:
        _remove_empty(root, [change["path"] for _, change in removals])
    (stage / JOURNAL).unlink()
    shutil.rmtree(stage, ignore_errors=True)
    if failed is not None:
        raise failed
    return sorted(changed)


def _each(
    root: Path,
    stage: Path,
    numbered: list[tuple[int, Change]],
    step: Callable[[Path, Change, Path, Path], bool],
) -> list[str]:
    """Take a step for each change, and return the files that somebody changed meanwhile."""
    changed = []
    for number, change in numbered:
        with _named(change["path"]):
            target = root / change["path"]
            if not step(target, change, stage / "new" / str(number), stage / "old" / str(number)):
                changed.append(change["path"])
    return changed


def _forward(target: Path, change: Change, new: Path, old: Path) -> bool:
    """Make a change unless it is made; return False if the file is neither as before nor as after."""
    if change["after"] is None:
        found = _digest(target)
        if found == change["before"]:
            target.unlink()
        return found in (None, _NO_FILE) or found == str(change["before"])
    if not new.exists():
        return True
    if _digest(target) != change["before"]:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    new.replace(target)
    return True


def _back(target: Path, change: Change, new: Path, old: Path) -> bool:
    """Take a change back if it was made; return False if the file was changed since."""
    if new.exists():
        return True
    found = _digest(target)
    if found != change["after"]:
        return bool(found == change["before"])
    if change["before"] is None:
        target.unlink()
    elif old.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        old.replace(target)
    return True


def _remove_empty(root: Path, removed: list[str]) -> None:
    for path in removed:
        for folder in list(Path(path).parents)[:-1]:
            try:
                (root / folder).rmdir()
            except OSError:
                break  # it is not empty, or gone


def _digest(path: Path) -> str | None:
    """Return the SHA-256 of a file, None if there is none, and what no file has for anything else."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return _NO_FILE
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None


@contextlib.contextmanager
def _named(path: str) -> Any:
    """Say at which file something went wrong."""
    try:
        yield
    except OSError as exc:
        raise Stopped(path, (exc.strerror or type(exc).__name__).lower()) from exc


def main() -> None:
    """Read a job from stdin, do it, and print what came of it as JSON."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        job = json.loads(sys.stdin.buffer.read())
    except ValueError:
        return  # the command was killed before it had sent all of it
    root = Path(job["root"])
    try:
        if "changes" in job:
            said: dict[str, Any] = {"changed": apply(root, job["changes"])}
        else:
            done, changed = recover(root) or ("", [])
            said = {"recovered": done, "changed": changed}
    except Stopped as exc:
        said = {"stopped": list(exc.args), "unfinished": (root / STAGE / JOURNAL).exists()}
    except OSError as exc:
        reason = (exc.strerror or type(exc).__name__).lower()
        said = {"stopped": [STAGE, reason], "unfinished": (root / STAGE / JOURNAL).exists()}
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
