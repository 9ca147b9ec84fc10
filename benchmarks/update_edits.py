"""Random edits: what a team does to its repository, what a spec and a later groundplan change."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from groundplan.blueprints.generator import Tree

TOKEN = "written-by-the-team-"
"""Begins each line that a team writes; a number follows."""
WORDS = ("account", "deploy", "model", "review", "alarm", "bucket", "key", "role", "data", "gate")


class Team:
    """Edits the files of a repository at random; every line it writes is one of a kind."""

    def __init__(self, root: Path, chance: random.Random, rendered: list[str]) -> None:
        self.root, self.chance, self.rendered = root, chance, rendered
        self.done: list[str] = []
        self.lines = 0

    def edit(self, count: int, coming: list[str]) -> None:
        """Make ``count`` edits; ``coming`` are files that templates will add."""
        kinds: list[tuple[int, Callable[[Path], None]]] = [
            (10, self._insert),
            (5, self._replace),
            (4, self._delete_lines),
            (2, self._append_without_newline),
            (2, self._delete),
            (2, self._move),
            (2, self._chmod),
            (1, self._windows),
            (1, self._binary),
            (1, self._latin),
            (1, self._link),
            (1, self._folder),
            (2, self._own),
            (2, lambda file: self._take(coming)),
        ]
        weights = [weight for weight, _ in kinds]
        for _ in range(count):
            files = [name for name in self.rendered if self._editable(self.root / name)]
            if not files:
                return
            (_, kind), *_ = self.chance.choices(kinds, weights)
            name = self.chance.choice(files)
            kind(self.root / name)
            self.done.append(f"{getattr(kind, '__name__', 'take')} {name}")

    def line(self) -> bytes:
        """Return a line that nobody else writes."""
        self.lines += 1
        return f"{TOKEN}{self.lines} {self.chance.choice(WORDS)}\n".encode()

    def _editable(self, file: Path) -> bool:
        return file.is_file() and not file.is_symlink()

    def _lines(self, file: Path) -> list[bytes]:
        return file.read_bytes().splitlines(keepends=True)

    def _insert(self, file: Path) -> None:
        lines = self._lines(file)
        at = self.chance.randint(0, len(lines))
        if at and not lines[at - 1].endswith(b"\n"):
            lines[at - 1] += b"\n"
        lines[at:at] = [self.line() for _ in range(self.chance.randint(1, 3))]
        file.write_bytes(b"".join(lines))

    def _replace(self, file: Path) -> None:
        lines = self._lines(file)
        if lines:
            lines[self.chance.randrange(len(lines))] = self.line()
        file.write_bytes(b"".join(lines))

    def _delete_lines(self, file: Path) -> None:
        lines = self._lines(file)
        at = self.chance.randint(0, len(lines))
        del lines[at : at + self.chance.randint(1, 5)]
        file.write_bytes(b"".join(lines))

    def _append_without_newline(self, file: Path) -> None:
        file.write_bytes(file.read_bytes() + self.line().rstrip(b"\n"))

    def _delete(self, file: Path) -> None:
        file.unlink()

    def _move(self, file: Path) -> None:
        folder = self.chance.choice(["", "moved/", "moved/deeper/"])
        target = self.root / f"{folder}moved-{self.chance.randrange(1000)}-{file.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            file.rename(target)

    def _chmod(self, file: Path) -> None:
        file.chmod(self.chance.choice([0o644, 0o755, 0o600, 0o700, 0o664]))

    def _windows(self, file: Path) -> None:
        content = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        file.write_bytes(content)

    def _binary(self, file: Path) -> None:
        file.write_bytes(b"\0\1\2" + self.line() + file.read_bytes())

    def _latin(self, file: Path) -> None:
        file.write_bytes(self.line().rstrip() + b" caf\xe9\n" + file.read_bytes())

    def _link(self, file: Path) -> None:
        target = self.root / f"linked-{self.chance.randrange(1000)}"
        if not os.path.lexists(target):
            target.write_bytes(self.line())
            file.unlink()
            file.symlink_to(os.path.relpath(target, file.parent))

    def _folder(self, file: Path) -> None:
        file.unlink()
        file.mkdir()
        (file / "own.txt").write_bytes(self.line())

    def _own(self, file: Path) -> None:
        target = file.parent / f"own-{self.chance.randrange(1000)}.md"
        if not os.path.lexists(target):
            target.write_bytes(b"".join(self.line() for _ in range(self.chance.randint(1, 9))))

    def _take(self, coming: list[str]) -> None:
        """Make a file where templates will have one."""
        free = [name for name in coming if self._free(self.root / name)]
        if free:
            target = self.root / self.chance.choice(free)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"".join(self.line() for _ in range(self.chance.randint(1, 4))))

    def _free(self, target: Path) -> bool:
        above = [folder for folder in target.parents if folder.is_relative_to(self.root)]
        fine = all(not os.path.lexists(f) or (f.is_dir() and not f.is_symlink()) for f in above)
        return fine and not os.path.lexists(target)


def later_templates(rendered: Tree, busy: list[str], chance: random.Random, count: int) -> Tree:
    """Return what a later groundplan might render instead; it changes ``busy`` files most."""
    tree = dict(rendered)
    for number in range(count):
        names = [name for name in busy if name in tree]
        name = chance.choice(names if names and chance.random() < 0.7 else sorted(tree))
        lines = tree[name].splitlines(keepends=True)
        at = chance.randint(0, len(lines))
        kind = chance.choices(
            ["insert", "replace", "delete", "drop", "move", "add", "top"], [8, 6, 4, 2, 2, 2, 2]
        )[0]
        fresh = f"a later groundplan {number} {chance.choice(WORDS)}\n".encode()
        if kind == "insert":
            lines[at:at] = [fresh] * chance.randint(1, 3)
        elif kind == "replace" and at < len(lines):
            lines[at] = fresh
        elif kind == "delete":
            del lines[at : at + chance.randint(1, 8)]
        elif kind == "top":
            lines.insert(0, fresh)
        tree[name] = b"".join(lines)
        if kind == "drop" and len(tree) > 1:
            del tree[name]
        elif kind == "move":
            tree[f"later/{Path(name).name}"] = tree.pop(name)
        elif kind == "add":
            tree[f"later/new-{number}.md"] = fresh * chance.randint(1, 20)
    return {name: content for name, content in sorted(tree.items()) if content.strip()}


def change_spec(spec: dict[str, Any], chance: random.Random) -> str:
    """Change a spec at random, as a team would, and return what was done."""

    def add_environment() -> None:
        like = dict(chance.choice(spec["environments"]))
        like.pop("trains", None)
        like |= {"name": f"extra-{chance.randrange(100)}", "stage": "development"}
        spec["environments"].append(like)

    def remove_environment() -> None:
        others = [item for item in spec["environments"] if not item.get("trains")]
        if len(spec["environments"]) > 1 and others:
            spec["environments"].remove(chance.choice(others))

    def rename_environment() -> None:
        chance.choice(spec["environments"])["name"] = f"renamed-{chance.randrange(100)}"

    def rename_model() -> None:
        chance.choice(spec["models"])["name"] = f"model-{chance.randrange(100)}"

    def add_dataset() -> None:
        like = dict(chance.choice(spec["datasets"])) | {"name": f"data-{chance.randrange(100)}"}
        spec["datasets"].append(like)

    def change_image() -> None:
        chance.choice(spec["models"])["training"]["image"] = f"image-{chance.randrange(100)}"

    def change_delivery() -> None:
        if spec.pop("delivery", None) is None:
            about = {"repository_id": 1, "owner_id": 2}
            spec["delivery"] = {"ci": "github", "repository": "acme/churn", **about}

    def change_owner() -> None:
        spec["owner"] = f"team-{chance.randrange(100)}@acme.example"

    def rename_project() -> None:
        spec["project"] = f"{spec['project'][:12]}-{chance.randrange(100)}"

    kinds = [
        add_environment,
        remove_environment,
        rename_environment,
        rename_model,
        add_dataset,
        change_image,
        change_delivery,
        change_owner,
        rename_project,
    ]
    kind = chance.choice(kinds)
    kind()
    return kind.__name__


def clear(folder: Path) -> None:
    """Remove a folder, whatever the team did to it."""
    shutil.rmtree(folder, ignore_errors=True)
