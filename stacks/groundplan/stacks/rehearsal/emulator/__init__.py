"""The embedded AWS emulator that a rehearsal deploys to."""

from groundplan.stacks.rehearsal.emulator.settings import hidden_caller

with hidden_caller():
    from groundplan.stacks.rehearsal.emulator.faults import Faults
    from groundplan.stacks.rehearsal.emulator.jobs import JobRecord
    from groundplan.stacks.rehearsal.emulator.server import Emulator, EmulatorError

__all__ = ["Emulator", "EmulatorError", "Faults", "JobRecord"]
