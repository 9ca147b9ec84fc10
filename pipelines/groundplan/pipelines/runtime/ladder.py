"""Rungs of a ladder, one after the other until one gets capacity; training and tuning climb it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundplan.pipelines.runtime.base import Run, Step, StepFailed
from groundplan.pipelines.runtime.jobs import MAX_ATTEMPTS

ENDED = ("Completed", "Failed", "Stopped")
STARTED = frozenset({"Downloading", "DownloadingTrainingImage", "Training", "Uploading"})
# What a later rung may well overcome; anything else that fails a job would fail it there too.
PASSES = re.compile(
    r"CapacityError|InsufficientCapacity|InsufficientInstanceCapacity|InternalServerError",
    re.IGNORECASE,
)

Rung = Mapping[str, Any]


@dataclass
class Seen:
    """What a look at a job has shown."""

    name: str
    status: str
    secondary_status: str = ""
    reason: str = ""
    started: bool = False
    training_seconds: int = 0
    billable_seconds: int = 0
    described: Mapping[str, Any] = field(default_factory=dict)

    def out_of_luck(self, stopped_by_us: bool) -> bool:
        """Whether it ended for want of something that a later rung may have."""
        passes = bool(PASSES.search(self.reason))
        if self.status == "Failed":
            return passes
        starved = stopped_by_us or passes or self.secondary_status == "MaxWaitTimeExceeded"
        return starved and self.secondary_status != "MaxRuntimeExceeded"


@dataclass
class Kind:
    """How one kind of job is named, begun, looked at (nothing: it is not there) and stopped."""

    name: Callable[[int, int], str]
    create: Callable[[str, Rung], Any]
    look: Callable[[str], Seen | None]
    stop: Callable[[str], Any]


def climb(given: Step, run: Run, kind: Kind) -> tuple[Rung, Seen, list[dict[str, Any]]]:
    """The rung that got capacity, its job, and how the rungs before it ended.

    Raises:
        StepFailed: If no rung got capacity, or a job failed for another reason.
    """
    attempts: list[dict[str, Any]] = []
    for number, rung in enumerate(given["ladder"], 1):
        is_last = number == len(given["ladder"])
        patience = None if is_last else given["patience_seconds"]
        try:
            name = _begun(run, kind, number, rung)
        except Exception as error:
            if is_last or "ResourceLimitExceeded" not in str(error):
                raise
            attempts.append(_attempt(rung, Seen("", "NotCreated", reason=str(error))))
            continue
        job, stopped_by_us = _watched(run, kind, name, patience)
        if job.status == "Completed":
            return rung, job, attempts
        attempts.append(_attempt(rung, job))
        if not job.out_of_luck(stopped_by_us):
            raise StepFailed(
                f"{job.status} {job.secondary_status}".strip(), f"job {name}: {job.reason}"
            )
    tried = "; ".join(f"{item['instance_type']} {item['status']}" for item in attempts)
    raise StepFailed("NoCapacity", f"no rung of the ladder got capacity: {tried}")


def _begun(run: Run, kind: Kind, number: int, rung: Rung) -> str:
    """The name of the rung's job, which an earlier attempt of this run may have begun.

    One that got no capacity was given up: it stays the rung's job, so that the next rung follows.
    """
    for attempt in range(MAX_ATTEMPTS):
        name = kind.name(number, attempt)
        known = kind.look(name)
        if known is None:
            kind.create(name, rung)
            return name
        ended_badly = known.status in ("Failed", "Stopped") and known.started
        if not run.again or not ended_badly:
            return name
    raise StepFailed("TooManyAttempts", f"{MAX_ATTEMPTS} jobs of this run have failed")


def _watched(run: Run, kind: Kind, name: str, patience: int | None) -> tuple[Seen, bool]:
    """The job when it has ended; without capacity it is stopped after ``patience`` seconds."""
    waited, stopping = 0, False
    while True:
        job = kind.look(name)
        if job is None:
            raise StepFailed("JobLost", f"job {name} is no longer there")
        if job.status in ENDED:
            return job, stopping or (job.status == "Stopped" and not job.started)
        if patience is not None and not job.started and not stopping and waited >= patience:
            kind.stop(name)
            stopping = True
        run.sleep(run.poll_seconds)
        waited += run.poll_seconds


def _attempt(rung: Rung, job: Seen) -> dict[str, Any]:
    return {
        "instance_type": rung["instance_type"],
        "spot": rung["spot"],
        "job_name": job.name,
        "status": job.status,
        "secondary_status": job.secondary_status,
        "reason": job.reason[:2000],
        "training_seconds": job.training_seconds,
        "billable_seconds": job.billable_seconds,
    }
