"""What is rendered for every example and starting point, in memory."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests_support import EXAMPLES, ROOT

from groundplan.blueprints.generator import Context, Tree, context, render
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.project import plan
from groundplan.blueprints.spec import DeliverySpec, ProjectSpec, load_spec
from groundplan.blueprints.starting_points import (
    Answers,
    sample_files,
    spec_text,
    starting_points,
)

SPECS = (*EXAMPLES, *(f"starting-point-{name}" for name in starting_points()))
"""Each example and starting point."""
ENGINES: tuple[Engine, ...] = ("cdk", "pulumi")
CASES: tuple[tuple[str, Engine], ...] = (
    *((name, engine) for name in EXAMPLES for engine in ENGINES),
    *((name, "cdk") for name in SPECS if name not in EXAMPLES),
)
"""Examples with both engines, starting points with one."""
GITHUB = DeliverySpec(repository="acme/platform", repository_id=12, owner_id=34)
GITLAB = DeliverySpec(ci="gitlab", repository="acme/ml/platform")


@cache
def specified(name: str, ci: str | None) -> ProjectSpec:
    """Return a spec, deployed by GitHub, GitLab or nobody; where it says so itself, as it says."""
    spec = _loaded(name)
    if spec.delivery is not None and spec.delivery.ci == ci:
        return spec
    delivery = {"github": GITHUB, "gitlab": GITLAB, None: None}[ci]
    return spec.model_copy(update={"delivery": delivery})


def _loaded(name: str) -> ProjectSpec:
    if name in EXAMPLES:
        return load_spec(ROOT / "examples" / name / "groundplan.yaml")
    point = name.removeprefix("starting-point-")
    with TemporaryDirectory() as folder:
        path = Path(folder, "groundplan.yaml")
        path.write_text(spec_text(Answers(template=point)))
        write(sample_files(point), path.parent)
        return load_spec(path)


@cache
def known(name: str, engine: Engine, ci: str | None = "github") -> Context:
    spec = specified(name, ci)
    return context(spec, plan(spec, engine=engine))


@cache
def tree(name: str, engine: Engine, ci: str | None = "github") -> Tree:
    """Return what is rendered; images' programs come from templates."""
    return render(known(name, engine, ci))


def write(rendered: Tree, directory: Path) -> Path:
    """Write files below a directory."""
    for path, content in rendered.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return directory
