"""A project as Pulumi stacks."""

from groundplan.stacks.pulumi.program import Program, add_project, parts

__all__ = ["Program", "add_project", "parts"]
