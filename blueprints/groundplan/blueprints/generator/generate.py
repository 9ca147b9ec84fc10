"""Writes a project as a repository of its own."""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.generator.context import Context, context, used_images
from groundplan.blueprints.generator.lock import (
    BASE,
    LOCK,
    SCHEMA,
    SPEC,
    TEMPLATES,
    Lock,
    check_paths,
    digest,
    is_executable,
    pack,
)
from groundplan.blueprints.generator.placing import in_the_way, place
from groundplan.blueprints.generator.render import Tree, render
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.project import plan
from groundplan.blueprints.spec import ProjectSpec, load_spec, spec_schema

SAMPLES = "data"
"""Folder of sample data beside a spec."""
LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "*.pyc", ".git", ".venv", ".mypy_cache", ".*_cache"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What was written."""

    directory: Path
    """The repository."""

    rendered: Tree
    """Files from templates."""

    copied: tuple[str, ...]
    """Files of the spec's own folder, by path; sorted."""

    context: Context
    """What it was rendered from."""


def generate(
    spec: str | Path,
    out: str | Path,
    *,
    engine: Engine = "cdk",
    environments: tuple[str, ...] = (),
    templates: str | Path | None = None,
) -> Generated:
    """Write a repository for the project in ``spec`` to ``out``, whole or not at all.

    The spec, the files that it names, sample data in ``data/`` and folders of images that are there are
    copied; all else is rendered.

    Args:
        spec: File of the spec.
        out: Directory to make; it must not exist, or be empty but for `.git`, or be the spec's own:
            then what is there stays as it is, and the rest is added.
        engine: What deploys.
        environments: Environments that the repository is for. Default: all.
        templates: Folder of templates of one's own, which becomes part of the repository.

    Raises:
        SpecErrors: If the spec has mistakes.
        PlanError: If AWS would refuse something, or an environment is not the project's.
        InputError: If ``out`` is not empty or cannot be written, or has files of the same paths with
            other content, or a template is wrong.
    """
    source, target = Path(spec), Path(out)
    beside = target.is_dir() and target.resolve() == source.parent.resolve() and source.is_file()
    _check_target(target, source, beside=beside)
    loaded = load_spec(source)
    own = frozenset(found_contexts(loaded, source.parent))
    decided = plan(loaded, engine=engine)
    known = context(loaded, decided, environments=environments, own_contexts=own)
    rendered = render(known, own=None if templates is None else Path(templates))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        cloned = target.is_dir() and any(target.iterdir())  # or beside: it stays what it is
        room = target if cloned else target.parent  # of one file system with the target
        staged = Path(tempfile.mkdtemp(prefix=f".{target.resolve().name}.", dir=room))
    except OSError as exc:
        raise _unwritable(target, exc) from exc
    try:
        copied = () if beside else _copy(loaded, source, staged, own)
        if templates is not None:
            shutil.copytree(templates, staged / TEMPLATES, ignore=LEFT_OUT)
        inputs = {SPEC: source.read_bytes(), **texts(loaded)}
        made = state(known, rendered, environments, inputs)
        write_tree(staged, {**rendered, **made, SCHEMA: schema_file()})
        if cloned:
            _check_room(staged, target)
            # nobody's own: an earlier version's may be there
            (staged / SCHEMA).replace(target / SCHEMA)
            place(staged, target, last=LOCK)
        else:
            staged.chmod(0o755)  # mkdtemp makes it for its owner only
            staged.replace(target)
    except OSError as exc:
        raise _unwritable(target, exc) from exc
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Generated(directory=target, rendered=rendered, copied=copied, context=known)


def texts(spec: ProjectSpec) -> Tree:
    """Return the files that a spec names."""
    return {name: text.encode() for name, text in spec.files.items()}


def state(known: Context, rendered: Tree, environments: tuple[str, ...], inputs: Tree) -> Tree:
    """Return the files by which a repository knows what it was rendered from.

    Args:
        known: What it was rendered from.
        rendered: What was rendered.
        environments: Environments as they were asked for.
        inputs: The spec and the files that it names, kept so that a later one can be compared.

    Raises:
        InputError: If a template made a file that is none of theirs.
    """
    check_paths(rendered, TEMPLATES)
    own = {image.context for image in known.images if not image.rendered}
    lock = Lock(
        groundplan=known.version,
        engine=known.engine,
        environments=environments,
        own_contexts=tuple(sorted(own)),
        plan=digest(known.plan.canonical_json().encode()),
        files={path: digest(content) for path, content in rendered.items()},
        rendered_contexts=tuple(
            sorted({image.context for image in known.images if image.rendered})
        ),
    )
    return {LOCK: lock.text().encode(), BASE: pack({**inputs, **rendered})}


@cache
def schema_file() -> bytes:
    """Return the schema by which editors help with the spec."""
    return (json.dumps(spec_schema(), indent=2, sort_keys=True) + "\n").encode()


def found_contexts(spec: ProjectSpec, folder: Path) -> set[str]:
    """Return the folders of images that are there already, so that nothing is rendered into them."""
    contexts = {image.context for image, _ in used_images(spec)}
    return {context for context in contexts if (folder / context).is_dir()}


def write_tree(directory: Path, tree: Tree) -> None:
    """Write files below ``directory``; those that say what runs them become executable."""
    for path, content in tree.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if is_executable(content):
            file.chmod(0o755)


def _copy(spec: ProjectSpec, source: Path, staged: Path, own: frozenset[str]) -> tuple[str, ...]:
    """Copy what the spec's folder has."""
    shutil.copyfile(source, staged / SPEC)
    for name in spec.files:
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.parent / name, staged / name)
    for name in sorted({*own, SAMPLES}):
        if (source.parent / name).is_dir():
            shutil.copytree(
                source.parent / name, staged / name, ignore=LEFT_OUT, dirs_exist_ok=True
            )
    return tuple(
        sorted(path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file())
    )


def _check_room(staged: Path, target: Path) -> None:
    found = [path for path in in_the_way(staged, target) if path != SCHEMA]
    if found:
        raise InputError(
            str(target),
            "files with other content would be overwritten",
            got=", ".join(found),
            fix="move them away, generate, and bring back by hand what you need of them",
        )


def _check_target(target: Path, source: Path, *, beside: bool) -> None:
    if target.is_dir() and {item.name for item in target.iterdir()} <= {".git"}:
        return
    if (target / LOCK).exists():
        raise InputError(
            str(target),
            "holds a generated repository already",
            got=LOCK,
            fix=f"change its spec and run `groundplan update {target}`, or choose another directory",
        )
    if beside and source.name != SPEC:
        raise InputError(
            str(source),
            "a repository's spec has another name",
            got=source.name,
            fix=f"rename it to {SPEC}, or choose another directory",
        )
    if os.path.lexists(target) and not beside:
        raise InputError(
            str(target),
            "would be overwritten",
            got="a directory with content" if target.is_dir() else "a file",
            fix=f"choose another directory, or put the spec there as {SPEC} and generate beside it"
            if target.is_dir()
            else "choose another directory",
        )


def _unwritable(target: Path, exc: OSError) -> InputError:
    reason = (exc.strerror or type(exc).__name__).lower()
    return InputError(str(target), "cannot be written", got=reason, fix="choose another directory")
