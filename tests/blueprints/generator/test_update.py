"""Update: what is merged, what is kept, what is said, and what is refused."""

import importlib
import json
import random
import shutil
from pathlib import Path

import pytest
from benchmarks.updates import snapshot
from tests_support import ROOT, run_command
from updating import LINES, SMALLEST, Repository, git, use_small_templates

from groundplan.blueprints.errors import EnvironmentFault, InputError, SpecErrors
from groundplan.blueprints.generator import generate, update
from groundplan.blueprints.generator.lock import BASE, LOCK, read_base, read_lock, unpack

OWN = {LOCK, BASE} | {
    f".groundplan/templates/repository/{name}" for name in ("a.md", "c.md", "run.sh")
}
"""What groundplan and these tests write for themselves."""
CHURN = ROOT / "examples" / "churn" / "groundplan.yaml"


@pytest.fixture(autouse=True)
def _small_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_templates(tmp_path / "shipped", monkeypatch)


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return Repository(tmp_path, {"a.md": LINES, "b.md": "b\n", "run.sh": "#!/bin/sh\necho a\n"})


def test_both_sides_edits_come_together(made: Repository) -> None:
    made.write("a.md", LINES.replace("line 3\n", "line 3\nours\n"))
    result = made.later({"a.md": LINES.replace("line 18", "theirs"), "b.md": "b\n", "c.md": "c\n"})
    assert made.read("a.md") == LINES.replace("line 3\n", "line 3\nours\n").replace(
        "line 18", "theirs"
    )
    assert made.read("c.md") == "c\n"
    assert not (made.root / "run.sh").exists()
    named = [set(paths) - OWN for paths in (result.changed, result.added, result.removed)]
    assert named == [{"a.md"}, {"c.md"}, {"run.sh"}]


def test_an_update_without_changes_writes_not_a_byte(made: Repository) -> None:
    made.write("a.md", "ours\n")
    before = snapshot(made.root)
    assert update(made.root).done
    assert snapshot(made.root) == before


def test_a_second_update_changes_nothing_and_marks_nothing_twice(made: Repository) -> None:
    made.write("a.md", LINES.replace("line 9", "ours"))
    later: dict[str, str | bytes] = {"a.md": LINES.replace("line 9", "theirs")}
    first = made.later(later)
    assert [conflict.path for conflict in first.conflicts] == ["a.md"]
    assert made.read("a.md").count("<<<<<<< yours") == 1
    before = snapshot(made.root)
    second = update(made.root)
    assert (second.conflicts, second.unresolved, second.waiting) == ((), ("a.md",), False)
    assert snapshot(made.root) == before
    # as long as they are there, later changes wait
    third = made.later({"a.md": LINES.replace("line 2", "theirs again")})
    assert (third.unresolved, third.waiting) == (("a.md",), True)
    assert snapshot(made.root) == before


def test_a_conflict_holds_both_sides_between_named_marks(made: Repository) -> None:
    made.write("a.md", LINES.replace("line 9", "ours"))
    result = made.later({"a.md": LINES.replace("line 9", "theirs")})
    marked = "<<<<<<< yours\nours\n=======\ntheirs\n>>>>>>> groundplan"
    assert made.read("a.md") == LINES.replace("line 9", marked)
    (conflict,) = result.conflicts
    assert conflict.problem == "the same lines changed on both sides"
    assert conflict.fix == "edit what is between `<<<<<<< yours` and `>>>>>>> groundplan`"


def test_check_writes_nothing_and_says_the_same(made: Repository) -> None:
    made.write("a.md", LINES.replace("line 9", "ours"))
    before = snapshot(made.root)
    later: dict[str, str | bytes] = {"a.md": LINES.replace("line 9", "theirs"), "c.md": "c\n"}
    said = made.later(later, check=True)
    assert snapshot(made.root) == before
    result = made.later(later)
    assert (said.before, said.after, said.conflicts) == (
        result.before,
        result.after,
        result.conflicts,
    )


def test_modes_times_and_links_of_the_team_stay(made: Repository) -> None:
    made.write("b.md", "b\n").chmod(0o640)
    (made.root / "run.sh").chmod(0o700)
    made.write("own.md", "own\n")
    (made.root / "link.md").symlink_to("own.md")
    before = snapshot(made.root)
    made.later({"a.md": LINES + "theirs\n", "b.md": "new\n", "run.sh": "#!/bin/sh\necho b\n"})
    after = snapshot(made.root)
    assert after["b.md"][0] & 0o777 == 0o640
    assert after["run.sh"][0] & 0o777 == 0o700
    assert {after[name] == before[name] for name in ("own.md", "link.md", "groundplan.yaml")} == {
        True
    }


def test_new_programs_can_be_run(made: Repository) -> None:
    made.later({"a.md": "#!/bin/sh\n" + LINES, "b.md": "b\n", "new.sh": "#!/bin/sh\n"})
    assert (made.root / "new.sh").stat().st_mode & 0o100
    assert (made.root / "a.md").stat().st_mode & 0o111 == 0o111


def test_own_templates_stay_until_others_are_given(made: Repository) -> None:
    path = made.root / ".groundplan" / "templates" / "repository" / "a.md"
    path.write_text(LINES + "more\n")
    assert update(made.root).changed[-1] == "a.md"
    assert made.read("a.md") == LINES + "more\n"


def test_an_edited_file_that_templates_drop_is_the_teams_from_then_on(made: Repository) -> None:
    made.write("a.md", LINES + "ours\n")
    result = made.later({"b.md": "b\n"})
    assert result.kept == ("a.md",)
    assert not result.conflicts
    assert made.read("a.md") == LINES + "ours\n"
    assert update(made.root).done


def test_empty_folders_of_removed_files_go(tmp_path: Path) -> None:
    made = Repository(tmp_path, {"x/y/a.md": "a\n", "x/b.md": "b\n"})
    made.write("x/own.md", "own\n")
    made.later({})
    assert sorted(path.name for path in (made.root / "x").iterdir()) == ["own.md"]


def test_only_a_comment_in_the_spec_changes_nothing(made: Repository) -> None:
    made.change_spec("project: churn", "# why\nproject: churn")
    before = snapshot(made.root)
    assert update(made.root, check=True).done
    assert update(made.root).done
    assert snapshot(made.root) == before


def test_a_changed_plan_is_noticed_though_no_file_changes(made: Repository) -> None:
    made.change_spec("{name: customers}", "{name: customers, retention: {noncurrent_days: 91}}")
    said = update(made.root, check=True)
    assert said.plan_changed
    assert not said.done
    update(made.root)
    assert update(made.root, check=True).done


def test_the_base_is_what_a_fresh_repository_has(made: Repository, tmp_path: Path) -> None:
    made.change_spec("name: dev", "name: trial")
    update(made.root)
    fresh = tmp_path / "fresh"
    own = made.root / ".groundplan" / "templates"
    alone = tmp_path / "alone" / "groundplan.yaml"  # beside it, `ml` would be the team's
    alone.parent.mkdir()
    shutil.copy(made.root / "groundplan.yaml", alone)
    generate(alone, fresh, templates=own)
    for name in (LOCK, BASE, "groundplan.schema.json", *unpack((fresh / BASE).read_bytes())):
        assert (made.root / name).read_bytes() == (fresh / name).read_bytes(), name
    assert not (made.root / "environments" / "dev").exists()


def test_a_folder_of_programs_stays_whose_it_was(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "ml").mkdir(parents=True)
    (source / "ml" / "train.py").write_text("own\n")
    shutil.copy(SMALLEST, source / "groundplan.yaml")
    root = tmp_path / "repository"
    generate(source / "groundplan.yaml", root)
    (root / "theirs").mkdir()
    (root / "theirs" / "train.py").write_text("own, too\n")
    spec = root / "groundplan.yaml"
    images = "\nimages:\n  - {name: other, context: theirs}\n  - {name: third, context: fresh}\n"
    models = "".join(
        f"  - {{name: {name}, training: {{dataset: customers, image: {name}}}}}\n"
        for name in ("other", "third")
    )
    spec.write_text(spec.read_text() + models + images)
    result = update(root)
    assert not result.conflicts
    assert [path.name for path in (root / "ml").iterdir()] == ["train.py"]
    assert [path.name for path in (root / "theirs").iterdir()] == ["train.py"]
    assert (root / "fresh" / "train.py").is_file()
    assert json.loads((root / LOCK).read_text())["rendered_contexts"] == ["fresh"]
    assert update(root).done


@pytest.mark.parametrize("setting", ["merge.conflictStyle=diff3", "core.autocrlf=true"])
def test_settings_of_the_users_git_change_nothing(
    made: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    config, attributes = tmp_path / "gitconfig", tmp_path / "attributes"
    name, value = setting.split("=")
    config.write_text(
        f"[{name.split('.')[0]}]\n{name.split('.')[1]} = {value}\n"
        f"[core]\nattributesFile = {attributes}\n[merge]\nrenames = false\n"
    )
    attributes.write_text("* merge=union\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    made.write("a.md", LINES.replace("line 9", "ours"))
    made.later({"a.md": LINES.replace("line 9", "theirs")})
    marked = "<<<<<<< yours\nours\n=======\ntheirs\n>>>>>>> groundplan"
    assert made.read("a.md") == LINES.replace("line 9", marked)


def test_fails_in_a_foreign_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        update(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: is no repository of groundplan: it has no .groundplan/lock.json, got "
        f"'{tmp_path}'; name a directory that `groundplan generate` made"
    )
    with pytest.raises(InputError, match="is no directory"):
        update(tmp_path / "nowhere")


def test_fails_on_a_repository_of_a_later_version(
    made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(made.root)
    for running in ("0.1.0rc1", "0.0.99", "0.1.0.dev3"):
        module = importlib.import_module("groundplan.blueprints.generator.update")
        monkeypatch.setattr(module, "version", lambda name, now=running: now)
        with pytest.raises(InputError) as caught:
            update(made.root)
        assert str(caught.value) == (
            f"{made.root}: was rendered by a later groundplan than this one, {running}, got "
            "'0.1.0'; install groundplan 0.1.0 or later"
        )
    assert snapshot(made.root) == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (LOCK, b"<<<<<<< HEAD\n{}", "cannot be read"),
        (LOCK, b"[]", "cannot be read"),
        (BASE, b"no archive", "cannot be read"),
        (BASE, None, "cannot be read"),
    ],
)
def test_fails_on_damage(made: Repository, name: str, content: bytes | None, message: str) -> None:
    if content is None:
        (made.root / name).unlink()
    else:
        (made.root / name).write_bytes(content)
    before = snapshot(made.root)
    with pytest.raises(InputError, match=message):
        update(made.root)
    assert snapshot(made.root) == before


def test_fails_on_a_base_that_is_damaged_anywhere(made: Repository) -> None:
    dice, lock, content = random.Random(0), read_lock(made.root), (made.root / BASE).read_bytes()
    for _ in range(400):
        damaged = bytearray(content)
        place = dice.randrange(len(content) * 9 // 10, len(content))  # where its list of files is
        if dice.random() < 0.5:
            damaged[place] ^= 1 << dice.randrange(8)
        else:
            del damaged[place:]
        (made.root / BASE).write_bytes(damaged)
        try:
            read_base(made.root, lock)  # a flipped date, say, changes no file
        except InputError as exc:
            assert BASE in str(exc)


def test_fails_on_a_lock_of_an_unknown_engine(made: Repository) -> None:
    text = (made.root / LOCK).read_text()
    (made.root / LOCK).write_text(text.replace('"engine": "cdk"', '"engine": "helm"'))
    with pytest.raises(InputError, match=r"lock.json: cannot be read, got 'ValueError: no engine"):
        update(made.root)


def test_fails_on_a_base_of_another_lock(made: Repository) -> None:
    lock = json.loads((made.root / LOCK).read_text())
    lock["files"]["a.md"] = "0" * 64
    (made.root / LOCK).write_text(json.dumps(lock))
    with pytest.raises(InputError, match=r"does not belong to .groundplan/lock.json, got 'a.md'"):
        update(made.root)


def test_fails_on_a_base_that_names_paths_outside(made: Repository, tmp_path: Path) -> None:
    import hashlib
    import zipfile

    victim = tmp_path / "victim"
    victim.write_text("stays\n")
    lock = json.loads((made.root / LOCK).read_text())
    lock["files"]["../victim"] = hashlib.sha256(b"stays\n").hexdigest()
    (made.root / LOCK).write_text(json.dumps(lock))
    with zipfile.ZipFile(made.root / BASE, "a") as archive:
        archive.writestr("../victim", "stays\n")
    with pytest.raises(InputError, match="templates make no such file"):
        update(made.root)
    assert victim.read_text() == "stays\n"


def test_fails_on_a_template_that_writes_the_spec_or_the_lock(made: Repository) -> None:
    before = snapshot(made.root)
    for name in ("groundplan.yaml", ".groundplan/lock.json", ".git/hooks/pre-commit"):
        with pytest.raises(InputError, match="templates make no such file"):
            made.later({name: "x\n"})
    assert snapshot(made.root) == before


def test_fails_on_a_wrong_spec_and_a_wrong_template(made: Repository) -> None:
    before = snapshot(made.root)
    with pytest.raises(InputError, match=r"repository/a.md.jinja:2: template cannot be rendered"):
        made.later({"a.md.jinja": "a\n{{ nothing_of_that_name }}\n"})
    assert snapshot(made.root) == before
    made.change_spec("name: dev", "name: 7 of 9")
    with pytest.raises(SpecErrors):
        update(made.root)


def test_fails_when_the_spec_lost_the_environment_that_it_is_for(tmp_path: Path) -> None:
    generate(CHURN, tmp_path / "repository", environments=("staging",))
    spec = tmp_path / "repository" / "groundplan.yaml"
    text = spec.read_text()
    spec.write_text(text.replace("{name: staging, ", "{name: pre, "))
    with pytest.raises(InputError) as caught:
        update(tmp_path / "repository")
    assert str(caught.value) == (
        f"{spec}: has no such environment, which this repository is for, got 'staging'; "
        "put it back, or change `environments` in .groundplan/lock.json"
    )


def test_fails_without_git(made: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(made.root)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(EnvironmentFault, match=r"install git 2\.39 or later"):
        made.later({"a.md": "other\n"})
    assert snapshot(made.root) == before


def test_the_command_says_what_it_did(made: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # a process of its own renders the shipped templates
    update(made.root)
    git(made.root, "init", "--quiet")
    git(made.root, "add", "--all")
    git(made.root, "commit", "--quiet", "--message", "generated")
    quiet = run_command("update", made.root, "--check")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    made.change_spec("name: dev", "name: trial")
    made.write("a.md", LINES.replace("line 9", "ours"))
    (made.root / ".groundplan" / "templates" / "repository" / "a.md").write_text(
        LINES.replace("line 9", "theirs")
    )
    checked = run_command("update", made.root, "--check")
    assert (checked.returncode, checked.stderr) == (1, "")
    assert "the spec's plan is another one than that of the last update\n" in checked.stdout
    assert "+<<<<<<< yours" in checked.stdout
    done = run_command("update", ".", cwd=made.root)
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert "  added      environments/trial/app.py" in lines
    assert "  removed    environments/dev/app.py" in lines
    assert (
        "  conflict   a.md: the same lines changed on both sides; edit what is between "
        "`<<<<<<< yours` and `>>>>>>> groundplan`"
    ) in lines
    assert lines[-1] == (
        "next: resolve the conflicts, look at `git diff`, run `make test`, commit .groundplan/ with "
        "the rest"
    )
    changed = {line[3:] for line in git(made.root, "status", "--porcelain", "-uall").splitlines()}
    assert changed >= {"a.md", LOCK, BASE, "environments/trial/app.py"}
    assert "groundplan.schema.json" not in changed
    again = run_command("update", made.root)
    assert (again.returncode, again.stderr) == (1, "")
    assert again.stdout.startswith("  unresolved a.md: has conflict markers\n")
    left = run_command("update", made.root, "--check")
    assert (left.returncode, "unresolved a.md" in left.stdout) == (1, True)


def test_fails_with_two_at_once(made: Repository) -> None:
    from groundplan.blueprints.generator.applying import held

    with held(made.root, alone=True):
        refused = run_command("update", made.root)
    assert refused.returncode == 3
    assert refused.stderr == (
        f"{made.root}: another update is at work, got 'a lock on .groundplan'; wait until it has "
        "ended\n"
    )


def test_a_pull_request_that_only_updates_shows_only_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shipped templates, a team's edits of every kind of file, a new environment and schedule."""
    monkeypatch.undo()
    root, fresh = tmp_path / "repository", tmp_path / "fresh"
    base = generate(CHURN, root).rendered
    git(root, "init", "--quiet")
    # lines of the team at the top of pages, programs and CI files
    edited = [name for name in base if name.endswith((".md", ".py", ".yml", "Makefile"))][::2]
    for name in edited:
        (root / name).write_bytes(b"# ours\n" + (root / name).read_bytes())
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "generated, and edited")
    spec = root / "groundplan.yaml"
    old = "  - {name: prod, account: prod,"
    new = "  - {name: pre, account: staging, region: eu-west-1, stage: staging}\n" + old
    text = spec.read_text().replace(old, new).replace("0 3 * * MON", "0 4 * * TUE")
    spec.write_text(text)
    result = update(root)
    wanted = generate(spec, fresh).rendered
    assert not result.conflicts
    for name, content in wanted.items():
        ours = b"# ours\n" if name in edited else b""
        assert (root / name).read_bytes() == ours + content, name
    git(root, "add", "--all")
    shown = set(git(root, "diff", "--cached", "--name-only").splitlines())
    changed = {name for name in {*base, *wanted} if base.get(name) != wanted.get(name)}
    assert shown == changed | {LOCK, BASE, "groundplan.yaml"}
    assert "environments/pre/app.py" in changed
    assert "Binary files" not in git(root, "diff", "--cached", "--", "*.md", "*.yml")
    assert "Bin" in git(root, "diff", "--cached", "--stat", "--", BASE)
