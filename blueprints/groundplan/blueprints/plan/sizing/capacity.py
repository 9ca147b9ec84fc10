"""Instances that each hour needs: what one carries within the latency target, and how many of them."""

import math
from dataclasses import dataclass

import numpy as np

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.sizing.demand import Demand, IntArray
from groundplan.blueprints.plan.sizing.measured import LatencyTable
from groundplan.blueprints.plan.sizing.queueing import (
    highest_utilisation,
    response_percentile,
    service_percentile,
)

HEADROOM = 0.2
"""Share of extra capacity, where none is named: for the unevenness within an hour and for the time
in which a new instance starts."""
MAX_INSTANCES = 10_000
"""More than this is a mistake in the numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTime:
    """How long one request takes on an instance that does nothing else."""

    mean_ms: float
    """Mean, in milliseconds."""

    cv: float = 1.0
    """Coefficient of variation: standard deviation over mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyTarget:
    """How long a request may take, its wait on the instance included."""

    max_ms: float
    """Longest time, in milliseconds."""

    percentile: float = 99.0
    """Share of requests that must be that fast, in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceCapacity:
    """What one instance carries within the latency target."""

    rps: float
    """Requests per second, at random intervals, without head-room."""

    utilisation: float
    """Mean share of busy workers at that rate."""

    model: str
    """What it follows from: ``queue`` or ``measured``."""


def instance_capacity(
    service: ServiceTime | LatencyTable,
    latency: LatencyTarget,
    *,
    workers: int = 1,
    spec_path: str = "serving",
) -> InstanceCapacity:
    """Return how many requests per second one instance carries within the latency target.

    With a service time it is the M/G/c queue of :mod:`~groundplan.blueprints.plan.sizing.queueing`;
    with a table of measured latencies that of
    :mod:`~groundplan.blueprints.plan.sizing.measured`.

    Args:
        service: Service time, or measured latencies.
        latency: Latency target.
        workers: Requests that an instance answers at a time; a table has them in it.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If no number of instances meets the target, with what is reachable.
    """
    if isinstance(service, LatencyTable):
        rps, busy = service.capacity(latency.percentile, latency.max_ms, spec_path=spec_path)
        return InstanceCapacity(rps=rps, utilisation=busy, model="measured")
    limit = latency.max_ms / service.mean_ms
    utilisation = highest_utilisation(limit, service.cv, latency.percentile, workers)
    if utilisation <= 0:
        alone = service.mean_ms * service_percentile(service.cv, latency.percentile)
        raise _unreachable(latency, alone, spec_path)
    return InstanceCapacity(
        rps=workers * utilisation * 1000 / service.mean_ms, utilisation=utilisation, model="queue"
    )


def _unreachable(latency: LatencyTarget, alone: float, spec_path: str) -> PlanError:
    percentile = f"{latency.percentile:g}"
    return PlanError(
        f"{spec_path}.latency.max_ms",
        f"no number of instances meets it: the {percentile}th percentile of the service time alone "
        f"is {alone:.1f} ms",
        got=latency.max_ms,
        fix=f"allow more than {math.ceil(alone)} ms, make the model faster, "
        "or serve it from a faster instance type",
    )


def instances_needed(
    demand: Demand,
    service: ServiceTime | LatencyTable,
    latency: LatencyTarget,
    workers: int = 1,
    *,
    headroom: float = HEADROOM,
    minimum: int = 1,
    spec_path: str = "serving",
) -> IntArray:
    """Return how many instances each hour needs, shape as ``demand.rps``.

    Requests are taken to be spread at random over the instances, as SageMaker's routing strategy
    ``RANDOM`` does, so each of ``n`` instances is a queue of its own with one ``n``-th of the
    traffic. ``LEAST_OUTSTANDING_REQUESTS`` is no worse. So ``n`` instances carry ``n`` times what one
    carries, and the count is ``ceil(rps * (1 + headroom) / rps of one)``.

    Args:
        demand: Requests per second in each hour.
        service: Service time, or measured latencies.
        latency: Latency target.
        workers: Requests that an instance answers at a time.
        headroom: Share of extra capacity, 0.2 for 20 percent.
        minimum: Fewest instances; two in production, over two zones.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If no number of instances meets the target, or an absurd one would be needed.
    """
    one = instance_capacity(service, latency, workers=workers, spec_path=spec_path)
    return count_instances(demand, one, headroom=headroom, minimum=minimum, spec_path=spec_path)


def count_instances(
    demand: Demand,
    one: InstanceCapacity,
    *,
    headroom: float = HEADROOM,
    minimum: int = 1,
    spec_path: str = "serving",
) -> IntArray:
    """Return how many instances each hour needs, given what one carries.

    Raises:
        PlanError: If more than :data:`MAX_INSTANCES` would be needed.
    """
    # 1e-9 keeps a product such as 3.0000000000000004 from buying a fourth instance.
    needed = np.ceil(demand.rps * ((1.0 + headroom) / one.rps) - 1e-9)
    most = float(needed.max())
    if most > MAX_INSTANCES:
        raise PlanError(
            f"{spec_path}.traffic",
            f"the busiest hour would need more than {MAX_INSTANCES} instances",
            got=int(most),
            fix="check requests per second, the service time and the workers",
        )
    counts: IntArray = np.maximum(needed, minimum).astype(np.int64)
    return counts


def predicted_latency_ms(
    service: ServiceTime, rps: float, instances: int, *, percentile: float, workers: int = 1
) -> float:
    """Return a percentile of the latency that the queueing model expects, in milliseconds.

    ``inf`` where the instances cannot keep up.
    """
    busy = rps * service.mean_ms / 1000 / (instances * workers)
    if busy >= 1:
        return math.inf
    return service.mean_ms * response_percentile(service.cv, percentile, workers, busy)
