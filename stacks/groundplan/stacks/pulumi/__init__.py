"""A project as Pulumi stacks."""

from groundplan.stacks.pulumi.program import Program, add_project

__all__ = ["Program", "add_project"]
