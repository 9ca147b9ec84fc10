"""What changes between two plans: resources, and what roles and others may do."""

from groundplan.blueprints.diff.changes import Change, ProjectDiff, compare
from groundplan.blueprints.diff.inventory import Resource, inventory
from groundplan.blueprints.diff.permissions import (
    Newcomer,
    Permission,
    PermissionDiff,
    compare_permissions,
)

__all__ = [
    "Change",
    "Newcomer",
    "Permission",
    "PermissionDiff",
    "ProjectDiff",
    "Resource",
    "compare",
    "compare_permissions",
    "inventory",
]
