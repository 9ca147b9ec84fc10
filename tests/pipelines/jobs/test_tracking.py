"""What training records beside its checkpoints, without MLflow."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from groundplan.pipelines.jobs import tracking


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ML_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    given(tmp_path, epochs="3")
    return tmp_path


def given(root: Path, **hyperparameters: str) -> None:
    path = root / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(hyperparameters))


def lines(root: Path) -> list[dict[str, Any]]:
    [path] = (root / "checkpoints" / "tracking").iterdir()
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_run_is_one_file_beside_the_checkpoints(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINING_JOB_NAME", "churn-1")
    tracking.record(1, loss=0.5)
    tracking.record(2, loss=0.25)
    tracking.finish({"train_loss": 0.25})

    head, *rest = lines(root)
    assert head["parameters"] == {"epochs": "3"}
    assert [(line["step"], line["metrics"]) for line in rest] == [
        (1, {"loss": 0.5}),
        (2, {"loss": 0.25}),
        (None, {"train_loss": 0.25}),
    ]
    assert {line["job"] for line in rest} == {"churn-1"}


def test_a_resumed_run_goes_on_in_its_file_after_a_line_that_was_cut_off(root: Path) -> None:
    tracking.record(1, loss=0.5)
    [path] = (root / "checkpoints" / "tracking").iterdir()
    path.write_text(path.read_text() + '{"step": 2, "met')
    tracking.record(2, loss=0.25)

    found = tracking._lines(path)
    assert [line["step"] for line in found[1:]] == [1, 2]


def test_a_step_that_is_repeated_counts_once(root: Path) -> None:
    for step, loss in ((1, 0.5), (2, 0.3), (2, 0.25)):
        tracking.record(step, loss=loss)
    tracking.finish({"train_loss": 0.25, "unknown": float("nan")})

    found = {(name, step): value for name, value, _, step in tracking._metrics(lines(root))}
    assert found == {("loss", 1): 0.5, ("loss", 2): 0.25, ("train_loss", 2): 0.25}


def test_other_hyperparameters_are_another_run(root: Path) -> None:
    tracking.record(1, loss=0.5)
    given(root, epochs="4")
    tracking.record(1, loss=0.5)

    assert len(list((root / "checkpoints" / "tracking").iterdir())) == 2


def test_training_goes_on_where_nothing_can_be_recorded(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "checkpoints").write_text("a file where a folder should be")
    tracking.record(1, loss=0.5)
    tracking.finish({"loss": 0.5})
    (root / "checkpoints").unlink()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setattr(tracking, "send", lambda *_: 1 / 0)
    tracking.finish({"loss": 0.5})

    warnings = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in warnings] == ["warning"] * 3
    assert "ZeroDivisionError" in warnings[-1]


def test_training_waits_for_a_silent_server_only_so_long(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    monkeypatch.setattr(tracking, "SECONDS_TO_SEND", 0.05)
    monkeypatch.setattr(tracking, "send", lambda *_: time.sleep(2))
    tracking.finish({"loss": 0.5})

    assert "MLflow has not taken the run within 0.05 seconds" in capsys.readouterr().out
