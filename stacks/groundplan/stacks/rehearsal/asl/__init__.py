"""Checks of state machine definitions that neither AWS nor any validator makes beforehand.

Step Functions looks at integrations, arguments and variables only when an execution gets to them.
"""

from groundplan.stacks.rehearsal.asl.check import check_definition
from groundplan.stacks.rehearsal.asl.problem import Problem

__all__ = ["Problem", "check_definition"]
