"""How many instances an endpoint needs in each hour, and how it scales between them."""

from groundplan.blueprints.plan.sizing.capacity import (
    InstanceCapacity,
    LatencyTarget,
    ServiceTime,
    count_instances,
    instance_capacity,
    instances_needed,
    predicted_latency_ms,
)
from groundplan.blueprints.plan.sizing.demand import Demand, shape_demand
from groundplan.blueprints.plan.sizing.endpoint import SizedEndpoint, size_endpoint
from groundplan.blueprints.plan.sizing.measured import LatencyTable, MeasuredLatency
from groundplan.blueprints.plan.sizing.scheduled import ScheduledCapacity

__all__ = [
    "Demand",
    "InstanceCapacity",
    "LatencyTable",
    "LatencyTarget",
    "MeasuredLatency",
    "ScheduledCapacity",
    "ServiceTime",
    "SizedEndpoint",
    "count_instances",
    "instance_capacity",
    "instances_needed",
    "predicted_latency_ms",
    "shape_demand",
    "size_endpoint",
]
