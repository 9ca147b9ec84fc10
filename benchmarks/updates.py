"""Random edits of a team and random changes of spec and templates: is a line lost, does it converge?

``python -m benchmarks.updates --cases 2000 [--seed 0]`` prints one table; any mistake ends it with its seed.
"""

import argparse
import copy
import os
import random
import re
import shutil
import stat
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from benchmarks.update_edits import TOKEN, Team, change_spec, clear, later_templates

from groundplan.blueprints.errors import GroundplanError
from groundplan.blueprints.generator import Tree, Updated, context, generate, render, update
from groundplan.blueprints.generator.generate import found_contexts
from groundplan.blueprints.generator.lock import is_executable, read_lock
from groundplan.blueprints.generator.merge import MARKER
from groundplan.blueprints.plan.project import plan
from groundplan.blueprints.spec import load_spec

ROOT = Path(__file__).parent.parent
SPECS = (
    ROOT / "tests" / "blueprints" / "spec" / "smallest.yaml",
    ROOT / "examples" / "sandbox" / "groundplan.yaml",
    ROOT / "examples" / "churn" / "groundplan.yaml",
)
RENDER = "groundplan.blueprints.generator.update.render"
Snapshot = dict[str, tuple[int, int, bytes]]
"""Mode, time of the last change and content, or a link's target, by path."""


@dataclass
class Outcome:
    """What happened in a trial."""

    edits: list[str]
    lines: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


def snapshot(root: Path) -> Snapshot:
    """Return everything below a folder but git's own."""
    found: Snapshot = {}
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name != ".git"]
        links = [name for name in below if (Path(folder) / name).is_symlink()]
        for name in [*names, *links]:
            path = Path(folder) / name
            status = path.lstat()
            link = stat.S_ISLNK(status.st_mode)
            content = os.fsencode(path.readlink()) if link else path.read_bytes()
            found[path.relative_to(root).as_posix()] = status.st_mode, status.st_mtime_ns, content
    return found


def tokens(files: Snapshot) -> Counter[bytes]:
    """Count the lines that a team wrote."""
    found: Counter[bytes] = Counter()
    pattern = re.compile(TOKEN.encode() + rb"\d+ \w+")
    for path, (mode, _, content) in files.items():
        if not path.startswith(".groundplan/") and not stat.S_ISLNK(mode):
            found.update(pattern.findall(content))
    return found


def trial(chance: random.Random, folder: Path) -> Outcome:
    """Make a repository, edit it, change what it is rendered from, update it, and look.

    Raises:
        AssertionError: If the update lost something or does not converge.
    """
    repository = folder / "repository"
    (source,) = chance.choices(SPECS, [4, 1, 1])
    original, base = _original(source, folder.parent)
    shutil.copytree(original, repository)
    edits = [source.parent.name, *_change_spec(repository, chance)]
    busy = chance.sample(
        sorted(base), 6
    )  # both sides change the same few files, or they seldom meet
    new = _later(repository, base, busy, chance)
    team = Team(repository, chance, busy)
    team.edit(chance.randint(1, 12), sorted(new.keys() - base.keys()))
    before = snapshot(repository)
    outcome = Outcome([*edits, *team.done], lines=sum(tokens(before).values()))
    with patch(RENDER, lambda known, own=None: new):
        _look(repository, before, base, new, outcome, chance)
    return outcome


@cache
def _original(source: Path, folder: Path) -> tuple[Path, Tree]:
    """Generate a repository once, to be copied."""
    given = yaml.safe_load(source.read_text("utf-8"))
    made = folder / f"original-{source.parent.name}"
    spec = folder / f"spec-{source.parent.name}" / "groundplan.yaml"
    spec.parent.mkdir()
    spec.write_text(yaml.safe_dump(given, sort_keys=False))
    return made, generate(spec, made).rendered


def _change_spec(repository: Path, chance: random.Random) -> list[str]:
    """Change the spec, if what comes of it is valid."""
    file = repository / "groundplan.yaml"
    given: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    changed = copy.deepcopy(given)
    done = [change_spec(changed, chance) for _ in range(chance.randint(0, 2))]
    file.write_text(yaml.safe_dump(changed, sort_keys=False))
    try:
        plan(load_spec(file))
    except GroundplanError:
        file.write_text(yaml.safe_dump(given, sort_keys=False))
        return ["no change of the spec"]
    return done


def _later(repository: Path, base: Tree, busy: list[str], chance: random.Random) -> Tree:
    spec = load_spec(repository / "groundplan.yaml")
    rendered = read_lock(repository).rendered_contexts
    own = found_contexts(spec, repository) - set(rendered)
    fresh = render(context(spec, plan(spec), own_contexts=frozenset(own)))
    return later_templates(fresh, busy, chance, chance.choice([0, 1, 3, 8]))


def _look(
    root: Path,
    before: Snapshot,
    base: Tree,
    new: Tree,
    outcome: Outcome,
    chance: random.Random,
) -> None:
    said = None
    if chance.random() < 0.3:
        said = update(root, check=True)
        assert snapshot(root) == before, "--check wrote"
    result = update(root)
    after = snapshot(root)
    outcome.kinds.update(_kinds(result))
    if said is not None:
        assert (said.before, said.after) == (result.before, result.after), "--check said otherwise"
    lost = tokens(before) - tokens(after)
    assert not lost, f"lost {sorted(lost)}"
    assert not any(path.startswith(".groundplan/update") for path in after), "left its stage"
    for mistake in _mistakes(before, after, base, new, result):
        raise AssertionError(mistake)
    again = update(root)
    assert snapshot(root) == after, "the second update wrote"
    assert not again.conflicts
    marked = {
        path
        for path, (mode, _, content) in after.items()
        if stat.S_ISREG(mode) and MARKER.search(content) and not path.startswith(".groundplan/")
    }
    assert set(again.unresolved) == marked, f"unresolved {again.unresolved}, marked {marked}"
    assert marked <= {conflict.path for conflict in result.conflicts}, "marked, not listed"


def _mistakes(
    before: Snapshot, after: Snapshot, base: Tree, new: Tree, result: Updated
) -> Iterator[str]:
    """Yield what a team would not forgive."""
    written = {*result.before, *result.after}
    for path, found in before.items():
        if path not in written and after.get(path) != found:
            yield f"{path} was not named and changed"
        rendered = path in base or path in new or path.startswith(".groundplan/")
        if not rendered and path not in result.moves and after.get(path) != found:
            yield f"{path} is the team's and changed"
        if not stat.S_ISREG(found[0]) and after.get(path) != found:
            yield f"{path} is no file and changed"
    touched_and_dropped = any(
        path not in new and (path not in before or before[path][2] != base[path]) for path in base
    )
    for path in {*base, *new}:
        untouched = path in base and path in before and _as_rendered(before[path], base[path])
        if untouched and path not in new and path in after:
            yield f"{path} was not edited and stays"
        if untouched and path in new and not _as_rendered(after[path], new[path]):
            yield f"{path} was not edited and is not what a fresh one is"
        fresh = path not in base and path not in before and path in new
        barred = any(conflict.path == path for conflict in result.conflicts)
        as_fresh = path in after and path in new and _as_rendered(after[path], new[path])
        if fresh and not barred and not touched_and_dropped and not as_fresh:
            yield f"{path} is new and not what a fresh one is"
    for path in set(base) - set(before):
        if path in after and path not in result.moves:
            yield f"{path} was deleted and is back"


def _as_rendered(found: tuple[int, int, bytes], content: bytes) -> bool:
    mode, _, now = found
    return stat.S_ISREG(mode) and now == content and bool(mode & 0o100) == is_executable(content)


def _kinds(result: Updated) -> Iterator[str]:
    for name in ("added", "changed", "removed", "kept", "moves", "conflicts"):
        yield from [name] * len(getattr(result, name))
    yield "with conflicts" if result.conflicts else "without conflicts"
    yield from (
        f"conflict: {re.sub('(link|file) .*? is', 'link is', c.problem)}" for c in result.conflicts
    )


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="updates-"))


def main() -> None:
    """Run trials and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start, lines, edits = time.monotonic(), 0, 0
    kinds: Counter[str] = Counter()
    for seed in range(options.seed, options.seed + options.cases):
        folder = _scratch() / str(seed)
        folder.mkdir()
        try:
            outcome = trial(random.Random(seed), folder)
        except BaseException:
            print(f"seed {seed}: {folder}")
            raise
        clear(folder)
        lines, edits = lines + outcome.lines, edits + len(outcome.edits)
        kinds += outcome.kinds
    clear(_scratch())
    print(f"{options.cases} cases, {edits} edits, {lines} lines of the team's, none lost")
    for kind, count in sorted(kinds.items()):
        print(f"{count:8} {kind}")
    print(f"{time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
