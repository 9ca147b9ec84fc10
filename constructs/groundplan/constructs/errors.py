"""Errors of the constructs.

* GroundplanError
  x ConstructError
"""

from groundplan.blueprints.errors import GroundplanError


class ConstructError(GroundplanError, ValueError):
    """A construct that is given something else than its plan asks for."""

    def __init__(self, path: str, problem: str, *, got: object, fix: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}, got {got}; {fix}")
