"""Errors of the comparison of both engines.

* LocatedError
  x ParityError
"""

from groundplan.blueprints.errors import LocatedError


class ParityError(LocatedError, ValueError):
    """Something in a template or a program that is not known, and so cannot be compared."""
