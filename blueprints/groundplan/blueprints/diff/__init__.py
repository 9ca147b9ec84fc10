"""What changes between two plans: resources added, changed, replaced or lost."""

from groundplan.blueprints.diff.changes import Change, ProjectDiff, compare
from groundplan.blueprints.diff.inventory import Resource, inventory

__all__ = ["Change", "ProjectDiff", "Resource", "compare", "inventory"]
