"""``groundplan update``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from groundplan.blueprints.generator.updated import Updated

LINES_OF_A_FILE, LINES_OF_ALL = 24, 200
"""Lines of difference that `--check` shows."""


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit 1 and say what would change, if something would.",
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of your own templates that replaces the repository's. Default: they stay.",
)
def command(directory: Path, check: bool, templates: Path | None) -> None:
    """Render the repository in DIRECTORY again after a change of its spec or of groundplan.

    What the team wrote stays: both are merged line by line. Where both changed the same lines the file
    holds both, between `<<<<<<< yours` and `>>>>>>> groundplan`, it is listed, and the exit code is 1.
    All files are written, or none.
    """
    from groundplan.blueprints.generator import update

    result = update(directory, templates=templates, check=check)
    for line in _check_lines(result) if check else _lines(result):
        click.echo(line)
    if result.conflicts or result.unresolved or (check and not result.done):
        raise click.exceptions.Exit(1)


def _lines(result: "Updated") -> Iterator[str]:
    """Yield what an update did."""
    place = result.directory
    if result.recovered:
        yield f"{place}: an update was killed before its end; it is {result.recovered} now"
    if result.former != result.version and (result.before or result.after):
        yield f"groundplan {result.former} -> {result.version}"
    yield from _files(result)
    if result.unresolved:
        waiting = " and nothing was updated" if result.waiting else ""
        yield f"conflicts of an earlier update are unresolved{waiting}"
        yield "next: edit what is between the markers, then update again"
    elif result.done and not result.kept:
        yield f"{place}: nothing to update"
    else:
        counts = _counts(result)
        yield counts or "no file from a template changed"
        first = "resolve the conflicts, " if result.conflicts else ""
        look = "look at `git diff`, run `make test`, " if counts else ""
        rest = " with the rest" if counts else ", which says what was rendered from which plan"
        yield f"next: {first}{look}commit .groundplan/{rest}"


def _check_lines(result: "Updated") -> Iterator[str]:
    """Yield why a repository is not up to date; nothing if it is."""
    place = result.directory
    if result.interrupted:
        yield f"{place}: an update was killed before its end; `groundplan update {place}` ends it"
        return
    if result.done:
        return
    if result.former != result.version:
        yield f"groundplan {result.former} -> {result.version}"
    if result.plan_changed:
        yield "the spec's plan is another one than that of the last update"
    yield from _files(result)
    if result.unresolved:
        yield f"next: edit what is between the markers in {place}, then `groundplan update {place}`"
        return
    counts = _counts(result) or "no file from a template changes, only .groundplan/"
    yield f"{counts}; `groundplan update {place}` writes it"
    left = LINES_OF_ALL
    for path in [*result.after, *result.removed]:
        if not path.startswith(".groundplan/") and left > 0:
            shown = _difference(result, path)
            left -= len(shown)
            yield from ["", *shown]
    if left <= 0:
        yield "..."


def _files(result: "Updated") -> Iterator[str]:
    marked = {conflict.path for conflict in result.conflicts}
    for verb, paths in (("added", result.added), ("updated", result.changed)):
        for path in paths:
            if path in marked or path.startswith(".groundplan/"):
                continue
            former = result.moves.get(path)
            yield f"  {verb:<10} {path}" + (f" (was {former})" if former else "")
    for path in result.removed:
        yield f"  {'removed':<10} {path}"
    for path in result.kept:
        yield f"  {'kept':<10} {path}: no longer rendered; you changed it, so it is yours"
    for conflict in result.conflicts:
        yield f"  {'conflict':<10} {conflict.path}: {conflict.problem}; {conflict.fix}"
    for path in result.unresolved:
        yield f"  {'unresolved':<10} {path}: has conflict markers"


def _counts(result: "Updated") -> str:
    """Return how many files from templates change; nothing if none does."""
    marked = {conflict.path for conflict in result.conflicts}
    rows = {
        "added": [path for path in result.added if path not in marked],
        "updated": [path for path in result.changed if path not in marked],
        "removed": result.removed,
        "kept": result.kept,
        "in conflict": marked,
    }
    counted = {
        verb: sum(not path.startswith(".groundplan/") for path in paths)
        for verb, paths in rows.items()
    }
    return ", ".join(f"{count} {verb}" for verb, count in counted.items() if count)


def _difference(result: "Updated", path: str) -> list[str]:
    """Return what changes in a file, as much as a log should hold."""
    import difflib

    sides = [side.get(path, b"") for side in (result.before, result.after)]
    if any(b"\0" in side for side in sides):
        return [f"{path}: no text"]
    old, new = (side.decode("utf-8", "replace").splitlines() for side in sides)
    former, now = (path if path in side else "/dev/null" for side in (result.before, result.after))
    lines = list(difflib.unified_diff(old, new, former, now, n=1, lineterm=""))
    if not lines:
        return [f"{path}: permissions"]
    rest = len(lines) - LINES_OF_A_FILE
    return lines if rest <= 1 else [*lines[:LINES_OF_A_FILE], f"... {rest} lines more"]
