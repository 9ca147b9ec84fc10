"""What a generated repository was made with: `.groundplan/lock.json` and `.groundplan/base.zip`."""

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.generator.render import Tree
from groundplan.blueprints.plan.engine import ENGINES, Engine

FOLDER = ".groundplan"
LOCK = f"{FOLDER}/lock.json"
BASE = f"{FOLDER}/base.zip"
TEMPLATES = f"{FOLDER}/templates"
SPEC = "groundplan.yaml"
SCHEMA = "groundplan.schema.json"
FORMAT = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip file can hold
_REGULAR, _EXECUTABLE = 0o100644, 0o100755


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What a repository was rendered from."""

    groundplan: str
    """Version of groundplan."""

    engine: Engine
    """What deploys."""

    environments: tuple[str, ...]
    """Environments that were asked for; empty: all."""

    own_contexts: tuple[str, ...]
    """Folders of images whose programs never came from templates; sorted."""

    plan: str
    """SHA-256 of the plan's canonical JSON."""

    files: dict[str, str]
    """SHA-256 of each rendered file, by its path."""

    rendered_contexts: tuple[str, ...] = ()
    """Folders of images whose programs come from templates; sorted."""

    format: int = FORMAT
    """Version of this file's form."""

    def text(self) -> str:
        """Return the file's content."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def digest(content: bytes) -> str:
    """Return the SHA-256 of ``content``."""
    return hashlib.sha256(content).hexdigest()


def read_lock(directory: Path) -> Lock:
    """Return the lock of a generated repository.

    Raises:
        InputError: If ``directory`` is none, or its lock cannot be read.
    """
    path = directory / LOCK
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        lock = Lock(
            groundplan=str(found["groundplan"]),
            engine=found["engine"],
            environments=tuple(found["environments"]),
            own_contexts=tuple(found["own_contexts"]),
            plan=str(found["plan"]),
            files=dict(found["files"]),
            rendered_contexts=tuple(found.get("rendered_contexts", ())),
            format=int(found["format"]),
        )
        if lock.format <= FORMAT and lock.engine not in ENGINES:
            raise ValueError(f"no engine {lock.engine}")
    except FileNotFoundError as exc:
        raise InputError(
            str(directory),
            f"is no repository of groundplan: it has no {LOCK}",
            got=str(directory),
            fix="name a directory that `groundplan generate` made",
        ) from exc
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise InputError(
            str(path),
            "cannot be read",
            got=f"{type(exc).__name__}: {exc}",
            fix="take it from the last commit",
        ) from exc
    if lock.format > FORMAT:
        raise InputError(
            str(path),
            "was made by a later version of groundplan",
            got=lock.groundplan,
            fix=f"install groundplan {lock.groundplan} or later",
        )
    return lock


def read_base(directory: Path, lock: Lock) -> Tree:
    """Return what a repository was rendered as last.

    Raises:
        InputError: If it cannot be read, is not what the lock says, or names a path outside.
    """
    path = directory / BASE
    try:
        stored = unpack(path.read_bytes())
        rendered = {name: stored[name] for name in lock.files}
    except (OSError, KeyError, zipfile.BadZipFile) as exc:
        raise InputError(
            str(path),
            "cannot be read",
            got=f"{type(exc).__name__}: {exc}",
            fix=f"take it and {LOCK} from the last commit",
        ) from exc
    check_paths(rendered, str(path))
    wrong = [name for name, content in rendered.items() if digest(content) != lock.files[name]]
    if wrong:
        raise InputError(
            str(path),
            f"does not belong to {LOCK}",
            got=wrong[0],
            fix="take both from one commit, such as `git checkout HEAD -- .groundplan`",
        )
    return rendered


def check_paths(tree: Tree, place: str) -> None:
    """Refuse files that templates must not make.

    Raises:
        InputError: If a file is the spec's, groundplan's own or git's, or lies outside.
    """
    for name in tree:
        parts = PurePosixPath(name).parts
        outside = name.startswith("/") or ".." in parts or "\\" in name
        if outside or name in (SPEC, SCHEMA) or {FOLDER, ".git"} & {part.lower() for part in parts}:
            raise InputError(
                place,
                "templates make no such file",
                got=name,
                fix=f"leave out the spec, its schema, {FOLDER}/, .git/ and paths outside",
            )


def is_executable(content: bytes) -> bool:
    """Whether a rendered file is a program: one that says what runs it."""
    return content.startswith(b"#!")


def pack(tree: Tree) -> bytes:
    """Return files as an archive, the same bytes on every machine."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted(tree.items()):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = 3  # Unix, on Windows too
            entry.external_attr = (_EXECUTABLE if is_executable(content) else _REGULAR) << 16
            archive.writestr(entry, content)
    return stream.getvalue()


def unpack(content: bytes) -> Tree:
    """Return the files of an archive that `pack` made.

    Raises:
        zipfile.BadZipFile: If it is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except Exception as exc:  # a cut or flipped archive makes zipfile raise nearly anything
        raise zipfile.BadZipFile(str(exc)) from exc
