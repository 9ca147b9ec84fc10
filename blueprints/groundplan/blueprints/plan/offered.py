"""Refuses an instance type that a region does not have."""

from groundplan.blueprints.catalogue import is_absent, nearest_present
from groundplan.blueprints.catalogue.absences import Use
from groundplan.blueprints.errors import PlanError


def check_offered(instance_type: str, region: str, use: Use, *, spec_path: str) -> None:
    """Refuse an instance type that is known to be absent from the region.

    Raises:
        PlanError: If the region does not have it; names the nearest type that it may have.
    """
    if is_absent(instance_type, region):
        near = nearest_present(instance_type, region, use)
        raise PlanError(
            spec_path,
            f"region {region} does not have this instance type",
            got=instance_type,
            fix="use another region" if near is None else f"use one like {near!r}",
        )
