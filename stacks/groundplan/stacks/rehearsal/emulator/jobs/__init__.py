"""SageMaker training and processing jobs that run a project's own scripts."""

from groundplan.stacks.rehearsal.emulator.jobs.record import JobRecord

__all__ = ["JobRecord"]
