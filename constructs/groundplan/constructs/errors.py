"""Errors of the constructs.

* LocatedError
  x ConstructError
"""

from groundplan.blueprints.errors import LocatedError


class ConstructError(LocatedError, ValueError):
    """A construct that is given something else than its plan asks for."""
