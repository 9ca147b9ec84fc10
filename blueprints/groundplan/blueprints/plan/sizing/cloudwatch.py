"""Reads metrics that were exported from CloudWatch: the JSON of its two commands.

``aws cloudwatch get-metric-data`` gives ``MetricDataResults``, each with an ``Id``, a ``Label``,
``Timestamps`` and ``Values``; ``get-metric-statistics`` gives a ``Label`` and ``Datapoints`` (shapes of
the CloudWatch API, 2010-08-01). Endpoint metrics are named as SageMaker does; ``ModelLatency`` and
``OverheadLatency`` are in microseconds, ``CPUUtilization`` and ``GPUUtilization`` in percent of one CPU
or GPU, summed over all of an instance.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.plan.sizing.clock import HOURS_PER_WEEK
from groundplan.blueprints.plan.sizing.demand import Demand, FloatArray

METRICS = {
    "invocations": ("Sum",),
    "invocationsperinstance": ("Sum",),
    "modellatency": ("p50", "p99", "Average"),
    "overheadlatency": ("p50", "p99", "Average"),
    "cpuutilization": ("Average", "Maximum"),
    "gpuutilization": ("Average", "Maximum"),
    "gpumemoryutilization": ("Average", "Maximum"),
    "memoryutilization": ("Average", "Maximum"),
}
"""Metrics that are read, in lower case, and their statistics. Where there is one, a label without a
statistic means it."""
_STATISTIC = re.compile(r"(p|tm|tc|ts|wm|pr|iqm)[0-9.]*|sum|average|maximum|minimum|samplecount")

_HOUR = timedelta(hours=1)
_MOST_POINTS = 2_000_000
MOST_BYTES = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One statistic of one metric over time."""

    times: tuple[datetime, ...]
    """Beginning of each period, in UTC, ascending."""

    values: FloatArray
    """Values in CloudWatch's unit, shape of ``times``."""

    @property
    def period_seconds(self) -> int:
        """Shortest time between two points; 3600 where there is only one."""
        pairs = zip(self.times, self.times[1:], strict=False)
        gaps = (int((later - earlier).total_seconds()) for earlier, later in pairs)
        return min(gaps, default=3600)


Metrics = Mapping[str, Series]
"""Series by name: the metric in lower case, a dot, the statistic, as ``modellatency.p99``."""


def parse_metrics(text: str, file: str) -> dict[str, Series]:
    """Return the series in an export.

    A series of ``get-metric-data`` is known by its ``Label`` or ``Id``, such as ``ModelLatency p99``,
    ``modellatency_p99`` or ``Invocations``.

    Raises:
        InputError: If the file is no such JSON, was cut short by paging, or holds a series twice or
            none that is known.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as exc:
        line = getattr(exc, "lineno", 1)
        reason = getattr(exc, "msg", "nested too deep").lower()
        raise _wrong(f"{file}:{line}", "is no JSON", reason, "export it again") from exc
    if not isinstance(document, dict):
        raise _wrong(
            file, "is no export of CloudWatch", type(document).__name__, "save the whole answer"
        )
    if document.get("NextToken"):
        raise _wrong(
            f"{file}: NextToken", "the export was cut short", "more pages", "export all pages"
        )
    found: dict[str, Series] = {}
    unknown: list[str] = []
    for place, names, points in _series(document, file):
        key = next((key for name in names if (key := _key(name, place)) is not None), None)
        if key is None:
            unknown.append(names[0])
            continue
        if key in found:
            raise _wrong(place, "is in the file twice", key, "export one endpoint variant a file")
        if points:
            found[key] = _build(points)
    if not found:
        raise _wrong(
            file,
            "holds no metric that is read",
            ", ".join(unknown)[:80] or "nothing",
            "export Invocations (Sum), and label each query by metric and statistic",
        )
    return found


def _wrong(place: str, problem: str, got: object, fix: str) -> InputError:
    return InputError(place, problem, got=got, fix=fix)


def _key(name: str, place: str) -> str | None:
    """Return the name of a series, or None if it is one that is not read.

    Raises:
        InputError: If it does not say which statistic it is.
    """
    words = re.sub(r"[^a-z0-9.]+", " ", name.lower()).split()
    metric = next((metric for metric in METRICS if metric in words), None)
    if metric is None:
        return None
    known = {item.lower(): item for item in METRICS[metric]}
    said = [word for word in words if _STATISTIC.fullmatch(word)]
    if said:
        return f"{metric}.{known[said[0]]}" if said[0] in known else None
    if len(known) == 1:
        return f"{metric}.{METRICS[metric][0]}"
    raise _wrong(
        place,
        "the label does not say which statistic it is",
        name,
        f"label it like '{name} {METRICS[metric][0]}'",
    )


Points = list[tuple[datetime, float]]


def _series(document: dict[str, Any], file: str) -> Iterator[tuple[str, tuple[str, ...], Points]]:
    if isinstance(document.get("MetricDataResults"), list):
        for index, item in enumerate(document["MetricDataResults"]):
            place = f"{file}: MetricDataResults[{index}]"
            if not isinstance(item, dict):
                raise _wrong(place, "must be a mapping", type(item).__name__, "export it again")
            status = item.get("StatusCode", "Complete")
            if status != "Complete":
                raise _wrong(
                    f"{place}.StatusCode", "the series is not complete", status, "export all pages"
                )
            times, values = item.get("Timestamps"), item.get("Values")
            if not (
                isinstance(times, list) and isinstance(values, list) and len(times) == len(values)
            ):
                raise _wrong(
                    place, "must have as many Timestamps as Values", "other", "export it again"
                )
            names = tuple(str(item[key]) for key in ("Label", "Id") if item.get(key))
            pairs = enumerate(zip(times, values, strict=True))
            yield (
                place,
                names or ("unnamed",),
                [_point(at, value, f"{place}[{n}]") for n, (at, value) in pairs],
            )
    elif isinstance(document.get("Datapoints"), list):
        label = str(document.get("Label", ""))
        place = f"{file}: Datapoints"
        statistics: dict[str, Points] = {}
        for index, item in enumerate(document["Datapoints"]):
            if not isinstance(item, dict):
                raise _wrong(
                    f"{place}[{index}]", "must be a mapping", type(item).__name__, "export it again"
                )
            extended = item.get("ExtendedStatistics")
            for name, value in {**item, **(extended if isinstance(extended, dict) else {})}.items():
                if name in ("Sum", "Average", "Maximum", "p50", "p99"):
                    statistics.setdefault(name, []).append(
                        _point(item.get("Timestamp"), value, f"{place}[{index}]")
                    )
        for name in sorted(statistics):
            allowed = METRICS.get(label.lower(), ())
            if name in allowed:
                yield f"{place}.{name}", (f"{label} {name}",), statistics[name]
    else:
        raise _wrong(
            file,
            "is no export of CloudWatch",
            ", ".join(sorted(map(str, document)))[:80] or "an empty mapping",
            "save what get-metric-data or get-metric-statistics prints",
        )


def _point(at: Any, value: Any, place: str) -> tuple[datetime, float]:
    try:
        when = datetime.fromisoformat(at) if isinstance(at, str) else None
        if isinstance(at, int | float) and not isinstance(at, bool):
            when = datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        when = None
    if when is None:
        raise _wrong(place, "must have a time in ISO 8601", at, "export it again")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:
        raise _wrong(place, "must be a finite number of 0 or more", value, "export it again")
    return (when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)), float(value)


def _build(points: Points) -> Series:
    # CloudWatch gives the newest first, or any order; a repeated time comes of overlapping pages.
    ordered = sorted(dict(points).items())
    return Series(
        times=tuple(at for at, _ in ordered), values=np.array([value for _, value in ordered])
    )


def hourly_rps(series: Series) -> tuple[datetime, FloatArray]:
    """Return the first whole hour of a series of ``Invocations``, and requests per second by hour.

    Where periods are shorter than an hour, the busiest one of the hour counts. A period that is
    missing had no invocations: CloudWatch keeps no zeros for this metric.

    Returns:
        The hour in UTC, and an array of shape (hours,).
    """
    period = max(series.period_seconds, 1)
    start = series.times[0].replace(minute=0, second=0, microsecond=0)
    hours = int((series.times[-1] - start) / _HOUR) + 1
    if hours > _MOST_POINTS:
        raise _wrong(
            "Invocations", "the metrics cover too long a time", f"{hours} hours", "export a year"
        )
    rps = np.zeros(hours)
    for at, value in zip(series.times, series.values, strict=True):
        hour = int((at - start) / _HOUR)
        if period <= 3600:
            rps[hour] = max(rps[hour], value / period)
        else:
            rps[hour : hour + period // 3600] = value / period
    return start, rps


def metrics_demand(metrics: Metrics, file: str) -> Demand:
    """Return the demand in exported metrics: the last year if they cover one, else a typical week.

    From several weeks, each hour of the week takes the busiest value that it had.

    Raises:
        InputError: If there are no invocations, or less than a week of them.
    """
    series = metrics.get("invocations.Sum")
    if series is None:
        raise _wrong(
            file, "holds no invocations", ", ".join(sorted(metrics)), "export Invocations, Sum"
        )
    if series.period_seconds > 3600:
        raise _wrong(
            f"{file}: Invocations",
            "periods must not be longer than an hour",
            f"{series.period_seconds} seconds",
            "export it with --period 3600 or less",
        )
    start, rps = hourly_rps(series)
    if len(rps) < HOURS_PER_WEEK:
        raise _wrong(
            f"{file}: Invocations",
            "must cover a week or more",
            f"{len(rps)} hours",
            "export a longer time, with the first and the last hour in it",
        )
    if len(rps) >= 8760:
        newest = start + (len(rps) - 8760) * _HOUR
        return Demand(rps=rps[-8760:], name=file, start=newest)
    week = np.zeros(HOURS_PER_WEEK)
    offset = start.weekday() * 24 + start.hour
    np.maximum.at(week, (offset + np.arange(len(rps))) % HOURS_PER_WEEK, rps)
    return Demand(rps=week, name=file)
