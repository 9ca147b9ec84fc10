"""Every project that a repository is generated for, and an environment that has all they install."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests_support import EXAMPLES

from groundplan.blueprints.generator import Generated, generate
from groundplan.blueprints.plan.engine import ENGINES, Engine
from groundplan.blueprints.starting_points import (
    BLANK,
    Answers,
    Ci,
    sample_files,
    spec_text,
    starting_points,
)

ROOT = Path(__file__).parents[2]
TORCH = ROOT / ".venv-torch"
STARTING_POINTS = tuple(name for name in starting_points() if name != BLANK)
TORCH_PROJECTS = ("llm-endpoint", "vision-start")
_DELIVERY: dict[str, Ci] = {"tabular": "github", "vision": "gitlab", "llm-endpoint": "codepipeline"}
"""CI of starting points, so that there is a repository for each and one without."""
_TURNED_ON = {"vision": ("tracking", "versioning")}
"""What starting points have as a comment, to be turned on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A spec with what is beside it."""

    name: str
    """Name of an example or a starting point; of both, the starting point's ends in ``-start``."""

    example: bool
    """Whether it is one of `examples/`."""

    @property
    def point(self) -> str:
        """Name of the starting point."""
        return self.name.removesuffix("-start")

    @property
    def needs_torch(self) -> bool:
        """Whether its programs are PyTorch's."""
        return self.name in TORCH_PROJECTS

    def spec(self, scratch: Path) -> Path:
        """Return the file of the spec: an example's own, or one that is written below ``scratch``."""
        if self.example:
            return ROOT / "examples" / self.name / "groundplan.yaml"
        folder = scratch / f"{self.point}-spec"
        files = {"groundplan.yaml": self._text().encode(), **sample_files(self.point)}
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder / "groundplan.yaml"

    def _text(self) -> str:
        ci = _DELIVERY.get(self.point)
        if ci is None:
            return spec_text(Answers(template=self.point))
        answers = Answers(template=self.point, ci=ci, repository=f"my-company/{self.point}")
        text = spec_text(answers)
        for key in _TURNED_ON.get(self.point, ()):
            assert text.count(f"# {key}: ") == 1, f"{self.point} offers no {key}"
            text = text.replace(f"# {key}: ", f"{key}: ")
        return text

    def generate(self, out: Path, engine: Engine) -> Generated:
        """Write its repository to ``out``."""
        return generate(self.spec(out.parent), out, engine=engine)


def _project(point: str) -> Project:
    return Project(name=f"{point}-start" if point in EXAMPLES else point, example=False)


PROJECTS = tuple(
    [Project(name=name, example=True) for name in EXAMPLES] + list(map(_project, STARTING_POINTS))
)
CASES = tuple((project, engine) for project in PROJECTS for engine in ENGINES)


def make_environment(target: Path) -> None:
    """Make a virtual environment that has what this one and that of PyTorch have, without installing.

    ``pip install --dry-run`` says of each repository's requirements whether this is what they ask for.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", target], check=True)
    packages = target / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    version = packages.parent.name
    # that of PyTorch first: there is all that images pin
    others = [place for place in (TORCH, Path(sys.prefix)) if place.is_dir()]
    folders = [str(place / "lib" / version / "site-packages") for place in others]
    lines = [f"import site; site.addsitedir({folder!r})" for folder in folders]
    (packages / "shared.pth").write_text("\n".join(lines) + "\n")
    own = target / "bin" / "python"
    for program in sorted((Path(sys.prefix) / "bin").iterdir()):
        link = target / "bin" / program.name
        if not link.exists() and not program.name.startswith(("activate", "Activate", "pip")):
            link.symlink_to(program)
    for name, module in (("groundplan", "groundplan.blueprints.cli"), ("pip", "pip")):
        script = target / "bin" / name
        script.unlink(missing_ok=True)
        script.write_text(f'#!/bin/sh\nexec "{own}" -m {module} "$@"\n')
        script.chmod(0o755)


def lend_environment(environment: Path, repository: Path) -> None:
    """Make a repository believe that its `make setup-dev` has run."""
    (repository / ".venv").symlink_to(environment)
    for name in (".ready", ".ready-dev"):
        (environment / name).touch()


def run(
    repository: Path, *command: str, environment: dict[str, str] | None = None, seconds: int = 600
) -> str:
    """Run a command in a repository; what it printed.

    Raises:
        AssertionError: If it fails; holds what it printed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    kept.pop("PYTHONPATH", None)
    done = subprocess.run(
        command,
        cwd=repository,
        env=kept | {"OMP_NUM_THREADS": "1"} | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)} in {repository}\n{done.stdout}"
    return done.stdout
