import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from groundplan.pipelines.jobs.job import TERMINATED, Checkpoints, hyperparameter, sealed

Given = Callable[..., None]


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Given]:
    """Writes hyperparameters; by default every state is kept."""
    monkeypatch.setenv("ML_ROOT", str(tmp_path))
    path = tmp_path / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True)
    before = signal.getsignal(signal.SIGTERM)

    def write(**hyperparameters: str) -> None:
        path.write_text(json.dumps({"checkpoint_minutes": "0"} | hyperparameters))

    write()
    yield write
    signal.signal(signal.SIGTERM, before)


def slots(root: Path) -> list[Path]:
    return sorted((root / "checkpoints").iterdir())


def test_the_first_state_is_kept_at_once_and_later_ones_when_it_is_time(given: Given) -> None:
    given(checkpoint_minutes="10")
    checkpoints = Checkpoints()
    assert checkpoints.due
    checkpoints.save(1)
    assert not checkpoints.due
    checkpoints.save(2)
    assert Checkpoints().load() == 1

    given(checkpoint_minutes="0")
    checkpoints.save(3)  # it was made when ten minutes were wanted
    always = Checkpoints()
    always.save(4)
    always.save(5)
    assert Checkpoints().load() == 5


def test_two_states_are_kept_however_many_are_saved(tmp_path: Path, given: Given) -> None:
    checkpoints = Checkpoints()
    for state in range(5):
        checkpoints.save(state)

    assert [path.name for path in slots(tmp_path)] == ["checkpoint-1.bin", "checkpoint-2.bin"]
    resumed = Checkpoints()
    assert resumed.load() == 4
    resumed.save(5)
    slots(tmp_path)[1].unlink()  # what was saved last, since the fifth lies in the first file
    assert Checkpoints().load() == 4


def flipped(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) * 2 // 3],
    "truncated in its first line": lambda content: content[:20],
    "one bit": flipped,
    "one bit of the number": lambda content: content.replace(b'"number": ', b'"number": 1'),
    "empty": lambda content: b"",
    "garbage": lambda content: b"\xff\x00garbage" * 9,
    "another JSON": lambda content: b"[1, 2]\n" + content,
    "another JSON's number": lambda content: b'{"digest": "", "number": null}\n',
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_checkpoint_is_skipped_with_a_warning(
    tmp_path: Path,
    given: Given,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[bytes], bytes],
) -> None:
    checkpoints = Checkpoints()
    checkpoints.save("older")
    checkpoints.save("newer")
    first, second = slots(tmp_path)
    second.write_bytes(damage(second.read_bytes()))

    resumed = Checkpoints()
    assert resumed.load() == "older"
    assert "warning: checkpoint-2.bin is skipped: it is damaged" in capsys.readouterr().out
    resumed.save("newest")  # takes the place of the damaged one
    assert Checkpoints().load() == "newest"

    first.write_bytes(damage(first.read_bytes()))
    second.write_bytes(b"")
    assert Checkpoints().load() is None
    assert capsys.readouterr().out.count("warning: ") >= 2


def test_what_cannot_be_read_is_skipped_whatever_is_wrong(
    given: Given, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: bytes) -> object:
        raise RuntimeError("written by another version")

    Checkpoints().save(1)

    assert Checkpoints(loads=refuse).load() is None
    assert "checkpoint-1.bin is skipped: written by another version" in capsys.readouterr().out


def test_a_file_that_is_left_half_written_is_no_checkpoint(tmp_path: Path, given: Given) -> None:
    checkpoints = Checkpoints()
    checkpoints.save(1)
    (tmp_path / "checkpoints" / "checkpoint-2.new").write_bytes(b"half")

    resumed = Checkpoints()
    assert resumed.load() == 1
    resumed.save(2)
    assert Checkpoints().load() == 2
    assert len(slots(tmp_path)) == 2


def test_only_a_checkpoint_of_the_same_training_is_resumed(
    tmp_path: Path, given: Given, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "input" / "data" / "train" / "part" / "rows.csv"
    data.parent.mkdir(parents=True)
    data.write_text("x\n1\n")
    given(rate="0.1")
    Checkpoints().save("mine")
    given(rate="0.1", checkpoint_minutes="20", sagemaker_job_name="another")
    assert Checkpoints().load() == "mine"

    given(rate="0.2")
    assert Checkpoints().load() is None
    assert "it is of other data, hyperparameters or programs" in capsys.readouterr().out

    given(rate="0.1")
    data.write_text("x\n2\n")
    assert Checkpoints().load() is None


def test_states_may_be_bytes_of_their_own(tmp_path: Path, given: Given) -> None:
    Checkpoints(dumps=str.encode, loads=bytes.decode).save("weights")

    assert slots(tmp_path)[0].read_bytes().endswith(b"\nweights")
    assert Checkpoints(dumps=str.encode, loads=bytes.decode).load() == "weights"


def test_no_code_runs_from_a_file_that_was_not_sealed_by_a_training(
    tmp_path: Path, given: Given
) -> None:
    asked: list[bytes] = []
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "checkpoint-1.bin").write_bytes(sealed(b"x", 1, "another"))

    assert Checkpoints(loads=asked.append).load() is None
    assert asked == []


def test_sigterm_ends_the_program_at_the_next_save(given: Given) -> None:
    given(checkpoint_minutes="10")
    checkpoints = Checkpoints()
    checkpoints.save(1)
    os.kill(os.getpid(), signal.SIGTERM)

    assert checkpoints.due
    with pytest.raises(SystemExit) as ended:
        checkpoints.save(2)
    assert ended.value.code == TERMINATED
    assert Checkpoints().load() == 2


def test_trials_of_a_tuning_job_do_not_go_on_with_each_others_work(given: Given) -> None:
    for rate, before in (("0.1", None), ("0.2", None), ("0.1", "0.1")):
        given(rate=rate, _tuning_objective_metric="auc")
        checkpoints = Checkpoints()
        assert checkpoints.load() == before
        checkpoints.save(rate)


def test_values_in_json_are_read_where_sagemakers_own_tools_write_them(given: Given) -> None:
    given(label="churned", iterations="5")
    assert (hyperparameter("label", ""), hyperparameter("iterations", 1)) == ("churned", 5)
    given(label='"churned"', iterations="5", sagemaker_program='"train.py"')
    assert (hyperparameter("label", ""), hyperparameter("iterations", 1)) == ("churned", 5)
    assert hyperparameter("rate", 0.5) == 0.5
