"""The Pulumi program: the part of the project that the stack's configuration names."""

import pulumi

from groundplan.blueprints.errors import GroundplanError
from groundplan.stacks.pulumi import add_project

try:
    add_project()
except GroundplanError as exc:
    raise pulumi.RunError(str(exc)) from None  # Pulumi shows its text without a traceback
