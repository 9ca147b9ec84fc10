"""Random edits of a team, random changes of spec and templates; `python -m benchmarks.updates` does more."""

import itertools
import random
from pathlib import Path

import pytest
from benchmarks import updates
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from updating import LINES, use_small_templates

from groundplan.blueprints.generator import Updated, update
from groundplan.blueprints.generator.merge import File, merge

NUMBERS = itertools.count()


def test_no_line_is_lost_and_the_second_update_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_small_templates(tmp_path / "shipped", monkeypatch)

    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.randoms(use_true_random=False))
    def run(chance: random.Random) -> None:
        folder = tmp_path / str(next(NUMBERS))
        folder.mkdir()
        updates.trial(chance, folder)

    run()


@pytest.mark.parametrize("fault", ["forget", "again", "touch"])
def test_a_trial_sees_what_a_wrong_update_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    use_small_templates(tmp_path / "shipped", monkeypatch)

    def wrong(root: Path, *, check: bool = False) -> Updated:
        result = update(root, check=check)
        if check:
            return result
        for file in sorted(root.rglob("*.md")):
            if file.is_symlink() or ".groundplan" in file.parts or not file.is_file():
                continue
            text = file.read_bytes()
            if fault == "forget":
                file.write_bytes(b"".join(li for li in text.splitlines(True) if b"team" not in li))
            elif fault == "again":
                file.write_bytes(text + b"again\n")
            else:
                file.chmod(0o600 if file.stat().st_mode & 0o44 else 0o644)
        return result

    monkeypatch.setattr(updates, "update", wrong)
    found = 0
    for seed in range(4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            updates.trial(random.Random(seed), folder)
        except AssertionError:
            found += 1
    assert found >= 2


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_every_line_of_both_sides_is_in_the_merged_file(data: st.DataObject) -> None:
    """One file, edits anywhere on both sides: lines that a side added are there, marked or not."""
    base = LINES.splitlines()
    sides = {}
    for name in ("ours", "theirs"):
        lines = list(base)
        for number in range(data.draw(st.integers(1, 5))):
            at = data.draw(st.integers(0, len(lines)))
            gone = data.draw(st.integers(0, 3))
            lines[at : at + gone] = [f"{name} {number}"]
        sides[name] = lines
    text = {name: File(("\n".join(lines) + "\n").encode()) for name, lines in sides.items()}
    merged = merge({"a": File(LINES.encode())}, {"a": text["ours"]}, {"a": text["theirs"]})
    found = merged.files["a"].content.decode().splitlines()
    for name, lines in sides.items():
        assert not {line for line in lines if line.startswith(name)} - set(found)
    assert bool(merged.conflicts) == ("<<<<<<< yours" in found)
