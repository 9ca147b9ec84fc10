"""Renders a repository again after a change of its spec or of groundplan, and keeps what the team wrote."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from packaging.version import InvalidVersion, Version

from groundplan.blueprints.errors import InputError, PlanError
from groundplan.blueprints.generator.applying import Change, apply, held, is_interrupted, recover
from groundplan.blueprints.generator.context import Context, context
from groundplan.blueprints.generator.generate import (
    LEFT_OUT,
    found_contexts,
    schema_file,
    state,
    texts,
)
from groundplan.blueprints.generator.lock import (
    BASE,
    FOLDER,
    LOCK,
    SCHEMA,
    SPEC,
    TEMPLATES,
    Lock,
    digest,
    is_executable,
    read_base,
    read_lock,
)
from groundplan.blueprints.generator.merge import (
    MARKER,
    Conflict,
    File,
    Files,
    Merged,
    deleted,
    merge,
)
from groundplan.blueprints.generator.render import Tree, render
from groundplan.blueprints.generator.updated import Updated
from groundplan.blueprints.generator.working_tree import (
    WorkingTree,
    conflict_in_place,
    read_tree,
    to_disk,
)
from groundplan.blueprints.plan.project import plan
from groundplan.blueprints.spec import ProjectSpec, load_spec


def update(
    directory: str | Path, *, templates: str | Path | None = None, check: bool = False
) -> Updated:
    """Render a repository again and merge the result into what the team made of the last one.

    All of it is put in place, or nothing: by a program of its own (`apply.py`), which the end of this
    process does not stop. If that one is killed in the moment that it takes, the next update first
    brings the work to its end.

    Args:
        directory: What `generate` made.
        templates: Folder of templates that replaces the repository's own. Default: they stay.
        check: Whether to write nothing and only say what would change.

    Raises:
        SpecErrors: If the spec has mistakes.
        PlanError: If AWS would refuse something.
        InputError: If ``directory`` is none of groundplan's or of a later version, its lock is
            damaged, a template is wrong, or a file cannot be read.
        EnvironmentFault: If it cannot be written, another update is at work, git is missing, or a
            file changed meanwhile. Nothing is changed then.
    """
    root = Path(directory)
    _check_place(root)
    with held(root, alone=not check) as lock_held:
        if check and is_interrupted(root):
            found = version("groundplan")
            return Updated(directory=root, former=found, version=found, interrupted=True)
        recovered, left = ("", ()) if check else recover(root, lock_held)
        result, changes = _prepare(root, None if templates is None else Path(templates), recovered)
        if changes and not check:
            left += apply(root, changes, lock_held)
    if not left:
        return result
    return _with_left(result, left)


def _prepare(root: Path, templates: Path | None, recovered: str) -> tuple[Updated, list[Change]]:
    """Decide what to write, without writing."""
    lock = read_lock(root)
    running = version("groundplan")
    _check_version(root, lock, running)
    own = templates or (root / TEMPLATES if (root / TEMPLATES).is_dir() else None)
    spec = load_spec(root / SPEC)
    known = _context(root, spec, lock)
    rendered = render(known, own=own)
    inputs = {SPEC: (root / SPEC).read_bytes(), **texts(spec)}
    made = state(known, rendered, lock.environments, inputs)
    base, new = _files(read_base(root, lock)), _files(rendered)
    tree = read_tree(root, base, new)
    unresolved = tuple(_unresolved(tree.files, base, new))
    merged = _merge(tree, base, new)
    changes = [*_changes(tree, merged), *_own_templates(root, templates)]
    fresh = made[LOCK] != lock.text().encode()
    changes += _state(root, made, fresh=fresh)
    waiting = bool(unresolved) and merged.files != tree.files
    if waiting:  # markers would be marked again
        changes, merged = [], Merged(files=tree.files)
    changes.sort(key=lambda item: item.path)
    return Updated(
        directory=root,
        former=lock.groundplan,
        version=running,
        before={item.path: _content(root, item.path) for item in changes if item.before},
        after={item.path: item.content for item in changes if item.content is not None},
        moves=dict(merged.moves),
        kept=merged.kept,
        conflicts=merged.conflicts,
        unresolved=unresolved,
        waiting=waiting,
        plan_changed=fresh and digest(known.plan.canonical_json().encode()) != lock.plan,
        recovered=recovered,
    ), changes


def _check_place(root: Path) -> None:
    if not root.is_dir():
        raise InputError(
            str(root),
            "is no directory",
            got=str(root),
            fix="name a directory that `groundplan generate` made",
        )
    for name in (FOLDER, LOCK, BASE, SCHEMA):
        if (root / name).is_symlink():
            raise InputError(
                str(root / name), "is a link", got=name, fix="put the file itself there"
            )
    read_lock(root)


def _check_version(root: Path, lock: Lock, running: str) -> None:
    try:
        later = Version(lock.groundplan) > Version(running)
    except InvalidVersion as exc:
        raise InputError(
            str(root / LOCK),
            "names no version of groundplan",
            got=lock.groundplan,
            fix="take it from the last commit",
        ) from exc
    if later:
        raise InputError(
            str(root),
            f"was rendered by a later groundplan than this one, {running}",
            got=lock.groundplan,
            fix=f"install groundplan {lock.groundplan} or later",
        )


def _context(root: Path, spec: ProjectSpec, lock: Lock) -> Context:
    """What templates know; folders of images stay whose they were when they were first seen."""
    found = found_contexts(spec, root) - set(lock.rendered_contexts)
    try:
        return context(
            spec,
            plan(spec, engine=lock.engine),
            environments=lock.environments,
            own_contexts=frozenset({*lock.own_contexts, *found}),
        )
    except PlanError as exc:
        if exc.path != "--env":
            raise
        raise InputError(
            str(root / SPEC),
            "has no such environment, which this repository is for",
            got=exc.got,
            fix=f"put it back, or change `environments` in {LOCK}",
        ) from exc


def _files(tree: Tree) -> dict[str, File]:
    return {path: File(content, is_executable(content)) for path, content in tree.items()}


def _unresolved(ours: Files, base: Files, new: Files) -> Iterator[str]:
    """Yield the files with conflict markers that no template wrote."""
    for path, file in sorted(ours.items()):
        rendered = [side[path].content for side in (base, new) if path in side]
        if MARKER.search(file.content) and not any(map(MARKER.search, rendered)):
            yield path


def _merge(tree: WorkingTree, base: Files, new: Files) -> Merged:
    """Merge all that is no obstacle; what stands in the place of a file is left alone."""
    if base == new:
        return Merged(files=tree.files)
    barred = tree.barred
    merged = merge(
        {path: file for path, file in base.items() if path not in barred},
        tree.files,
        {path: file for path, file in new.items() if path not in barred},
    )
    in_place = [
        conflict_in_place(path, bar)
        for path, bar in barred.items()
        if path in new and new[path] != base.get(path)
    ]
    return Merged(
        files=merged.files,
        conflicts=tuple(sorted([*merged.conflicts, *in_place])),
        kept=merged.kept,
        moves=merged.moves,
    )


def _changes(tree: WorkingTree, merged: Merged) -> Iterator[Change]:
    for path in sorted({*tree.files, *merged.files}):
        ours, result = tree.files.get(path), merged.files.get(path)
        if ours == result:
            continue
        if result is None:
            yield Change(path=path, before=tree.digests[path], content=None)
            continue
        mode = None if ours is None else _mode(tree.modes[path], program=result.executable)
        yield Change(
            path=path,
            before=tree.digests.get(path),
            content=to_disk(tree, path, result.content),
            mode=mode,
            program=result.executable,
        )


def _mode(mode: int, *, program: bool) -> int:
    """Return permissions with or without that to run, for whom may read."""
    return mode | (mode & 0o444) >> 2 if program else mode & ~0o111


def _own_templates(root: Path, templates: Path | None) -> Iterator[Change]:
    """Yield what makes the repository's own templates those of a folder."""
    if templates is None or (root / TEMPLATES).resolve() == templates.resolve():
        return
    given, here = _contents(templates), _contents(root / TEMPLATES)
    for name in sorted({*given, *here}):
        content, found = given.get(name), here.get(name)
        if content != found:
            path = f"{TEMPLATES}/{name}"
            if found is not None and content is not None:
                yield _changed(root, path, found, content)
            else:
                before = None if found is None else digest(found)
                yield Change(path=path, before=before, content=content)


def _contents(folder: Path) -> Tree:
    found = {}
    for above, below, names in os.walk(folder):
        left_out = LEFT_OUT(above, [*below, *names])
        below[:] = [name for name in below if name not in left_out]
        for name in names:
            if name not in left_out:
                path = Path(above, name)
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _state(root: Path, made: Tree, *, fresh: bool) -> Iterator[Change]:
    """Yield what changes about groundplan's own files; none of them if only a comment did."""
    if not fresh:
        return
    for name, content in made.items():
        found = _content(root, name)
        if found != content:
            yield _changed(root, name, found, content)
    # a team that deleted the schema does not want it
    if (root / SCHEMA).is_file() and _text(root / SCHEMA) != schema_file():
        yield _changed(root, SCHEMA, _content(root, SCHEMA), schema_file())


def _changed(root: Path, path: str, found: bytes, content: bytes) -> Change:
    mode = stat.S_IMODE((root / path).stat().st_mode)
    return Change(path=path, before=digest(found), content=content, mode=mode)


def _text(path: Path) -> bytes:
    return path.read_bytes().replace(b"\r\n", b"\n")


def _content(root: Path, path: str) -> bytes:
    try:
        return (root / path).read_bytes()
    except FileNotFoundError:
        return b""


def _with_left(result: Updated, left: tuple[str, ...]) -> Updated:
    """Add the files that somebody changed in the moment of applying, which stay as they are."""
    added = (
        Conflict(path, "changed while it was updated; yours stays", deleted(path).fix)
        for path in left
    )
    return replace(result, conflicts=tuple(sorted([*result.conflicts, *added])))
