"""Deploys a project onto an embedded AWS emulator and runs its life, from day 0 to teardown."""

from groundplan.stacks.rehearsal.report import Phase, RehearsalReport
from groundplan.stacks.rehearsal.run import RehearsalOptions, rehearse

__all__ = ["Phase", "RehearsalOptions", "RehearsalReport", "rehearse"]
