"""The errors of a pipeline that cannot be built.

* GroundplanError
  x PipelineError
"""

from groundplan.blueprints.errors import GroundplanError


class PipelineError(GroundplanError, ValueError):
    """A pipeline whose steps do not fit together, or that a service would refuse."""

    def __init__(self, path: str, problem: str, *, got: object, fix: str) -> None:
        self.path = path
        super().__init__(f"{path}: {problem}, got {got!r}; {fix}")
