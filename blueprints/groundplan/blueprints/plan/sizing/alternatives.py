"""What else could serve the same requests, and what it would cost."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.plan.instance_choice import PriceComponent, Prices
from groundplan.blueprints.plan.sizing.capacity import ServiceTime
from groundplan.blueprints.plan.sizing.demand import Demand
from groundplan.blueprints.plan.sizing.endpoint import SizedEndpoint
from groundplan.blueprints.plan.sizing.zero import ScaleToZero

Kind = Literal["realtime", "scale_to_zero", "asynchronous", "batch", "serverless"]
QUEUE_UTILISATION = 0.8
"""Mean share of busy workers where requests may wait in a queue."""
SERVERLESS_GIB = (1, 2, 3, 4, 5, 6)
"""Memory sizes of serverless endpoints (SageMaker developer guide, serverless endpoints)."""
SERVERLESS_CONCURRENCY = 200
"""Greatest number of copies of one serverless endpoint (same source)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way to serve a profile."""

    kind: Kind
    """Way to serve."""

    usd: float | None
    """Cost over the profile in USD, compute only; None where it cannot be, or a price is missing."""

    amount: float
    """What is paid for over the profile: instance-hours, or GiB-seconds of a serverless endpoint."""

    missing: str | None
    """Price that is not known, or None."""

    impossible: str | None
    """Why it cannot serve this, or None."""

    note: str
    """What it means for those who ask."""


def compare_serving(
    demand: Demand,
    endpoint: SizedEndpoint,
    service: ServiceTime,
    *,
    region: str,
    prices: Prices,
    workers: int = 1,
    start_seconds: int = 300,
    to_zero: ScaleToZero | None = None,
    serverless_usd_per_gib_second: float | None = None,
    serverless_gib: int | None = None,
    alone_ms: float | None = None,
) -> tuple[Alternative, ...]:
    """Return the ways to serve a profile: those with a known cost first, the cheapest at the top.

    Args:
        demand: Requests per second in each hour.
        endpoint: The endpoint, sized for it.
        service: Service time on the endpoint's type, taken for the alternatives too.
        region: Region of the endpoint.
        prices: Known prices.
        workers: Requests that an instance answers at a time.
        start_seconds: Time in which an instance starts, paid for.
        to_zero: What scaling to zero would do. Default: errors while waking are not allowed.
        serverless_usd_per_gib_second: Price of a serverless endpoint's memory. Default: not known.
        serverless_gib: Memory of a serverless copy. Default: 6, the most there is.
        alone_ms: Mean time of a request that is alone on its copy, as on a serverless endpoint, in
            milliseconds. Default: that of ``service``.
    """
    name = endpoint.instance_type
    hours = float(endpoint.counts.sum()) + endpoint.lag_instance_hours
    found = [
        _by_hours("realtime", hours, name, "hosting", region, prices, "answers at once"),
        _by_hours(
            "asynchronous",
            _asynchronous_hours(demand, service, workers, start_seconds),
            name,
            "asynchronous",
            region,
            prices,
            "requests wait in a queue, longest when they come to no instances; "
            "answers are objects in a bucket",
        ),
        _by_hours(
            "batch",
            _batch_hours(demand, service, workers, start_seconds),
            name,
            "batch_transform",
            region,
            prices,
            "a day's requests are answered in the evening",
        ),
        _serverless(
            demand,
            service.mean_ms if alone_ms is None else alone_ms,
            name,
            serverless_usd_per_gib_second,
            serverless_gib or SERVERLESS_GIB[-1],
        ),
    ]
    if to_zero is not None:
        note = f"{to_zero.failed_share:.2%} of the requests fail while it wakes"
        kept = hours - to_zero.saved_instance_hours
        found.append(
            _by_hours("scale_to_zero", max(kept, 0.0), name, "hosting", region, prices, note)
        )
    return tuple(sorted(found, key=lambda item: (item.usd is None, item.usd or 0.0, item.kind)))


def _by_hours(
    kind: Kind,
    hours: float,
    name: str,
    component: PriceComponent,
    region: str,
    prices: Prices,
    note: str,
) -> Alternative:
    impossible = None
    if component == "batch_transform" and not instance_types()[name].batch:
        impossible = f"{name} cannot run batch transform jobs"
    price = prices.on_demand(name, component, region)
    known = price is not None and impossible is None
    return Alternative(
        kind=kind,
        usd=hours * float(price.usd_per_hour) if price is not None and known else None,
        amount=hours,
        missing=None if price is not None else f"{component} of {name} in {region}",
        impossible=impossible,
        note=note,
    )


def _asynchronous_hours(
    demand: Demand, service: ServiceTime, workers: int, start_seconds: int
) -> float:
    """Return instance-hours with a queue that may wait: none while it is empty."""
    busy = demand.rps * service.mean_ms / 1000 / (workers * QUEUE_UTILISATION)
    counts = np.ceil(busy - 1e-9)
    starts = np.maximum(np.diff(counts, prepend=counts[-1]), 0).sum()
    return float(counts.sum() + starts * start_seconds / 3600)


def _batch_hours(demand: Demand, service: ServiceTime, workers: int, start_seconds: int) -> float:
    """Return instance-hours with one job a day on one instance."""
    days = len(demand.rps) / 24
    work = demand.requests * service.mean_ms / 1000 / workers
    return (work + days * start_seconds) / 3600


def _serverless(
    demand: Demand, mean_ms: float, name: str, rate: float | None, gib: int
) -> Alternative:
    amount = demand.requests * mean_ms / 1000 * gib
    at_once = math.ceil(demand.peak_rps * mean_ms / 1000)
    impossible = None
    if instance_types()[name].accelerators:
        impossible = "a serverless endpoint has no accelerator"
    elif gib not in SERVERLESS_GIB:
        impossible = f"a serverless endpoint has at most {SERVERLESS_GIB[-1]} GiB of memory"
    elif at_once > SERVERLESS_CONCURRENCY:
        impossible = (
            f"{at_once} copies would be busy on average, and {SERVERLESS_CONCURRENCY} are the most"
        )
    return Alternative(
        kind="serverless",
        usd=amount * rate if rate is not None and impossible is None else None,
        amount=amount,
        missing=None if rate is not None else "memory of a serverless endpoint",
        impossible=impossible,
        note=f"with {gib} GiB of memory; the first request to a new copy waits until it has started",
    )
