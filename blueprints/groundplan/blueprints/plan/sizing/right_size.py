"""What to change about an endpoint that exists, from what CloudWatch measured."""

import math
from dataclasses import dataclass

import numpy as np

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.instance_choice import Prices
from groundplan.blueprints.plan.sizing.advice import Advice, Current, cheaper_type
from groundplan.blueprints.plan.sizing.capacity import HEADROOM, LatencyTarget, ServiceTime
from groundplan.blueprints.plan.sizing.cloudwatch import Metrics, Series, hourly_rps, metrics_demand
from groundplan.blueprints.plan.sizing.demand import Demand, IntArray
from groundplan.blueprints.plan.sizing.endpoint import START_SECONDS, SizedEndpoint, size_endpoint
from groundplan.blueprints.plan.sizing.measured import MeasuredLatency

HOURS_PER_MONTH = 730
"""Hours of a mean month, as AWS's own calculator counts."""
_ASSUMED_CV = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RightSizing:
    """What to change about an endpoint, and what that saves."""

    advice: tuple[Advice, ...]
    """What to change; empty where it fits."""

    notes: tuple[str, ...]
    """What the advice rests on, and what is not known."""

    demand: Demand
    """Demand that was measured."""

    service: ServiceTime
    """Service time that was measured."""

    sized: SizedEndpoint
    """The endpoint as it should be, on its present type."""

    instances_now: float
    """Mean number of instances today."""

    instances_proposed: float
    """Mean number of instances as proposed, on the present type."""

    usd_per_hour: float | None
    """Price of the present type, or None where it is not known."""

    @property
    def saving_usd_per_month(self) -> float | None:
        """Saving in a month of 730 hours, negative where it costs more; None without a price."""
        if self.usd_per_hour is None:
            return None
        return (self.instances_now - self.instances_proposed) * self.usd_per_hour * HOURS_PER_MONTH


def right_size(
    metrics: Metrics,
    current: Current,
    latency: LatencyTarget,
    *,
    region: str,
    prices: Prices,
    workers: int = 1,
    headroom: float = HEADROOM,
    production: bool = True,
    start_seconds: int = START_SECONDS,
    time_zone: str = "UTC",
    file: str = "metrics",
) -> RightSizing:
    """Return what to change about an endpoint.

    The service time is the model's latency in the quieter hours, when hardly any request waits: the
    median over them of the median and of the 99th percentile. What SageMaker adds
    (``OverheadLatency``) is taken off the target.

    Raises:
        InputError: If the metrics lack invocations or latency, or cover less than a week.
        PlanError: If no number of instances meets the target, with what is reachable.
    """
    demand = metrics_demand(metrics, file)
    notes: list[str] = []
    service = _service(metrics, file, notes)
    target = LatencyTarget(
        max_ms=_without_overhead(metrics, latency, notes), percentile=latency.percentile
    )
    sized = size_endpoint(
        demand,
        service,
        target,
        instance_type=current.instance_type,
        workers=workers,
        headroom=headroom,
        production=production,
        start_seconds=start_seconds,
        time_zone=time_zone,
        spec_path=file,
    )
    price = prices.on_demand(current.instance_type, "hosting", region)
    if price is None:
        notes.append(
            f"no price is known for {current.instance_type} in {region}: the saving is in instances"
        )
    advice = list(_counts(current, sized, demand))
    advice += cheaper_type(metrics, current, region, prices, notes)
    _observed(metrics, latency, notes)
    return RightSizing(
        advice=tuple(advice),
        notes=tuple(notes),
        demand=demand,
        service=service,
        sized=sized,
        instances_now=_instances_now(metrics, current, notes),
        instances_proposed=float(sized.counts.mean())
        + sized.lag_instance_hours / len(sized.counts),
        usd_per_hour=None if price is None else float(price.usd_per_hour),
    )


def _service(metrics: Metrics, file: str, notes: list[str]) -> ServiceTime:
    p50, p99 = metrics.get("modellatency.p50"), metrics.get("modellatency.p99")
    if p50 is not None and p99 is not None:
        quiet = _quiet(metrics, p50)
        low = float(np.median(p50.values[quiet])) / 1000
        tails = p99.values[_quiet(metrics, p99)]
        high = max(float(np.median(tails)) / 1000, low)
        if low > 0:
            fitted = MeasuredLatency(concurrency=1, p50_ms=low, p99_ms=high)
            cv = math.sqrt(math.expm1(fitted.sigma**2))
            notes.append(
                f"service time from quiet hours: median {low:.1f} ms, 99th percentile {high:.1f} ms"
            )
            return ServiceTime(mean_ms=fitted.mean_ms, cv=cv)
    mean = metrics.get("modellatency.Average")
    if mean is not None and float(np.median(mean.values)) > 0:
        value = float(np.median(mean.values[_quiet(metrics, mean)])) / 1000
        notes.append(
            f"only the mean latency is known, {value:.1f} ms in quiet hours: "
            f"a coefficient of variation of {_ASSUMED_CV:g} is assumed"
        )
        return ServiceTime(mean_ms=value, cv=_ASSUMED_CV)
    raise PlanError(
        f"{file}: ModelLatency",
        "the service time follows from p50 and p99 of the model's latency, or from its mean",
        got=", ".join(sorted(metrics)),
        fix="export ModelLatency with the statistics p50 and p99",
    )


def _quiet(metrics: Metrics, series: Series) -> IntArray:
    """Return which points of a series lie in the quietest quarter of the hours that had requests."""
    start, rps = hourly_rps(metrics["invocations.Sum"])
    busy = rps[rps > 0]
    limit = float(np.quantile(busy, 0.25)) if len(busy) else 0.0
    hours = [int((at - start).total_seconds() // 3600) for at in series.times]
    chosen = [0 <= hour < len(rps) and 0 < rps[hour] <= limit for hour in hours]
    found = np.array(chosen, dtype=np.bool_)
    return np.flatnonzero(found) if found.any() else np.arange(len(hours))


def _without_overhead(metrics: Metrics, latency: LatencyTarget, notes: list[str]) -> float:
    overhead = metrics.get("overheadlatency.p99", metrics.get("overheadlatency.Average"))
    if overhead is None:
        notes.append("OverheadLatency is not in the export: the target is the model's alone")
        return latency.max_ms
    spent = float(np.median(overhead.values)) / 1000
    left = latency.max_ms - spent
    if left <= 0:
        raise PlanError(
            "--max-ms",
            f"SageMaker's own overhead of {spent:.1f} ms alone exceeds it",
            got=latency.max_ms,
            fix=f"allow more than {math.ceil(spent)} ms",
        )
    notes.append(f"{spent:.1f} ms of the target go to SageMaker's own overhead")
    return left


def _counts(current: Current, sized: SizedEndpoint, demand: Demand) -> list[Advice]:
    peak = f"the busiest hour has {demand.peak_rps:.4g} requests a second"
    one = f"one instance carries {sized.capacity.rps:.4g}"
    out = []
    for what, now, then in (
        ("instances.min", current.min_instances, sized.min_instances),
        ("instances.max", current.max_instances, sized.max_instances),
    ):
        if now != then:
            out.append(Advice(what=what, now=str(now), proposed=str(then), why=f"{peak}; {one}"))
    target, now_target = sized.target_invocations_per_minute, current.target_invocations_per_minute
    scales = current.max_instances > current.min_instances
    if target is not None and (
        now_target is None or not 0.9 * target <= now_target <= 1.1 * target
    ):
        out.append(
            Advice(
                what="instances.target_invocations_per_minute",
                now="none" if now_target is None else f"{now_target:g}",
                proposed=f"{target:g}",
                why=f"{one} within the latency target; the rest is head-room",
            )
        )
    elif target is None and scales:
        out.append(
            Advice(
                what="scaling",
                now="on",
                proposed="off",
                why=f"every hour needs {sized.min_instances}; {one}",
            )
        )
    for action in sized.scheduled:
        out.append(
            Advice(
                what="scheduled action",
                now="not known",
                proposed=f"{action.schedule} {action.time_zone}: at least {action.min_instances}",
                why="traffic rises faster than instances start",
            )
        )
    return out


def _observed(metrics: Metrics, latency: LatencyTarget, notes: list[str]) -> None:
    p99 = metrics.get("modellatency.p99")
    if p99 is not None:
        over = float((p99.values > latency.max_ms * 1000).mean())
        notes.append(
            f"the model's 99th percentile was above {latency.max_ms:g} ms in {over:.1%} of the periods"
        )


def _instances_now(metrics: Metrics, current: Current, notes: list[str]) -> float:
    """Return the mean number of instances: invocations over invocations per instance."""
    total, each = metrics["invocations.Sum"], metrics.get("invocationsperinstance.Sum")
    if each is not None:
        by_time = dict(zip(each.times, each.values, strict=True))
        ratios = [
            value / by_time[at]
            for at, value in zip(total.times, total.values, strict=True)
            if by_time.get(at)
        ]
        if ratios:
            return float(np.mean(ratios))
    if current.max_instances > current.min_instances:
        notes.append(
            "InvocationsPerInstance is not in the export: today is taken to run the fewest "
            "instances, so the saving is a lower bound"
        )
    return float(current.min_instances)
