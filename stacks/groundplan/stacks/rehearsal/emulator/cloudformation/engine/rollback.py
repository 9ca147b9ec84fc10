"""Rolling back what failed, once more where the rollback failed too."""

from collections.abc import Callable, Mapping
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ValidationError
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.region import Region
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.stack import Stack

STUCK = "UPDATE_ROLLBACK_FAILED"


def roll_back(
    region: Region, stack: Stack, undo: Callable[[], list[str]], reason: str, *, prefix: str
) -> None:
    """Roll back; what cannot be undone is kept for a later attempt.

    Args:
        region: Where the stack is.
        stack: The stack.
        undo: Undoes what is left and returns what it could not.
        reason: Why.
        prefix: Of each status: ``UPDATE_``, or nothing for a stack that was being created.
    """
    stack.report(f"{prefix}ROLLBACK_IN_PROGRESS", reason)
    faults = region.faults().rollback_failures
    if faults.get(stack.name, 0) > 0:
        faults[stack.name] -= 1
        left = ["The following resource(s) failed to update: injected"]
    else:
        left = undo()
    stack.unfinished = undo if left else None
    if left:
        stack.report(f"{prefix}ROLLBACK_FAILED", "; ".join(left))
    else:
        stack.report(f"{prefix}ROLLBACK_COMPLETE", reason)


def continue_update_rollback(region: Region, request: Mapping[str, Any]) -> dict[str, Any]:
    """ContinueUpdateRollback."""
    stack = region.get(request["StackName"])
    if stack.status != STUCK or stack.unfinished is None:
        raise ValidationError(
            f"Stack:{stack.id} is in {stack.status} state and its rollback can not be continued."
        )
    stack.token = request.get("ClientRequestToken")
    stack.role = request.get("RoleARN", stack.role)
    roll_back(region, stack, stack.unfinished, "User Initiated", prefix="UPDATE_")
    return {}
