"""Sizes one endpoint: instances by hour, bounds, the target of autoscaling, and its timing."""

from dataclasses import dataclass

import numpy as np

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.sizing.capacity import (
    HEADROOM,
    InstanceCapacity,
    LatencyTarget,
    ServiceTime,
    count_instances,
    instance_capacity,
    predicted_latency_ms,
)
from groundplan.blueprints.plan.sizing.demand import Demand, IntArray
from groundplan.blueprints.plan.sizing.measured import LatencyTable
from groundplan.blueprints.plan.sizing.scheduled import ScheduledCapacity, schedule_capacity

START_SECONDS = 300
"""Time from a decision to scale out until an instance takes requests, where none is named."""
DETECTION_SECONDS = 180
"""Time for which target tracking sees too high a load before it adds instances: three minutes
(Application Auto Scaling, target tracking policies: its alarms evaluate three periods of one
minute)."""
SCALE_IN_SECONDS = 900
"""Time for which it sees too low a load before it removes some: fifteen periods of one minute."""
SURGE = 1.5
"""Greatest fleet over the greatest need: room for traffic that nobody foresaw."""
MIN_INSTANCES_PRODUCTION = 2
"""Fewest instances in production: SageMaker spreads them over two zones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SizedEndpoint:
    """How many instances an endpoint has, hour by hour, and how it scales between them."""

    instance_type: str
    """Instance type."""

    needed: IntArray
    """Instances that each hour needs, shape of the demand. Read-only."""

    counts: IntArray
    """Instances that each hour runs: what it needs, and what scheduled actions hold ready."""

    min_instances: int
    """Fewest instances."""

    max_instances: int
    """Most instances; equal to ``min_instances`` where the count is fixed."""

    target_invocations_per_minute: float | None
    """Invocations per instance and minute that target tracking holds; None where the count is
    fixed."""

    scale_in_cooldown_seconds: int
    """Pause after instances were removed."""

    scale_out_cooldown_seconds: int
    """Pause after instances were added: until they take requests, they do not lower the load."""

    scheduled: tuple[ScheduledCapacity, ...]
    """Actions that raise the fewest instances before a predictable peak and lower it afterwards."""

    capacity: InstanceCapacity
    """What one instance carries."""

    predicted_latency_ms: float | None
    """Percentile of the latency in the hour that comes nearest to the target; None where latencies
    were measured instead."""

    lag_instance_hours: float
    """Instance-hours over the profile that come on top of ``counts``: autoscaling removes instances
    late, and scheduled actions add them early."""


def size_endpoint(
    demand: Demand,
    service: ServiceTime | LatencyTable,
    latency: LatencyTarget,
    *,
    instance_type: str,
    workers: int = 1,
    headroom: float = HEADROOM,
    production: bool = False,
    start_seconds: int = START_SECONDS,
    max_instances: int | None = None,
    time_zone: str = "UTC",
    spec_path: str = "serving",
) -> SizedEndpoint:
    """Decide how many instances an endpoint has and how it scales.

    Args:
        demand: Requests per second in each hour.
        service: Service time on this type, or measured latencies.
        latency: Latency target.
        instance_type: Instance type.
        workers: Requests that an instance answers at a time.
        headroom: Share of extra capacity.
        production: Whether two instances are the fewest.
        start_seconds: Time in which an instance starts.
        max_instances: Most instances. Default: half as many again as the busiest hour needs.
        time_zone: Zone in which peaks recur.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If no number of instances meets the target, or ``max_instances`` is too small.
    """
    one = instance_capacity(service, latency, workers=workers, spec_path=spec_path)
    fewest = MIN_INSTANCES_PRODUCTION if production else 1
    needed = count_instances(demand, one, headroom=headroom, minimum=fewest, spec_path=spec_path)
    least, peak = int(needed.min()), int(needed.max())
    if max_instances is not None and max_instances < peak:
        raise PlanError(
            f"{spec_path}.sizing.max_instances",
            f"the busiest hour needs {peak} instances",
            got=max_instances,
            fix=f"raise it to {peak}, or allow a longer latency",
        )
    scales = peak > least
    lag = DETECTION_SECONDS + start_seconds
    scheduled: tuple[ScheduledCapacity, ...] = ()
    counts = floor = needed
    if scales and _too_steep(demand, one, headroom, lag):
        scheduled, floor = schedule_capacity(demand, needed, lag, time_zone)
        counts = np.maximum(needed, floor)
        least = int(counts.min())
        scales = peak > least
        scheduled = scheduled if scales else ()
    most = peak if not scales else max_instances or -int(-peak * SURGE // 1)
    for array in (needed, counts):
        array.setflags(write=False)
    early = np.maximum(np.diff(floor, append=floor[0]), 0) * (lag if scheduled else 0)
    fall = np.maximum(-np.diff(counts, append=counts[0]), 0)
    return SizedEndpoint(
        instance_type=instance_type,
        needed=needed,
        counts=counts,
        min_instances=least,
        max_instances=most,
        target_invocations_per_minute=_target(one, headroom) if scales else None,
        scale_in_cooldown_seconds=_scale_in(int(fall.max()), start_seconds),
        scale_out_cooldown_seconds=_minutes(start_seconds),
        scheduled=scheduled,
        capacity=one,
        predicted_latency_ms=_predicted(demand, counts, service, latency, workers),
        lag_instance_hours=float(fall.sum() * SCALE_IN_SECONDS + early.sum()) / 3600,
    )


def _target(one: InstanceCapacity, headroom: float) -> float:
    """Return invocations per instance and minute at which the head-room is still free."""
    return round(one.rps * 60 / (1 + headroom), 2)


def _too_steep(demand: Demand, one: InstanceCapacity, headroom: float, lag: int) -> bool:
    """Return whether load can outgrow the head-room before target tracking has added instances.

    Between the middles of two hours traffic is taken to change evenly; in the time that it takes to
    notice and to start an instance, it must not outgrow what the head-room leaves free.
    """
    rps = demand.rps
    rise = np.maximum(np.roll(rps, -1) - rps, 0) * (lag / 3600)
    spare = np.maximum(rps, one.rps) * headroom
    return bool((rise > spare).any())


def _scale_in(steepest: int, start_seconds: int) -> int:
    """Return the pause after removing instances.

    Short enough for the steepest fall of the profile, and not shorter than the time that it would
    take to get back an instance that was removed too early.
    """
    follow = 3600 / steepest if steepest else SCALE_IN_SECONDS
    return _minutes(max(start_seconds, min(SCALE_IN_SECONDS, follow)))


def _minutes(seconds: float) -> int:
    return max(60, -int(-seconds // 60) * 60)


def _predicted(
    demand: Demand,
    counts: IntArray,
    service: ServiceTime | LatencyTable,
    latency: LatencyTarget,
    workers: int,
) -> float | None:
    if isinstance(service, LatencyTable):
        return None
    hour = int(np.argmax(demand.rps / counts))
    return predicted_latency_ms(
        service,
        float(demand.rps[hour]),
        int(counts[hour]),
        percentile=latency.percentile,
        workers=workers,
    )
