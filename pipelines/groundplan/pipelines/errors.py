"""The errors of a pipeline that cannot be built.

* LocatedError
  x PipelineError
"""

from groundplan.blueprints.errors import LocatedError


class PipelineError(LocatedError, ValueError):
    """A pipeline whose steps do not fit together, or that a service would refuse."""
