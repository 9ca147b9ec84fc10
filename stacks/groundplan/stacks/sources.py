"""Where the sources of images are, and what of them counts."""

import hashlib
from fnmatch import fnmatch
from pathlib import Path

from groundplan import pipelines
from groundplan.blueprints.plan.image_build import OWN_CONTEXT, ImageBuildPlan
from groundplan.constructs.errors import ConstructError

EXCLUDED = ["__pycache__", "*.pyc", ".*"]
"""What is no part of an image's source: it differs from machine to machine."""


def context_directory(context: str, sources: Path) -> Path:
    """Return where the context of an image is: beside the spec, or in groundplan itself."""
    if context.startswith(OWN_CONTEXT):
        return Path(pipelines.__file__).parent / context.removeprefix(OWN_CONTEXT)
    return sources / context


def source_directory(build: ImageBuildPlan, sources: Path) -> Path:
    """Return where the source of a build is.

    Raises:
        ConstructError: If it is no directory.
    """
    found = context_directory(build.context, sources)
    if not found.is_dir():
        raise ConstructError(
            f"images.{build.id}.context",
            "must be a directory beside the spec",
            got=build.context,
            fix="create it, or correct the context",
        )
    return found


def source_files(directory: Path) -> dict[str, Path]:
    """Return the files of a source by their path in it, sorted."""
    found = {path.relative_to(directory): path for path in directory.rglob("*") if path.is_file()}
    return {name.as_posix(): found[name] for name in sorted(found) if not _excluded(name)}


def source_hash(directory: Path) -> str:
    """Return the SHA-256 of a source's paths and contents, in hex."""
    whole = hashlib.sha256()
    for name, path in source_files(directory).items():
        content = path.read_bytes()
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


def _excluded(path: Path) -> bool:
    return any(fnmatch(part, pattern) for part in path.parts for pattern in EXCLUDED)
