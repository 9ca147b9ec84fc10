"""Rungs of a spot ladder may differ: what one kind of machine has saved, another goes on with."""

from typing import Any

SCALED = """
import learning, torch
learning._precision = lambda: torch.float16  # as on a GPU that has no bfloat16
import job, train
job.run_training(train.train)
"""


def test_a_machine_that_scales_goes_on_where_one_that_does_not_was(jobs: Any, samples: Any) -> None:
    jobs.give(samples.rows(40), **samples.HYPERPARAMETERS | {"checkpoint_minutes": 0})
    jobs.run("train.py")
    newest = max(
        (jobs.root / "checkpoints").iterdir(), key=lambda path: int(path.stat().st_mtime_ns)
    )
    newest.unlink()  # the one before the end

    assert "resumed from a checkpoint" in jobs.run("-c", SCALED)
    (jobs.root / "checkpoints" / newest.name).unlink()
    assert "resumed from a checkpoint" in jobs.run("train.py")
