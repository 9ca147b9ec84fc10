"""Every starting point and example, by both engines: linted, type-checked, synthesised, tested.

Dependencies are not installed eighteen times: all repositories share an environment, and pip is asked
of each whether it has what the repository pins. `test_setup.py` installs from nothing.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.generated.repositories import (
    CASES,
    TORCH,
    Project,
    lend_environment,
    make_environment,
    run,
)

from groundplan.blueprints.plan.engine import Engine

ENGINES_OWN = ("tests/test_claims.py", "tests/test_stacks.py")
pytestmark = [pytest.mark.heavy]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("shared") / "venv"
    make_environment(target)
    return target


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy-cache")


def _case(project: Project, engine: Engine) -> object:
    name = f"{project.name}-{engine}"
    group = pytest.mark.xdist_group(f"generated-{name}")  # one worker generates it once
    return pytest.param((project, engine), id=name, marks=group)


@pytest.fixture(scope="module", params=[_case(*case) for case in CASES])
def repository(
    request: pytest.FixtureRequest,
    environment: Path,
    mypy_cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Project, Engine, Path]]:
    project, engine = request.param
    if project.needs_torch and not TORCH.is_dir():
        pytest.skip("NOT TRIED: .venv-torch is missing; run make environments")
    out = tmp_path_factory.mktemp("generated") / "repository"
    project.generate(out, engine)
    lend_environment(environment, out)
    (out / ".mypy_cache").symlink_to(mypy_cache)
    yield project, engine, out
    shutil.rmtree(out)


Repository = tuple[Project, Engine, Path]


def test_pins_are_what_it_is_tested_with(repository: Repository) -> None:
    _, _, folder = repository

    said = run(
        folder,
        *(".venv/bin/python", "-m", "pip", "install", "--dry-run", "--no-index"),
        *("--disable-pip-version-check", "--requirement", "requirements-dev.txt"),
    )

    assert "Would install" not in said


def test_lints(repository: Repository) -> None:
    _, _, folder = repository

    run(folder, "make", "lint")


def test_synthesises(repository: Repository) -> None:
    _, engine, folder = repository
    if engine == "pulumi":
        return  # the programs run in the repository's own tests, below

    run(folder, "make", "synth")

    for directory in (folder / "environments").iterdir():
        assert list((directory / "cdk.out").rglob("*.template.json")), directory.name


def test_its_own_tests_pass(repository: Repository) -> None:
    _, engine, folder = repository
    # the programs of images and their tests are the same files for both engines
    command = (
        ("make", "test") if engine == "cdk" else (".venv/bin/python", "-m", "pytest", *ENGINES_OWN)
    )

    said = run(folder, *command)

    assert "NOT TRIED" not in said
    assert " passed" in said
