"""Golden trees: what repositories hold, kept for review in diffs."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.generated.repositories import PROJECTS, ROOT, Project

from groundplan.blueprints.generator.render import PROGRAMS
from groundplan.blueprints.plan.engine import Engine

GOLDEN = ROOT / "tests" / "golden"
POINTS = tuple(project for project in PROJECTS if not project.example)
_DOT = "dot-"
"""In place of the dot of files that git would read from our repository."""


def trees() -> dict[str, dict[str, bytes]]:
    """Return the files of each golden tree, by the tree's name.

    Of Pulumi's, only those that differ from the CDK's.
    """
    found: dict[str, dict[str, bytes]] = {}
    for project in POINTS:
        cdk, pulumi = rendered(project, "cdk"), rendered(project, "pulumi")
        found[f"{project.point}-cdk"] = cdk
        found[f"{project.point}-pulumi"] = {
            path: content for path, content in pulumi.items() if cdk.get(path) != content
        }
    return found


def rendered(project: Project, engine: Engine) -> dict[str, bytes]:
    """Return what comes from templates, without the copies of standard programs."""
    with TemporaryDirectory() as scratch:
        made = project.generate(Path(scratch) / "repository", engine)
        spec = (made.directory / "groundplan.yaml").read_bytes()
    contexts = {image.context for image in made.context.images}
    copies = {f"{context}/{program}" for context in contexts for program in PROGRAMS}
    kept = {path: content for path, content in made.rendered.items() if path not in copies}
    return {_visible(path): content for path, content in {**kept, "groundplan.yaml": spec}.items()}


def stored(name: str) -> dict[str, bytes]:
    """Return a golden tree as it is kept."""
    folder = GOLDEN / name
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def rewrite() -> None:
    """Write all golden trees anew."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for name, tree in trees().items():
        for path, content in tree.items():
            file = GOLDEN / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def _visible(path: str) -> str:
    parts = path.split("/")
    if parts[-1].startswith(".git"):
        parts[-1] = _DOT + parts[-1][1:]
    return "/".join(parts)
