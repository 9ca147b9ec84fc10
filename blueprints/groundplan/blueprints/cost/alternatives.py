"""What serving a project's sized endpoints in other ways would cost a month."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from groundplan.blueprints.cost.lines import HOURS_PER_MONTH, cents, quantity
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.serving import is_sized, sized_serving
from groundplan.blueprints.plan.sizing.alternatives import Alternative, Kind, compare_serving
from groundplan.blueprints.plan.sizing.capacity import ServiceTime
from groundplan.blueprints.plan.sizing.measured import MeasuredLatency
from groundplan.blueprints.plan.sizing.zero import scale_to_zero
from groundplan.blueprints.spec import RealtimeServing, SizingSpec

if TYPE_CHECKING:
    from groundplan.blueprints.catalogue.prices import Component
    from groundplan.blueprints.cost.project import ProjectCost

DEPLOYED: tuple[Kind, ...] = ("realtime", "scale_to_zero", "batch")
"""Ways to serve that groundplan deploys; the others are only priced."""

COMPONENTS: "dict[Kind, Component]" = {
    "realtime": "hosting",
    "scale_to_zero": "hosting",
    "asynchronous": "asynchronous",
    "batch": "batch_transform",
}
"""What the instance-hours of each way are billed as; a serverless endpoint has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to serve, over a month of 730 hours."""

    kind: Kind
    """Way to serve."""

    deployed: bool
    """Whether groundplan deploys it."""

    quantity: Decimal
    """Instance-hours a month, or GiB-seconds of a serverless endpoint; three decimals."""

    unit: str
    """``instance-hour`` or ``GiB-second``."""

    usd: Decimal | None
    """USD a month on demand, to the cent, compute only; None where it cannot be or has no price."""

    missing: str | None
    """Price that is not known, or None."""

    impossible: str | None
    """Why it cannot serve this, or None."""

    note: str
    """What it means for those who ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointWays:
    """The ways to serve the traffic of one endpoint."""

    project: str
    """Name of the project."""

    environment: str
    """Environment of the endpoint."""

    model: str
    """Model that it serves."""

    instance_type: str
    """Instance type, taken for every way that has instances."""

    ways: tuple[Way, ...]
    """Those with a known cost first, the cheapest at the top."""


def endpoint_ways(cost: "ProjectCost") -> tuple[EndpointWays, ...]:
    """Return the ways to serve each endpoint of a project that is sized from traffic.

    Instances as planned are those of the endpoint's line. Scaling to zero is shown whether or not the
    spec allows errors while waking.

    Args:
        cost: The project's cost, with its spec and prices.

    Raises:
        InputError: If a profile of traffic is wrong.
        PlanError: If traffic cannot be served as asked.
    """
    context = Context(cost.spec)
    lines = {line.id: line for line in cost.lines}
    found = []
    for environment in cost.spec.environments:
        for model in cost.spec.models:
            line = lines.get(f"{cost.project}/{environment.name}/{model.name}/endpoint")
            serving = model.serving
            if line is None or not isinstance(serving, RealtimeServing):
                continue
            if not is_sized(context, environment, model):
                continue
            sized = sized_serving(context, environment, model)
            sizing = serving.sizing or SizingSpec()
            service, workers, alone = _service(serving, sizing, sized.endpoint.instance_type)
            compared = compare_serving(
                sized.demand,
                sized.endpoint,
                service,
                region=line.region,
                prices=cost.book,
                workers=workers,
                start_seconds=sizing.start_seconds,
                to_zero=scale_to_zero(
                    sized.demand, sized.endpoint.counts, wake_seconds=sizing.start_seconds
                ),
                alone_ms=alone,
            )
            months = HOURS_PER_MONTH / len(sized.demand.rps)
            planned: Kind = "realtime" if sized.to_zero is None else "scale_to_zero"
            ways = [
                _way(
                    cost,
                    sized.endpoint.instance_type,
                    line.region,
                    item,
                    months,
                    line.least if item.kind == planned else None,
                )
                for item in compared
            ]
            found.append(
                EndpointWays(
                    project=cost.project,
                    environment=environment.name,
                    model=model.name,
                    instance_type=sized.endpoint.instance_type,
                    ways=tuple(
                        sorted(ways, key=lambda way: (way.usd is None, way.usd or 0, way.kind))
                    ),
                )
            )
    return tuple(found)


def _way(
    cost: "ProjectCost",
    instance_type: str,
    region: str,
    item: Alternative,
    months: float,
    planned: Decimal | None,
) -> Way:
    """Return an alternative over a month.

    A sum of cents is only exact from the price's own digits, so it is multiplied again.
    """
    amount = quantity(item.amount * months) if planned is None else planned
    component = COMPONENTS.get(item.kind)
    price = None if component is None else cost.book.on_demand(instance_type, component, region)
    known = price is not None and item.impossible is None
    return Way(
        kind=item.kind,
        deployed=item.kind in DEPLOYED,
        quantity=amount,
        unit="GiB-second" if component is None else "instance-hour",
        usd=cents(amount * price.usd_per_hour) if price is not None and known else None,
        missing=item.missing if item.impossible is None else None,
        impossible=item.impossible,
        note=item.note,
    )


def _service(
    serving: RealtimeServing, sizing: SizingSpec, instance_type: str
) -> tuple[ServiceTime, int, float]:
    """Return service time and workers of a busy instance, and the mean in ms of a lone request.

    Of measured latencies, a queue is worked off at the level with the most requests a second.
    """
    if serving.service_time_ms is not None:
        mean = serving.service_time_ms.mean
        return ServiceTime(mean_ms=mean, cv=serving.service_time_ms.cv), sizing.workers, mean
    levels = [
        MeasuredLatency(concurrency=item.concurrency, p50_ms=item.p50_ms, p99_ms=item.p99_ms)
        for item in sorted(sizing.measured, key=lambda item: item.concurrency)
        if item.instance == instance_type
    ]
    best = max(levels, key=lambda level: level.concurrency / level.mean_ms)
    service = ServiceTime(mean_ms=best.mean_ms, cv=0.0)  # only the mean is used
    return service, best.concurrency, levels[0].mean_ms


def ways_json(found: EndpointWays) -> dict[str, Any]:
    """Return the ways to serve an endpoint as plain JSON; money as text with two decimals."""
    return {
        "project": found.project,
        "environment": found.environment,
        "model": found.model,
        "instance_type": found.instance_type,
        "ways": [
            {
                "kind": way.kind,
                "deployed_by_groundplan": way.deployed,
                "quantity": str(way.quantity),
                "unit": way.unit,
                "usd_per_month": None if way.usd is None else str(way.usd),
                "missing_price": way.missing,
                "impossible": way.impossible,
                "note": way.note,
            }
            for way in found.ways
        ],
    }
