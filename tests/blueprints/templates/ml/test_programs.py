"""Rendered programs of every family as their owners meet them: linted, typed, tested."""

import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.interruptions import FAMILIES, SPEC

from groundplan.blueprints.generator import generate

ROOT = Path(__file__).parent.parent.parent.parent.parent
DESCRIBED = """
  - name: rows
    features:
      - {name: size, type: float}
      - {name: "it's", type: string}
    quality:
      - {column: customer_id, unique: true}
      - {column: colour, allowed: [red, blue], type: string}
      - {column: seen, type: timestamp}
      - {column: left, type: integer, allowed: [0, 1]}
"""


def run(*command: str, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def rendered(family: str, folder: Path, *, described: bool = False) -> Path:
    spec = SPEC.format(family=family)
    if described:
        spec = spec.replace("datasets: [{name: rows}]", f"datasets:{DESCRIBED}")
        label = "evaluation: {fairness: {label: left, facets: [colour], max_fpr_gap: 0.9}}"
        spec = spec.replace("serving: {}", f"serving: {{}}, {label}")
    (folder / "groundplan.yaml").write_text(spec)
    generate(folder / "groundplan.yaml", folder / "repository")
    return folder / "repository"


@pytest.mark.parametrize(
    ("family", "described"),
    [("tabular", False), ("tabular", True), ("image", True), ("text", True)],
)
def test_programs_are_linted_and_typed(tmp_path: Path, family: str, described: bool) -> None:
    repository = rendered(family, tmp_path, described=described)

    run(sys.executable, "-m", "ruff", "check", "--no-cache", "ml", folder=repository)
    run(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", "ml", folder=repository)
    cache = str(tmp_path / "cache")
    given = ("--config-file", "../pyproject.toml", "--cache-dir", cache, ".")
    run(sys.executable, "-m", "mypy", *given, folder=repository / "ml")


def test_script_mode_needs_no_later_python_than_sagemakers_container(tmp_path: Path) -> None:
    """That of scikit-learn 1.4 has Python 3.10."""
    folder = rendered("tabular", tmp_path) / "ml"
    used = ("train", "evaluate", "model", "table", "columns", "inference", "job", "serve")
    names = [f"{name}.py" for name in (*used, "references", "fairness", "tracking")]
    given = ("--python-version", "3.10", "--cache-dir", str(tmp_path / "cache"))

    run(sys.executable, "-m", "mypy", "--ignore-missing-imports", *given, *names, folder=folder)


@pytest.mark.heavy
def test_programs_of_odd_columns_pass_their_own_tests(tmp_path: Path) -> None:
    """Those of all families are run in tests/generated."""
    repository = rendered("tabular", tmp_path, described=True)

    run(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "ml/tests",
        folder=repository,
    )


def test_every_version_that_images_install_is_pinned(tmp_path: Path) -> None:
    constraints = {
        line.lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    repository = rendered("tabular", tmp_path)
    pinned = (repository / "ml" / "requirements.txt").read_text().splitlines()

    assert [line for line in pinned[1:] if line not in constraints] == []


def test_versions_of_torch_are_those_of_its_environment(tmp_path: Path) -> None:
    python = FAMILIES["image"].python
    if not python.exists():
        pytest.skip("NOT TRIED: no .venv-torch; run make environments")
    repository = rendered("image", tmp_path)
    names = [
        line.partition("==")[0]
        for line in (repository / "ml" / "requirements.txt").read_text().splitlines()
        if "==" in line
    ]
    script = f"from importlib.metadata import version; [version(name) for name in {names}]"

    run(str(python), "-c", script, folder=tmp_path)
