"""A repository is written whole or not at all, and holds what the spec's folder has."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from groundplan.blueprints.errors import InputError, PlanError
from groundplan.blueprints.generator import Generated, generate
from groundplan.blueprints.generator.lock import BASE, LOCK, digest, read_lock, unpack
from groundplan.blueprints.generator.pins import pins

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
Make = Callable[..., Generated]


def test_holds_the_spec_what_it_names_programs_and_data(make: Make) -> None:
    made = make("vision")

    for name in ("groundplan.yaml", "traffic.csv", "ml/train.py", "data/train/frames.csv"):
        assert (made.directory / name).read_bytes() == (EXAMPLES / "vision" / name).read_bytes()
    assert not any("__pycache__" in path.parts for path in made.directory.rglob("*"))
    assert [image.rendered for image in made.context.images] == [False]
    assert "ml/train.py" not in made.rendered


def test_lock_names_every_rendered_file_and_the_plan(make: Make) -> None:
    made = make("churn", engine="pulumi", environments=("prod",))

    lock = read_lock(made.directory)
    assert lock.engine == "pulumi"
    assert lock.environments == ("prod",)
    assert lock.own_contexts == ("ml",)
    assert lock.plan == digest(made.context.plan.canonical_json().encode())
    assert lock.files == {path: digest(content) for path, content in made.rendered.items()}
    base = unpack((made.directory / BASE).read_bytes())
    assert {path: base[path] for path in made.rendered} == made.rendered
    for path, content in made.rendered.items():
        assert (made.directory / path).read_bytes() == content


def test_one_environment_has_one_program(make: Make) -> None:
    made = make("churn", environments=("staging",))

    assert [path.name for path in (made.directory / "environments").iterdir()] == ["staging"]


@pytest.mark.parametrize("engine", ["cdk", "pulumi"])
def test_programs_are_rendered_where_the_spec_has_none(tmp_path: Path, engine: str) -> None:
    shutil.copy(EXAMPLES / "sandbox" / "groundplan.yaml", tmp_path)

    made = generate(tmp_path / "groundplan.yaml", tmp_path / "made", engine=engine)  # type: ignore[arg-type]

    assert {"ml/train.py", "ml/job.py", "ml/serve.py", "ml/Dockerfile"} <= set(made.rendered)
    standard = ROOT / "pipelines" / "groundplan" / "pipelines" / "jobs" / "serve.py"
    assert made.rendered["ml/serve.py"] == standard.read_bytes()


def test_same_bytes_wherever_it_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "groundplan.blueprints.cli", "generate"]
    spec = EXAMPLES / "churn" / "groundplan.yaml"
    trees = []
    for name, zone, seed, mask in (("a", "UTC", "1", 0o022), ("b", "Asia/Tokyo", "2", 0o077)):
        subprocess.run(
            [*command, str(spec), "--engine", "cdk", "--out", str(tmp_path / name)],
            env=os.environ | {"TZ": zone, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            preexec_fn=lambda mask=mask: os.umask(mask),  # type: ignore[misc]
        )
        root = tmp_path / name
        trees.append(
            {
                path.relative_to(root): path.read_bytes()
                for path in root.rglob("*")
                if path.is_file()
            }
        )

    assert trees[0] == trees[1]


def test_may_be_made_in_an_empty_directory_that_exists(make: Make, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()

    made = make("sandbox")

    assert (made.directory / LOCK).exists()
    assert stat.S_IMODE(made.directory.stat().st_mode) == 0o755


def test_fails_on_a_directory_with_content(make: Make, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "thesis.md").write_text("mine")

    with pytest.raises(InputError, match="would be overwritten, got 'a directory with content'"):
        make("sandbox")

    assert [path.name for path in tmp_path.rglob("*")] == ["made", "thesis.md"]


def test_fails_on_a_repository_that_is_there(make: Make) -> None:
    make("sandbox")

    with pytest.raises(
        InputError, match=r"holds a generated repository already.*groundplan update"
    ):
        make("sandbox")


def test_fails_on_an_unknown_environment(make: Make, tmp_path: Path) -> None:
    with pytest.raises(PlanError) as found:
        make("churn", environments=("prd",))

    assert str(found.value) == (
        "--env: is no environment of the project, got 'prd'; use one of tooling, staging, prod"
    )
    assert list(tmp_path.iterdir()) == []


def test_fails_on_two_families_in_one_folder(tmp_path: Path) -> None:
    text = (EXAMPLES / "sandbox" / "groundplan.yaml").read_text()
    second = text.split("models:\n")[1].replace("cultivar", "other")
    images = "images: [{name: cultivar, family: tabular}, {name: other, family: text}]\n"
    (tmp_path / "groundplan.yaml").write_text(text + second + images)

    with pytest.raises(PlanError) as found:
        generate(tmp_path / "groundplan.yaml", tmp_path / "made")

    assert str(found.value) == (
        "images: 'cultivar' and 'other' share the folder 'ml' but not a family, got "
        "'tabular, text'; give one of them a context of its own, or both the same family"
    )


def test_nothing_is_left_when_writing_fails(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    with pytest.raises(InputError, match="cannot be written, got 'no space left on device'"):
        make("sandbox")

    assert list(tmp_path.iterdir()) == []


def test_pins_are_what_groundplan_is_tested_with() -> None:
    def pinned(path: Path) -> dict[str, str]:
        lines = [line.split("==") for line in path.read_text().splitlines() if "==" in line]
        return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in lines}

    # what only images of PyTorch install is tested in an environment of its own
    tested = pinned(ROOT / "constraints.txt")
    wrong = {
        name: version for name, version in pins().items() if tested.get(name, version) != version
    }

    assert wrong == {}
    assert {"aws-cdk-lib", "pulumi", "moto", "scikit-learn"} <= set(tested)


def test_command_says_what_was_written_and_what_is_next(tmp_path: Path) -> None:
    spec = EXAMPLES / "sandbox" / "groundplan.yaml"
    command = [sys.executable, "-m", "groundplan.blueprints.cli", "generate", str(spec)]

    done = subprocess.run(
        [*command, "--engine", "pulumi", "--out", str(tmp_path / "made")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "pulumi programs of tooling, dev" in done.stdout
    assert "yours: ml/ had files, so no programs are rendered there" in done.stdout
    assert "next: cd " in done.stdout
    assert json.loads((tmp_path / "made" / LOCK).read_text())["engine"] == "pulumi"
