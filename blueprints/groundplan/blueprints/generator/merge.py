"""Three-way merge of rendered files, by git in a repository that is thrown away.

Git's own merge (`git merge-tree --write-tree`) follows renames on either side, keeps what it cannot
merge and says so. It runs here without any setting of the user's or the machine's: no attributes, no
hooks, no conversion of line endings.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from groundplan.blueprints.errors import EnvironmentFault
from groundplan.blueprints.generator.lock import BASE

YOURS, GROUNDPLAN = "yours", "groundplan"
"""Names of both sides in conflict markers."""
MARKER = re.compile(rb"^(<{7} yours|>{7} groundplan)(:.*)?\r?$", re.MULTILINE)
OLDEST_GIT = (2, 39)
_BASE = "base"
_SETTINGS = {
    "core.attributesFile": os.devnull,
    "fastimport.unpackLimit": "1",
    "gc.auto": "0",
    "init.defaultBranch": "none",  # HEAD names no commit, so that no attributes are read from it
    "merge.conflictStyle": "merge",
    # a new file is where the templates put it, also if the team moved the folder's other files
    "merge.directoryRenames": "false",
    "merge.renames": "true",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file's content and whether it is a program."""

    content: bytes
    """Its bytes."""

    executable: bool = False
    """Whether it can be run."""


Files = Mapping[str, File]
"""Files by their paths from the repository's root."""


@dataclass(frozen=True, slots=True, order=True)
class Conflict:
    """What could not be merged."""

    path: str
    """File."""

    problem: str
    """What happened on both sides."""

    fix: str
    """What to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Result of a merge."""

    files: Files
    """Files as they are to be."""

    conflicts: tuple[Conflict, ...] = ()
    """What could not be merged, by path."""

    kept: tuple[str, ...] = ()
    """Files that templates make no more and that stay because they were edited or moved."""

    moves: Mapping[str, str] = field(default_factory=dict)
    """Files that are updated where the team moved them to: former paths by new ones."""


def merge(base: Files, ours: Files, new: Files) -> Merged:
    """Merge what templates render now into what the team made of what they rendered before.

    Files of ``ours`` that were never rendered serve to find those that were moved.

    Raises:
        EnvironmentFault: If git is missing, too old or fails.
    """
    # the same file on both sides is no conflict, whatever its mode
    new = {
        path: File(file.content, ours[path].executable)
        if path not in base and path in ours and ours[path].content == file.content
        else file
        for path, file in new.items()
    }
    folder = Path(tempfile.mkdtemp(prefix="groundplan-merge-"))
    try:
        git = _Git(folder)
        git.run("init", "--quiet", "--bare", "--template=", str(folder))
        sides = ((_BASE, base), (YOURS, ours), (GROUNDPLAN, new))
        git.run("fast-import", "--quiet", "--done", given=b"".join(_stream(sides)))
        tree, stages = git.merge()
        files = git.files(tree, ours)
        moves = git.moves() if any(path not in base for path in ours) else {}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _settle(base, ours, new, files, stages, moves)


def _settle(
    base: Files,
    ours: Files,
    new: Files,
    files: dict[str, File],
    stages: dict[str, set[int]],
    moves: Mapping[str, str],
) -> Merged:
    """Decide what git leaves to its user."""
    conflicts: list[Conflict] = []
    kept: list[str] = []
    for path, found in sorted(stages.items()):
        if path in base and path not in ours and found == {1, 3}:
            files.pop(path, None)  # git would bring back what the team deleted
            conflicts.append(deleted(path))
        elif found == {1, 2}:
            kept.append(path)
        elif path in files and MARKER.search(files[path].content):
            conflicts.append(_lines(path, in_base=path in base))
        elif found == {1, 3}:
            conflicts.append(
                Conflict(path, "you deleted it under its former name", "delete it if not wanted")
            )
        elif found >= {2, 3}:
            conflicts.append(_binary(path))
        elif path in files:
            conflicts.append(
                Conflict(path, "moved to another place on each side", "keep one of both files")
            )
    for path in ours.keys() - base.keys() - new.keys() - files.keys():
        files[path] = ours[path]  # a file of the team's own is never removed
    return Merged(
        files=files,
        conflicts=tuple(conflicts),
        kept=tuple(kept),
        moves={path: moves[path] for path in sorted(moves) if files.get(path) != ours.get(path)},
    )


def deleted(path: str) -> Conflict:
    """Return the conflict of a file that the team deleted and templates render otherwise now."""
    return Conflict(path, "you deleted it, its template changed", f"to have it: {taking(path)}")


def taking(path: str) -> str:
    """Return the command that writes a file as it was rendered last."""
    quoted = f"'{path}'" if re.search(r"[^\w./-]", path) else path
    return f"unzip -p {BASE} {quoted} > {quoted}"


def _lines(path: str, *, in_base: bool) -> Conflict:
    problem = "the same lines changed on both sides" if in_base else "you have made this file, too"
    fix = f"edit what is between `<<<<<<< {YOURS}` and `>>>>>>> {GROUNDPLAN}`"
    return Conflict(path, problem, fix)


def _binary(path: str) -> Conflict:
    return Conflict(path, "no text, changed on both sides; yours stays", f"else: {taking(path)}")


def _stream(sides: tuple[tuple[str, Files], ...]) -> Iterator[bytes]:
    """Yield the commits as `git fast-import` reads them, the same on every machine and day."""
    yield b"feature done\n"
    for name, files in sides:
        yield f"commit refs/heads/{name}\ncommitter groundplan <> 0 +0000\ndata 0\n".encode()
        if name != _BASE:
            yield f"from refs/heads/{_BASE}\ndeleteall\n".encode()
        for path, file in files.items():
            mode = b"100755" if file.executable else b"100644"
            escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            yield b'M %s inline "%s"\n' % (mode, os.fsencode(escaped))
            yield b"data %d\n%s\n" % (len(file.content), file.content)
    yield b"done\n"


class _Git:
    """Git in one repository, without settings from elsewhere."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._command = ["git"]
        for name, value in _SETTINGS.items():
            self._command += ["-c", f"{name}={value}"]
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "LC_ALL": "C",
            "GIT_DIR": str(folder),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
        }

    def run(self, *arguments: str, given: bytes = b"", fine: tuple[int, ...] = (0,)) -> bytes:
        """Return what a command of git prints."""
        try:
            done = subprocess.run(
                [*self._command, *arguments],
                input=given,
                capture_output=True,
                env=self._environment,
                cwd=self._folder,
                check=False,
            )
        except OSError as exc:
            raise EnvironmentFault(
                "git",
                "cannot be started, and merges what changed",
                got=(exc.strerror or type(exc).__name__).lower(),
                fix="install git 2.39 or later",
            ) from exc
        if done.returncode not in fine:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise EnvironmentFault(
                "git",
                f"`git {arguments[0]}` failed",
                got=said[-1] if said else f"exit {done.returncode}",
                fix=self._remedy(),
            )
        return done.stdout

    def _remedy(self) -> str:
        """What to do about a failure; the version is looked at only then."""
        said = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False)
        found = re.search(r"(\d+)\.(\d+)", said.stdout)
        if found and tuple(map(int, found.groups())) < OLDEST_GIT:
            return f"install git 2.39 or later instead of {found.group()}"
        return "see that there is room in the folder for temporary files"

    def merge(self) -> tuple[str, dict[str, set[int]]]:
        """Return the merged tree, and the sides that a file in conflict has: 1 base, 2, 3."""
        said = self.run("merge-tree", "--write-tree", "-z", YOURS, GROUNDPLAN, fine=(0, 1))
        tree, *rest = said.split(b"\0")
        stages: dict[str, set[int]] = {}
        for line in rest:
            if not line:
                break  # messages follow
            about, _, path = line.partition(b"\t")
            stages.setdefault(os.fsdecode(path), set()).add(int(about.split()[2]))
        return tree.decode(), stages

    def files(self, tree: str, known: Files) -> dict[str, File]:
        """Return the files of a tree."""
        listed = self.run("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")
        rows = [line.split(b"\t", 1) for line in listed if line]
        blobs = [about.split()[2] for about, _ in rows]
        contents = self._contents(blobs)
        return {
            os.fsdecode(path): File(content, about.startswith(b"100755"))
            for (about, path), content in zip(rows, contents, strict=True)
        }

    def _contents(self, blobs: list[bytes]) -> Iterator[bytes]:
        said = self.run("cat-file", "--batch", given=b"".join(blob + b"\n" for blob in blobs))
        at = 0
        for _ in blobs:
            start = said.index(b"\n", at) + 1
            size = int(said[at:start].split()[2])
            yield said[start : start + size]
            at = start + size + 1

    def moves(self) -> dict[str, str]:
        """Return the files that the team moved: former paths by new ones."""
        said = self.run(
            "diff-tree", "-r", "-M", "-z", "--name-status", "--diff-filter=R", _BASE, YOURS
        ).split(b"\0")
        rows = zip(said[1::3], said[2::3], strict=False)
        return {os.fsdecode(to): os.fsdecode(former) for former, to in rows}
