"""Sizes a real-time endpoint as a spec describes it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.instance_choice import Prices, TypeChoice, choose_hosting_type
from groundplan.blueprints.plan.sizing.capacity import (
    LatencyTarget,
    ServiceTime,
    instances_needed,
)
from groundplan.blueprints.plan.sizing.cloudwatch import metrics_demand, parse_metrics
from groundplan.blueprints.plan.sizing.demand import Demand, shape_demand, weekly_demand
from groundplan.blueprints.plan.sizing.endpoint import (
    MIN_INSTANCES_PRODUCTION,
    SizedEndpoint,
    size_endpoint,
)
from groundplan.blueprints.plan.sizing.measured import LatencyTable, MeasuredLatency
from groundplan.blueprints.plan.sizing.zero import ScaleToZero, scale_to_zero
from groundplan.blueprints.spec import RealtimeServing, SizingSpec, TrafficSpec
from groundplan.blueprints.spec.instance import HostingInstanceChoice

Reader = Callable[[str], str]
"""Returns the text of a file that the spec names, relative to the spec."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SizedServing:
    """A real-time endpoint, sized from what the spec says about its traffic."""

    demand: Demand
    """Requests per second, growth included."""

    choice: TypeChoice
    """Instance type, and what its choice rests on."""

    endpoint: SizedEndpoint
    """Instances by hour, bounds and scaling."""

    latency: LatencyTarget
    """Latency target."""

    to_zero: ScaleToZero | None
    """What scaling to zero would do; None where the spec allows no errors while waking."""


def traffic_demand(traffic: TrafficSpec, read: Reader, *, name: str = "traffic") -> Demand:
    """Return the demand that a spec describes, growth included.

    Args:
        traffic: A file, a list of hours, or a shape.
        read: Returns the text of the file.
        name: What errors call a list or a shape.

    Raises:
        InputError: If the file cannot be read or is no complete profile; with the line.
    """
    if traffic.profile is not None:
        text = read(traffic.profile)
        if traffic.profile.lower().endswith(".json"):
            found = metrics_demand(parse_metrics(text, traffic.profile), traffic.profile)
        else:
            from groundplan.blueprints.plan.sizing.profile import parse_profile

            found = parse_profile(
                text, traffic.profile, time_zone=traffic.time_zone, year=traffic.year
            )
    elif traffic.rps is not None:
        hours = np.array(traffic.rps, dtype=np.float64)
        if len(hours) == 168:
            found = weekly_demand(hours, time_zone=traffic.time_zone, year=traffic.year, name=name)
        else:
            found = Demand(rps=hours, name=name)
    else:
        base = traffic.base_rps or 0.0
        found = shape_demand(
            base_rps=base,
            peak_rps=base if traffic.peak_rps is None else traffic.peak_rps,
            peak_hours=traffic.peak_hours,
            weekend_factor=traffic.weekend_factor,
            time_zone=traffic.time_zone,
            year=traffic.year,
            name=name,
        )
    return found.grown(traffic.growth_per_year)


def size_serving(
    serving: RealtimeServing,
    *,
    read: Reader,
    region: str,
    prices: Prices,
    production: bool,
    instance: HostingInstanceChoice | None = None,
    to_zero: bool | None = None,
    spec_path: str = "serving",
) -> SizedServing:
    """Size an endpoint from its spec.

    Args:
        serving: The endpoint's spec, with ``traffic`` and ``latency``.
        read: Returns the text of a file that the spec names.
        region: Region of the endpoint.
        prices: Known prices, by which a type is chosen where the spec names none.
        production: Whether two instances are the fewest.
        instance: Instance type or requirements that replace the spec's own in this environment.
        to_zero: Whether it scales to zero in this environment. Default: what the spec says.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If the latency target cannot be met, with what is reachable.
        InputError: If the profile is wrong.
    """
    sizing, latency = serving.sizing or SizingSpec(), serving.latency
    if serving.traffic is None or latency is None:
        raise PlanError(
            spec_path, "sizing needs traffic and a latency target", got=None, fix="add both"
        )
    demand = traffic_demand(serving.traffic, read, name=f"{spec_path}.traffic")
    target = LatencyTarget(max_ms=latency.max_ms, percentile=latency.percentile)
    fewest = MIN_INSTANCES_PRODUCTION if production else 1
    errors: list[PlanError] = []

    def mean_instances(instance_type: str) -> float | None:
        service = _service(serving, sizing, instance_type)
        if service is None:
            return None
        try:
            counts = instances_needed(
                demand,
                service,
                target,
                sizing.workers,
                headroom=sizing.headroom,
                minimum=fewest,
                spec_path=spec_path,
            )
        except PlanError as exc:
            errors.append(exc)
            return None
        return float(counts.mean())

    asked = instance if instance is not None else serving.instance
    try:
        choice = choose_hosting_type(
            asked, region, prices, instances=mean_instances, spec_path=spec_path
        )
    except PlanError:
        if errors and not sizing.measured:
            raise errors[0] from None  # one service time for all types: it says what is reachable
        raise
    service = _service(serving, sizing, choice.instance_type)
    if service is None:
        raise PlanError(
            f"{spec_path}.sizing.measured",
            f"has no level of {choice.instance_type}, which serves",
            got=sorted({level.instance for level in sizing.measured}),
            fix="measure it, or serve with a type that was measured",
        )
    endpoint = size_endpoint(
        demand,
        service,
        target,
        instance_type=choice.instance_type,
        workers=sizing.workers,
        headroom=sizing.headroom,
        production=production,
        start_seconds=sizing.start_seconds,
        max_instances=sizing.max_instances,
        time_zone=serving.traffic.time_zone,
        spec_path=spec_path,
    )
    return SizedServing(
        demand=demand,
        choice=choice,
        endpoint=endpoint,
        latency=target,
        to_zero=scale_to_zero(demand, endpoint.counts, wake_seconds=sizing.start_seconds)
        if (sizing.allow_errors_while_waking if to_zero is None else to_zero)
        else None,
    )


def _service(
    serving: RealtimeServing, sizing: SizingSpec, instance_type: str
) -> ServiceTime | LatencyTable | None:
    """Return what is known about a type: the one service time holds for every type."""
    if serving.service_time_ms is not None:
        return ServiceTime(mean_ms=serving.service_time_ms.mean, cv=serving.service_time_ms.cv)
    levels = tuple(
        MeasuredLatency(concurrency=item.concurrency, p50_ms=item.p50_ms, p99_ms=item.p99_ms)
        for item in sorted(sizing.measured, key=lambda item: item.concurrency)
        if item.instance == instance_type
    )
    return LatencyTable(levels=levels, instance_type=instance_type) if levels else None
