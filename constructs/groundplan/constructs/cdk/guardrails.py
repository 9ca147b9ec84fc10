"""Deployment guardrails: how an update of an endpoint shifts traffic to a new fleet."""

from typing import Any

from groundplan.blueprints.plan import endpoint_update
from groundplan.blueprints.plan.endpoint import EndpointPlan


def planned(plan: EndpointPlan) -> dict[str, Any]:
    """Return the update of a planned release."""
    return endpoint_update.planned(plan)


def at_once(plan: EndpointPlan) -> dict[str, Any]:
    """Return the update of an emergency."""
    return endpoint_update.at_once(plan)


def deployment(policy: dict[str, Any], alarm_names: list[str]) -> dict[str, Any]:
    """Return a deployment config that alarms roll back; names may be tokens."""
    return endpoint_update.deployment(policy, alarm_names)
