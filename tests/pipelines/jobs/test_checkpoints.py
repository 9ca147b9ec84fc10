import json
import pickle
from pathlib import Path

import pytest

from groundplan.pipelines.jobs.job import Checkpoints


@pytest.mark.parametrize(("minutes", "kept"), [("10", 1), ("0", 2)])
def test_a_state_is_kept_when_its_time_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: str, kept: int
) -> None:
    monkeypatch.setenv("ML_ROOT", str(tmp_path))
    given = tmp_path / "input" / "config" / "hyperparameters.json"
    given.parent.mkdir(parents=True)
    given.write_text(json.dumps({"checkpoint_minutes": minutes}))
    checkpoints = Checkpoints()

    checkpoints.save(1)
    checkpoints.save(2)

    assert pickle.loads((tmp_path / "checkpoints" / "checkpoint.pickle").read_bytes()) == kept


def test_trials_of_a_tuning_job_do_not_go_on_with_each_others_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ML_ROOT", str(tmp_path))
    given = tmp_path / "input" / "config" / "hyperparameters.json"
    given.parent.mkdir(parents=True)
    for rate, before in (("0.1", None), ("0.2", None), ("0.1", "0.1")):
        given.write_text(json.dumps({"rate": rate, "_tuning_objective_metric": "auc"}))
        checkpoints = Checkpoints()
        assert checkpoints.load() == before
        checkpoints.save(rate)
