"""Decides a log group."""

from dataclasses import dataclass

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroupPlan:
    """An encrypted log group with an end to its retention."""

    id: str
    """Id of the unit within its stack."""

    name: str
    """Physical name."""

    arn: str
    """ARN without the trailing ``:*``."""

    encryption_key: Ref | str | None
    """ARN of the KMS key. ``None``: CloudWatch Logs' own encryption."""

    retention_days: int
    """Days that events are kept; one of CloudWatch Logs' allowed values."""

    retain: bool
    """Whether the group survives the deletion of its stack."""


def plan_log_group(
    *,
    name: str,
    place: Place,
    encryption_key: Ref | str | None = None,
    id: str = "LogGroup",
    retention_days: int = 365,
    retain: bool = False,
) -> LogGroupPlan:
    """Decide a log group.

    Args:
        name: Physical name.
        place: Account and region.
        encryption_key: ARN of the key, or the ref to it. CloudWatch Logs accepts no alias.
        id: Id of the unit within its stack.
        retention_days: Days that events are kept.
        retain: Whether the group survives the deletion of its stack.
    """
    return LogGroupPlan(
        id=id,
        name=name,
        arn=place.arn("logs", f"log-group:{name}"),
        encryption_key=encryption_key,
        retention_days=retention_days,
        retain=retain,
    )
