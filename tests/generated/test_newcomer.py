"""Somebody who has only this package: what README says, word by word, and repositories' own setup."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.generated.repositories import PROJECTS, ROOT, run

from groundplan.blueprints.plan.engine import Engine

pytestmark = [pytest.mark.heavy]
BLOCK = re.compile(r"<!-- newcomer.*?-->\n+```sh\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Variables by which pip finds this tree's wheel beside its index, at the versions tested here."""
    wheels = tmp_path_factory.mktemp("wheels")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, ROOT], check=True)
    return {
        "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_FIND_LINKS": str(wheels),
    }


@pytest.mark.xdist_group("newcomer")
def test_readme_takes_a_newcomer_to_a_rehearsed_project(
    tmp_path: Path, index: Mapping[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = BLOCK.search((ROOT / "README.md").read_text("utf-8"))
    assert found, "README.md has no block after the comment that begins with newcomer"
    timed = f"PS4='+ ${{SECONDS}} s: '; set -x\n{found[1]}"
    started = time.monotonic()

    said = run(
        tmp_path, "bash", "-euc", timed, environment={**index, **_python(tmp_path)}, seconds=1800
    )

    seconds = round(time.monotonic() - started)
    with capsys.disabled():
        print("\n" + "\n".join(re.findall(r"^\+ \d+ s: .*", said, re.MULTILINE)))
        print(f"from pip install to a rehearsed project: {seconds} s")
    assert "✓ training" in said
    assert "✓ teardown" in said


@pytest.mark.parametrize(
    ("name", "engine", "command"),
    [
        pytest.param("minimal", "cdk", "synth", marks=pytest.mark.xdist_group("setup-cdk")),
        pytest.param(
            "batch-only", "pulumi", "prove", marks=pytest.mark.xdist_group("setup-pulumi")
        ),
    ],
)
def test_a_repository_sets_itself_up_from_nothing(
    name: str, engine: Engine, command: str, tmp_path: Path, index: Mapping[str, str]
) -> None:
    project = next(item for item in PROJECTS if item.name == name)
    out = tmp_path / "repository"
    project.generate(out, engine)
    environment = {**index, **_python(tmp_path)}
    del environment["PIP_CONSTRAINT"]  # its own pins are to be enough

    run(out, "make", "setup", environment=environment, seconds=1800)

    run(out, ".venv/bin/python", "-m", "pip", "check")
    assert "my-project" in run(out, "make", "plan", environment=environment)
    run(out, "make", command, environment=environment)
    assert not (out / ".venv" / ".ready-dev").exists()  # nothing of it needed more than setup


def _python(folder: Path) -> dict[str, str]:
    """A path on which python3 is this one without what is installed for it, as on a fresh machine."""
    programs = folder / "fresh-bin"
    programs.mkdir()
    base = (
        Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    )
    (programs / "python3").symlink_to(base)
    return {"PATH": f"{programs}:{os.defpath}", "HOME": os.environ.get("HOME", str(folder))}
