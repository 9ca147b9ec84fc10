"""A project as Pulumi stacks."""

from groundplan.stacks.pulumi.program import Program, add_project, parts
from groundplan.stacks.pulumi.project_files import project_files

__all__ = ["Program", "add_project", "parts", "project_files"]
