"""A repository that is generated into the directory where its spec is."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests_support import run_command as groundplan

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.generator import generate
from groundplan.blueprints.generator.lock import LOCK
from groundplan.blueprints.generator.placing import place
from groundplan.blueprints.starting_points import Answers, sample_files, spec_text


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    files = {"groundplan.yaml": spec_text(Answers(template="minimal")).encode()}
    for path, content in (files | sample_files("minimal")).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_is_what_another_directory_would_hold(home: Path, tmp_path: Path) -> None:
    generate(home / "groundplan.yaml", tmp_path / "elsewhere")
    subprocess.run(["git", "init", "--quiet", home], check=True)
    (home / "notes.txt").write_text("mine")

    generate(home / "groundplan.yaml", home)

    expected = contents(tmp_path / "elsewhere") | {"notes.txt": b"mine"}
    assert contents(home) == expected
    assert not list(home.glob(".home*"))  # nothing of the work is left


def test_by_a_relative_path(home: Path) -> None:
    done = groundplan("generate", "groundplan.yaml", "--engine", "pulumi", "--out", ".", cwd=home)

    assert done.returncode == 0, done.stderr
    assert (home / LOCK).is_file()
    assert "yours: " not in done.stdout


def test_an_older_schema_is_replaced(home: Path) -> None:
    (home / "groundplan.schema.json").write_text("{}")

    generate(home / "groundplan.yaml", home)

    assert '"$defs"' in (home / "groundplan.schema.json").read_text()


def test_programs_of_the_teams_own_stay(home: Path) -> None:
    (home / "ml").mkdir()
    (home / "ml" / "train.py").write_text("mine")

    generate(home / "groundplan.yaml", home)

    assert [path.name for path in (home / "ml").iterdir()] == ["train.py"]


def test_fails_on_files_with_other_content_and_names_them_all(home: Path) -> None:
    (home / "README.md").write_text("mine")
    (home / "tests").write_text("a file where a folder would be")
    (home / "Makefile").symlink_to("nowhere")
    before = contents(home)

    with pytest.raises(InputError) as caught:
        generate(home / "groundplan.yaml", home)

    assert "files with other content would be overwritten, got 'Makefile, README.md, tests/" in str(
        caught.value
    )
    assert contents(home) == before


def test_fails_where_the_spec_has_another_name(home: Path) -> None:
    (home / "groundplan.yaml").rename(home / "spec.yaml")

    with pytest.raises(InputError, match="choose another directory"):
        generate(home / "spec.yaml", home)


def test_fails_on_a_second_time(home: Path) -> None:
    generate(home / "groundplan.yaml", home)

    with pytest.raises(InputError, match="holds a generated repository already"):
        generate(home / "groundplan.yaml", home)


def test_what_fails_half_way_is_undone(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = tmp_path / "staged"
    for name in ("a/b/one", "a/two", "three"):
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).write_text(name)
    before = contents(home)
    moved: list[Path] = []
    rename = Path.rename

    def fail_on_the_third(self: Path, target: Path) -> Path:
        moved.append(target)
        if len(moved) == 3:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_on_the_third)
    with pytest.raises(KeyboardInterrupt):
        place(staged, home)

    assert contents(home) == before
    assert not (home / "a").exists()
    shutil.rmtree(staged)


def test_a_repository_that_was_cloned_empty_takes_it_in(home: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "init", "--quiet", clone], check=True)
    head = (clone / ".git" / "HEAD").read_bytes()

    done = groundplan("generate", home / "groundplan.yaml", "--engine", "cdk", "--out", clone)

    assert done.returncode == 0, done.stderr
    assert (clone / ".git" / "HEAD").read_bytes() == head
    assert (clone / LOCK).is_file()
    assert (clone / "data" / "train").is_dir()
    assert not list(clone.glob(".clone*"))


def test_fails_where_the_clone_has_files_and_says_what_to_do(home: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "init", "--quiet", clone], check=True)
    (clone / "README.md").write_text("mine")

    with pytest.raises(InputError, match=r"put the spec there as groundplan\.yaml"):
        generate(home / "groundplan.yaml", clone)

    assert sorted(path.name for path in clone.iterdir()) == [".git", "README.md"]
