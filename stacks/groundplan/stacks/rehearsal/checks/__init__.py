"""What the plan decided against what the service APIs of the emulator show."""

from groundplan.stacks.rehearsal.checks.registry import UNCOVERED
from groundplan.stacks.rehearsal.checks.stack_check import StackCheck, check_stack, check_stage_0

__all__ = ["UNCOVERED", "StackCheck", "check_stack", "check_stage_0"]
