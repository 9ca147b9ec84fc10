"""A small generated repository, and what tests of its update do to it."""

import importlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests_support import ROOT

from groundplan.blueprints.generator import Updated, generate, update

SMALLEST = ROOT / "tests" / "blueprints" / "spec" / "smallest.yaml"
LINES = "".join(f"line {number}\n" for number in range(1, 21))
"""A file in which two edits can be far from each other."""


SMALL: dict[str, str] = {
    "ci/github/ci.yml.jinja": "jobs:\n{% for item in environments %}\n  - {{ item.name }}\n{% endfor %}\n",
    "dataset/sheet.md.jinja": "# {{ dataset.name }}\n\nof {{ project }}\n",
    "environment/cdk/app.py.jinja": "NAME = {{ environment.name | tojson }}\n\nprint(NAME)\n",
    "environment/cdk/cdk.json": '{\n  "app": "python app.py"\n}\n',
    "ml/common/train.py": "".join(f"step_{number}()\n" for number in range(30)),
    "ml/tabular/model.py.jinja": "# {{ image.name }}\n\n\ndef model():\n    pass\n",
    "model/card.md.jinja": "# {{ model.name }}\n\nof {{ project }}, {{ spec.owner }}\n",
    "repository/README.md.jinja": "# {{ project }}\n\n"
    "{% for item in environments %}\n- {{ item.name }}: {{ item.stage }}\n{% endfor %}\n\nThe end.\n",
    "repository/check.sh": "#!/bin/sh\nset -eu\nmake test\n",
}
"""Templates that stand for the shipped ones, which take long to compile and change often."""


def use_small_templates(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Render from a handful of templates instead of the shipped ones."""
    for name, content in SMALL.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    module = importlib.import_module("groundplan.blueprints.generator.render")
    monkeypatch.setattr(module, "_shipped", lambda: folder)


def templates(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Make a folder of templates of one's own; they stand for what a version of groundplan renders."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    folder.mkdir(exist_ok=True)
    return folder


class Repository:
    """A repository, made with templates of one's own that later ones replace."""

    def __init__(self, folder: Path, files: dict[str, str | bytes]) -> None:
        self.folder = folder
        self.root = folder / "repository"
        source = folder / "source" / "groundplan.yaml"
        source.parent.mkdir(parents=True)
        shutil.copy(SMALLEST, source)
        generate(source, self.root, templates=templates(folder / "templates", files))

    def later(self, files: dict[str, str | bytes], *, check: bool = False) -> Updated:
        """Update to what these templates render."""
        own = templates(self.folder / "templates", files)
        return update(self.root, templates=own, check=check)

    def read(self, name: str) -> str:
        """Return a file's text."""
        return (self.root / name).read_bytes().decode()

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file as the team."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def change_spec(self, old: str, new: str) -> None:
        """Replace a text in the spec."""
        path = self.root / "groundplan.yaml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")


def git(root: Path, *arguments: str) -> str:
    """Run git as a team does, without the settings of who runs the test."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ["-c", "user.name=Team", "-c", "user.email=team@acme.example"]
    return subprocess.run(
        ["git", *who, "-C", str(root), *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    ).stdout
