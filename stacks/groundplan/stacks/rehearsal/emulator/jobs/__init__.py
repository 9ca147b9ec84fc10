"""SageMaker's and AWS Batch's jobs, which run a project's own scripts."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from moto.sagemaker.models import sagemaker_backends

from groundplan.stacks.rehearsal.emulator.jobs.record import JobRecord

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

__all__ = ["JobRecord", "patched", "records"]


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Run jobs and show faults until the context ends; then stop what still runs."""
    from groundplan.stacks.rehearsal.emulator.jobs import (
        api,
        batch,
        registry,
        throttling,
        transform,
        tuning_api,
    )

    with ExitStack() as stack:
        stack.enter_context(registry.patched())
        stack.enter_context(api.patched(emulator))
        stack.enter_context(tuning_api.patched(emulator))
        stack.enter_context(transform.patched(emulator))
        stack.enter_context(batch.patched(emulator))
        stack.enter_context(throttling.patched(emulator))
        try:
            yield
        finally:
            for job in _jobs(emulator):
                job.stop()


def records(emulator: "Emulator") -> tuple[JobRecord, ...]:
    """Every job of every account, in order of creation."""
    jobs = sorted(_jobs(emulator), key=lambda job: job.creation_time)
    return tuple(job.record() for job in jobs)


def _jobs(emulator: "Emulator") -> list[Any]:
    everything: list[Any] = [
        job
        for account in list(sagemaker_backends)
        for backend in list(sagemaker_backends[account].values())
        for jobs in (backend.training_jobs, backend.processing_jobs, backend.transform_jobs)
        for job in list(jobs.values())
    ]
    from groundplan.stacks.rehearsal.emulator.jobs import batch

    return [job for job in (*everything, *batch.jobs()) if job.belongs_to(emulator)]
