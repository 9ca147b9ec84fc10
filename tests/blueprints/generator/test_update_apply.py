"""Putting an update in place: all or nothing, whatever fails or is killed."""

import base64
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from benchmarks.updates import snapshot
from updating import LINES, Repository, git, use_small_templates

from groundplan.blueprints.errors import EnvironmentFault
from groundplan.blueprints.generator import apply as program
from groundplan.blueprints.generator import update
from groundplan.blueprints.generator.applying import Change, apply, held, is_interrupted, recover
from groundplan.blueprints.generator.lock import digest

State = dict[str, tuple[int, bytes]]


@pytest.fixture(autouse=True)
def _small_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_templates(tmp_path / "shipped", monkeypatch)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "root"
    (path / ".groundplan").mkdir(parents=True)
    for number in range(40):
        file = path / f"folder-{number % 7}" / f"{number}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{number}\n")
    (path / "own.md").write_text("own\n")
    return path


def changes(root: Path) -> list[Change]:
    """Change, remove and add files, and make a folder of a file."""
    found = []
    for file in sorted(root.glob("folder-*/*.md")):
        number, name = int(file.stem), file.relative_to(root).as_posix()
        before = digest(file.read_bytes())
        if number % 3 == 0:
            found.append(Change(path=name, before=before, content=None))
        else:
            found.append(Change(path=name, before=before, content=b"new\n" * number, mode=0o640))
        if number % 5 == 0:
            found.append(Change(path=f"added/{number}/a.md", before=None, content=b"added\n"))
    found.append(Change(path="folder-0/0.md/inside.md", before=None, content=b"inside\n"))
    return found


def state(root: Path) -> State:
    """Return modes and contents of everything but what is staged; times of changed files differ."""
    return {
        path: (mode, content)
        for path, (mode, _, content) in snapshot(root).items()
        if not path.startswith(program.STAGE)
    }


def job(root: Path, wanted: list[Change]) -> bytes:
    rows = [
        {
            "path": item.path,
            "before": item.before,
            "after": None if item.content is None else digest(item.content),
            "content": None if item.content is None else base64.b64encode(item.content).decode(),
            "mode": item.mode,
            "program": item.program,
        }
        for item in wanted
    ]
    return json.dumps({"root": str(root), "changes": rows}).encode()


def start(given: bytes) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(program.__file__)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(given)
    process.stdin.close()
    return process


def test_changes_are_made_and_nothing_is_left_behind(root: Path) -> None:
    wanted = changes(root)
    assert apply(root, wanted, None) == ()
    for item in wanted:
        path = root / item.path
        if item.content is None:
            assert not path.is_file()
        else:
            assert path.read_bytes() == item.content
    assert not os.path.lexists(root / program.STAGE)


def test_signals_that_end_a_command_do_not_stop_it(root: Path) -> None:
    wanted = changes(root)
    process = start(job(root, wanted))
    while not (root / program.STAGE).exists() and process.poll() is None:
        pass
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
    assert process.wait() == 0
    assert (root / "added/0/a.md").read_bytes() == b"added\n"


def test_a_job_that_was_not_sent_to_its_end_does_nothing(root: Path) -> None:
    before = snapshot(root)
    for part in (0, 1, 100):
        process = start(job(root, changes(root))[:part])
        assert process.wait() == 0
    assert snapshot(root) == before


def test_fails_when_a_file_was_changed_meanwhile(root: Path) -> None:
    wanted = changes(root)
    (root / "folder-1" / "1.md").write_text("edited\n")
    before = snapshot(root)
    with pytest.raises(EnvironmentFault) as caught:
        apply(root, wanted, None)
    assert str(caught.value) == (
        f"{root}/folder-1/1.md: cannot be updated: nothing was changed, got 'changed while it was "
        "updated'; mend it and update again"
    )
    assert snapshot(root) == before


@pytest.mark.parametrize("at", [0, 1, 7, 20, 40, 49])
def test_when_a_file_cannot_be_placed_all_are_put_back(
    root: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, count = snapshot(root), 0
    real = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        nonlocal count
        if self.parent.name == "new":
            count += 1
            if count == at + 1:
                raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    wanted = json.loads(job(root, changes(root)))["changes"]
    if at >= sum(item["after"] is not None for item in wanted):
        program.apply(root, wanted)
        return
    with pytest.raises(program.Stopped, match="no space left on device"):
        program.apply(root, wanted)
    assert snapshot(root) == before


def test_when_the_disk_is_full_nothing_is_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(root)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(program.Stopped) as caught:
        program.apply(root, json.loads(job(root, changes(root)))["changes"])
    assert caught.value.args == ("added/0/a.md", "no space left on device")
    assert snapshot(root) == before


def test_what_somebody_changed_between_a_kill_and_the_next_update_stays(root: Path) -> None:
    after, stage = _killed_half_way(root)
    left = next(item for item in after if (root / item.path).is_file() and item.content is not None)
    (root / left.path).write_text("edited since\n")
    assert is_interrupted(root)
    done, changed = recover(root, None)
    assert done == "completed"
    assert (root / left.path).read_text() == "edited since\n"
    assert set(changed) <= {left.path}
    assert not stage.exists()


def _killed_half_way(root: Path) -> tuple[list[Change], Path]:
    """Leave what a kill leaves after some of the files were placed."""
    wanted, stage = changes(root), root / program.STAGE
    real, count = program._forward, 0

    class Killed(BaseException):
        pass

    def stop(*given: Any) -> bool:
        nonlocal count
        count += 1
        if count == 30:
            raise Killed
        return real(*given)

    with patch.object(program, "_forward", stop), pytest.raises(Killed):
        program.apply(root, json.loads(job(root, wanted))["changes"])
    return wanted, stage


def test_check_says_that_an_update_was_killed_and_the_next_one_ends_it(tmp_path: Path) -> None:
    made = Repository(tmp_path / "made", {"a.md": LINES})
    rows = [Change(path="a.md", before=digest(LINES.encode()), content=b"new\n")]
    stage = made.root / program.STAGE
    journal: dict[str, Any] = {"back": False, "changes": [], "folders": []}
    program._stage(made.root, stage, json.loads(job(made.root, rows))["changes"], journal)
    before = snapshot(made.root)
    said = update(made.root, check=True)
    assert (said.interrupted, said.done, snapshot(made.root) == before) == (True, False, True)
    assert update(made.root).recovered == "completed"
    assert made.read("a.md") == "new\n"
    assert not update(made.root, check=True).interrupted


@pytest.mark.parametrize(
    "journal",
    [
        "",
        '{"back": fal',
        "[]",
        '{"back": false, "folders": []}',
        '{"back": false, "folders": ["../out"], "changes": []}',
        '{"back": false, "folders": [], "changes": [{"path": "../a", "before": null, "after": "0"}]}',
        '{"back": false, "folders": [], "changes": [{"path": "/a", "before": null, "after": "0"}]}',
        '{"back": true, "folders": [], "changes": [{"path": ".git/a", "before": "0", "after": null}]}',
    ],
)
def test_fails_on_a_journal_that_no_update_wrote(tmp_path: Path, journal: str) -> None:
    made = Repository(tmp_path / "made", {"a.md": LINES})
    stage = made.root / program.STAGE
    (stage / "new").mkdir(parents=True)
    (stage / "new" / "0").write_text("from elsewhere\n")
    (stage / program.JOURNAL).write_text(journal)
    before = snapshot(tmp_path)
    with pytest.raises(EnvironmentFault, match=r"remove \.groundplan/update, update again"):
        update(made.root)
    assert snapshot(tmp_path) == before


def test_a_second_update_waits_for_no_one(tmp_path: Path) -> None:
    made = Repository(tmp_path / "made", {"a.md": LINES})
    with held(made.root, alone=True), pytest.raises(EnvironmentFault, match="at work"):
        update(made.root)
    with held(made.root, alone=False):
        assert update(made.root, check=True).done


@pytest.mark.heavy
def test_the_program_killed_at_any_moment_leaves_all_or_nothing(root: Path, tmp_path: Path) -> None:
    """Kills the applying process itself; the next update's first step ends what it began."""
    chance = random.Random(0)
    before, wanted = state(root), changes(root)
    original = tmp_path / "original"
    shutil.copytree(root, original)
    begun = time.monotonic()
    start(job(root, wanted)).wait()
    takes, after = time.monotonic() - begun, state(root)
    seen = {"untouched": 0, "staged": 0, "half": 0, "done": 0}
    for _ in range(100):
        shutil.rmtree(root)
        shutil.copytree(original, root)
        process = start(job(root, wanted))
        if chance.random() < 0.7:
            _await(root, process, chance)
        else:
            time.sleep(chance.random() * takes)
        process.kill()
        process.wait()
        found = state(root)
        if is_interrupted(root):
            seen["half"] += 1
            assert recover(root, None) == ("completed", ())
            assert state(root) == after
        elif (root / program.STAGE).exists():
            # staged and not decided, or decided, made and only not cleared yet
            seen["staged"] += 1
            assert found in (before, after)
            assert recover(root, None) == ("", ())
            assert state(root) == found
        else:
            seen["untouched" if found == before else "done"] += 1
            assert found in (before, after)
    print(seen)
    assert seen["half"] > 5
    assert seen["staged"] > 5


@pytest.mark.heavy
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")
def test_the_command_killed_at_any_moment_leaves_all_or_nothing(tmp_path: Path) -> None:
    many = {f"many/{number}.md": f"{number}\n" for number in range(60)}
    made = Repository(tmp_path / "made", {"a.md": LINES, **many})
    git(made.root, "init", "--quiet")
    made.write("a.md", LINES.replace("line 3", "ours"))
    made.change_spec("name: dev", "name: trial")
    own = made.root / ".groundplan" / "templates" / "repository"
    (own / "a.md").write_text(LINES.replace("line 18", "theirs"))
    for name in many:
        (own / name).write_text("new\n")
    original = tmp_path / "original"
    shutil.copytree(made.root, original)
    before = state(made.root)
    begun = time.monotonic()
    update(made.root)
    takes, after = time.monotonic() - begun + 0.5, state(made.root)  # and Python's start
    seen = {"before": 0, "after": 0, "completed": 0, "staged": 0, "child killed": 0}
    chance = random.Random(0)
    for number in range(60):
        shutil.rmtree(made.root)
        shutil.copytree(original, made.root)
        _start_and_kill(made.root, chance, takes, both=number % 2 == 0, seen=seen)
        _wait_for_the_lock(made.root)
        if is_interrupted(made.root):
            seen["completed"] += 1
            assert recover(made.root, None) == ("completed", ())
            assert state(made.root) == after
        elif (made.root / program.STAGE).exists():
            seen["staged"] += 1
            assert recover(made.root, None) == ("", ())
        found = state(made.root)
        assert found in (before, after)
        seen["before" if found == before else "after"] += 1
        if number % 10 == 0:  # and the next update ends in the same state
            update(made.root)
            assert state(made.root) == after
    print(seen)
    assert seen["before"] > 5
    assert seen["after"] > 5
    assert seen["child killed"] > 5


def _await(root: Path, process: subprocess.Popen[bytes], chance: random.Random) -> None:
    """Wait for a moment in which files are staged or put in place."""
    begun = chance.choice([program.STAGE, *[f"{program.STAGE}/{program.JOURNAL}"] * 2])
    while not (root / begun).exists() and process.poll() is None:
        time.sleep(0.0002)
    time.sleep(chance.random() * 0.01)


COMMAND = """
import importlib, pathlib, sys
module = importlib.import_module("groundplan.blueprints.generator.render")
shipped = pathlib.Path(sys.argv.pop(1))
module._shipped = lambda: shipped
from groundplan.blueprints.cli import main
main()
"""
"""The command, with the small templates."""


def _start_and_kill(
    root: Path, chance: random.Random, takes: float, *, both: bool, seen: dict[str, int]
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(root.parents[1] / "shipped"), "update", str(root)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if both or chance.random() < 0.4:  # when it puts the files in place
        _await(root, process, chance)
    else:
        time.sleep(chance.random() * takes)
    child: list[int] = []
    with contextlib.suppress(OSError):
        child = [int(pid) for pid in children.read_text().split()]
    victims = [*child, process.pid] if both else [process.pid]
    for pid in victims if chance.random() < 0.5 else victims[::-1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            seen["child killed"] += pid in child
    process.wait()


def _wait_for_the_lock(root: Path) -> None:
    """Wait until a program that the kill left alone has done its work."""
    for _ in range(1000):
        try:
            with held(root, alone=True):
                return
        except EnvironmentFault:
            time.sleep(0.01)
    raise AssertionError("the applying program does not end")
