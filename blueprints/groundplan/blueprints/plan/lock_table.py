"""Decides a table of locks: what keeps two executions from doing one thing at a time."""

from dataclasses import dataclass

from groundplan.blueprints.plan.exceptions import (
    NO_REPLICATION,
    CheckException,
    accept,
    in_packs,
)
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref

KEY_ATTRIBUTE = "id"
"""Attribute of the table's key: what is locked."""
EXPIRY_ATTRIBUTE = "expires_at"
"""Attribute with the end of a lease in seconds since 1970, after which DynamoDB removes the item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockTablePlan:
    """A DynamoDB table of leases, paid by request.

    It outlives nothing: a lease that is lost with it would have ended by itself.
    """

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN of the table."""

    encryption_key: Ref | str
    """ARN of the KMS key."""

    deletion_protection: bool
    """Whether DynamoDB refuses to delete the table."""

    @property
    def exceptions(self) -> tuple[CheckException, ...]:
        """Rules of static checkers that it does not follow on purpose."""
        rules = in_packs("DynamoDBInBackupPlan", "HIPAA.Security", "NIST.800.53.R5")
        return accept(NO_REPLICATION, *rules)


def plan_lock_table(
    *,
    name: str,
    place: Place,
    encryption_key: Ref | str,
    id: str = "Locks",
    deletion_protection: bool = False,
) -> LockTablePlan:
    """Decide a table of locks.

    Args:
        name: Physical name.
        place: Account and region.
        encryption_key: ARN of the key, or the ref to it.
        id: Id of the unit within its stack.
        deletion_protection: Whether DynamoDB refuses to delete the table.
    """
    return LockTablePlan(
        id=id,
        name=name,
        arn=place.arn("dynamodb", f"table/{name}"),
        encryption_key=encryption_key,
        deletion_protection=deletion_protection,
    )
