"""Deployment guardrails: how an update of an endpoint shifts traffic to a new fleet."""

from typing import Any

from groundplan.blueprints.plan.endpoint import TRAFFIC_ROUTING, EndpointPlan


def planned(plan: EndpointPlan) -> dict[str, Any]:
    """Return the update of a planned release."""
    rollout = plan.rollout
    routing: dict[str, Any] = {
        "Type": TRAFFIC_ROUTING[rollout.strategy],
        "WaitIntervalInSeconds": rollout.wait_seconds,
    }
    if rollout.strategy != "all_at_once":
        step = "CanarySize" if rollout.strategy == "canary" else "LinearStepSize"
        routing[step] = {"Type": "CAPACITY_PERCENT", "Value": rollout.percent}
    return {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": rollout.termination_wait_seconds,
        "MaximumExecutionTimeoutInSeconds": rollout.maximum_execution_seconds,
    }


def at_once(plan: EndpointPlan) -> dict[str, Any]:
    """Return the update of an emergency."""
    return {
        "TrafficRoutingConfiguration": {
            "Type": TRAFFIC_ROUTING["all_at_once"],
            "WaitIntervalInSeconds": 0,
        },
        "MaximumExecutionTimeoutInSeconds": plan.rollout.maximum_execution_seconds,
    }


def deployment(policy: dict[str, Any], alarm_names: list[str]) -> dict[str, Any]:
    """Return a deployment config that alarms roll back."""
    out: dict[str, Any] = {"BlueGreenUpdatePolicy": policy}
    if alarm_names:
        alarms = [{"AlarmName": name} for name in alarm_names]
        out["AutoRollbackConfiguration"] = {"Alarms": alarms}
    return out
