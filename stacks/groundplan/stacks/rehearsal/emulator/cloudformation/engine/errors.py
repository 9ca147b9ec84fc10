"""How an operation on a stack fails.

* ValidationError (moto's: the request is refused and nothing changes)
  x AlreadyExists
  x ChangeSetNotFound
  x InsufficientCapabilities
* GroundplanError
  x ResourceFailed (the operation has begun and is rolled back)
"""

from moto.cloudformation.exceptions import ValidationError as MotoValidationError

from groundplan.blueprints.errors import GroundplanError


class ValidationError(MotoValidationError):
    """The request is refused before anything changes."""

    def __init__(self, message: str) -> None:
        super().__init__(message=message)


class AlreadyExists(ValidationError):
    """A stack of this name exists."""

    code = "AlreadyExistsException"


class ChangeSetNotFound(ValidationError):
    """There is no such change set."""

    code = "ChangeSetNotFound"


class InsufficientCapabilities(ValidationError):
    """The template makes IAM resources and the caller has not acknowledged that."""

    code = "InsufficientCapabilitiesException"


class ResourceFailed(GroundplanError):
    """A resource cannot be created, updated or deleted; its operation is rolled back."""
