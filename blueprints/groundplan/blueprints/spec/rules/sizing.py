"""What endpoints are sized from: traffic, service time, latency, and what instance types must have."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.spec.document import Bare, Path
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.instance import (
    HostingInstanceRequirements,
    TrainingInstanceRequirements,
    meets,
)
from groundplan.blueprints.spec.serving import RealtimeServing, SizingSpec, TrafficSpec

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

_LENGTHS = (168, 8760, 8784)
_REQUIRED = ("accelerators", "accelerator_memory_gib", "vcpus", "memory_gib")


def check_sizing(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what is wrong with what endpoints are sized from."""
    for m, model in enumerate(spec.models):
        path: Path = ("models", m)
        yield from _required((*path, "training", "instance"), model.training.instance)
        if isinstance(model.serving, RealtimeServing):
            yield from _serving((*path, "serving"), model.serving)
    for e, environment in enumerate(spec.environments):
        for name, override in environment.overrides.models.items():
            path = ("environments", e, "overrides", "models", name)
            for field in ("training_instance", "serving_instance"):
                yield from _required((*path, field), getattr(override, field))


def _required(path: Path, choice: object) -> Iterator[Finding]:
    if not isinstance(choice, HostingInstanceRequirements | TrainingInstanceRequirements):
        return
    if not choice.prefer and all(getattr(choice, field) is None for field in _REQUIRED):
        yield Finding(
            path=path,
            problem="requires nothing",
            got=Bare("{}"),
            fix="add a requirement such as 'memory_gib: 16', or name a type",
            needs=tuple((*path, field) for field in (*_REQUIRED, "prefer")),
        )
    for i, name in enumerate(choice.prefer):
        if not meets(instance_types()[name], choice):
            yield Finding(
                path=(*path, "prefer", i),
                problem="does not have what is required, or is not known to",
                got=name,
                fix="remove it, or lower the requirement",
                needs=tuple((*path, field) for field in _REQUIRED),
            )


def _serving(path: Path, serving: RealtimeServing) -> Iterator[Finding]:
    yield from _required((*path, "instance"), serving.instance)
    sizing, traffic = serving.sizing or SizingSpec(), serving.traffic
    if traffic is None:
        for field in ("service_time_ms", "latency", "sizing"):
            if getattr(serving, field) is not None and not _only_sleeps(getattr(serving, field)):
                yield _means_nothing((*path, field), "traffic", (*path, "traffic"))
        return
    if serving.instances is not None:
        yield Finding(
            path=(*path, "instances"),
            problem="instances follow from traffic",
            got=Bare("both"),
            fix="remove it, or remove traffic",
            needs=((*path, "traffic"),),
        )
    yield from _missing(path, serving, sizing)
    yield from _traffic((*path, "traffic"), traffic)
    yield from _measured(path, serving, sizing)


def _only_sleeps(sizing: object) -> bool:
    """Whether it only says that an endpoint may have no instances, which takes no traffic."""
    only = {"allow_errors_while_waking"}
    return isinstance(sizing, SizingSpec) and sizing.model_fields_set == only


def _means_nothing(path: Path, without: str, needs: Path) -> Finding:
    return Finding(
        path=path,
        problem=f"means nothing without {without}",
        got=Bare("a value"),
        fix=f"remove it, or add {without!r}",
        needs=(needs,),
    )


def _missing(path: Path, serving: RealtimeServing, sizing: SizingSpec) -> Iterator[Finding]:
    service, measured = (*path, "service_time_ms"), (*path, "sizing", "measured")
    if serving.latency is None:
        yield Finding(
            path=(*path, "traffic"),
            problem="sizing needs a latency target",
            got=Bare("none"),
            fix="add one such as 'latency: {max_ms: 250}'",
            needs=((*path, "latency"),),
        )
    if serving.service_time_ms is None and not sizing.measured:
        yield Finding(
            path=(*path, "traffic"),
            problem="sizing needs the time that a request takes",
            got=Bare("none"),
            fix="add one such as 'service_time_ms: {mean: 40}', or 'sizing.measured'",
            needs=(service, measured),
        )
    elif serving.service_time_ms is not None and sizing.measured:
        yield Finding(
            path=service,
            problem="measured latencies say it already",
            got=Bare("both"),
            fix="remove it, or remove sizing.measured",
            needs=(measured,),
        )
    if sizing.measured and sizing.workers != 1:
        yield Finding(
            path=(*path, "sizing", "workers"),
            problem="means nothing with measured latencies, which have their concurrency",
            got=sizing.workers,
            fix="remove it",
            needs=(measured,),
        )


def _traffic(path: Path, traffic: TrafficSpec) -> Iterator[Finding]:
    sources = [name for name in ("profile", "rps", "base_rps") if _set(traffic, name)]
    needs = tuple((*path, name) for name in ("profile", "rps", "base_rps"))
    if len(sources) != 1:
        yield Finding(
            path=path,
            problem="needs exactly one of profile, rps and base_rps",
            got=Bare(", ".join(sources) or "none"),
            fix="keep one of them" if sources else "add 'base_rps', or name a file in 'profile'",
            needs=needs,
        )
        return
    if sources != ["base_rps"]:
        for name in ("peak_rps", "peak_hours", "weekend_factor"):
            if name in traffic.model_fields_set and getattr(traffic, name) != _default(name):
                yield _means_nothing((*path, name), "base_rps", (*path, "base_rps"))
    elif bool(traffic.peak_hours) != (traffic.peak_rps is not None):
        lacking, other = ("peak_rps", "peak_hours")[:: 1 if traffic.peak_rps is None else -1]
        yield _means_nothing((*path, other), lacking, (*path, lacking))
    elif traffic.peak_rps is not None and traffic.peak_rps < (traffic.base_rps or 0):
        yield Finding(
            path=(*path, "peak_rps"),
            problem=f"must be at least base_rps, which is {traffic.base_rps:g}",
            got=traffic.peak_rps,
            fix="raise it",
            needs=((*path, "base_rps"),),
        )
    if traffic.rps is not None:
        yield from _hours(path, traffic, len(traffic.rps))


def _hours(path: Path, traffic: TrafficSpec, hours: int) -> Iterator[Finding]:
    if hours not in _LENGTHS:
        yield Finding(
            path=(*path, "rps"),
            problem="must have the 168 hours of a week, or the 8760 or 8784 of a year",
            got=Bare(f"{hours} values"),
            fix="give one value for every hour",
        )
    elif hours != _LENGTHS[0] and (traffic.time_zone != "UTC" or traffic.year is not None):
        yield Finding(
            path=(*path, "rps"),
            problem="hours of a year are counted in UTC, since clock changes make local ones ambiguous",
            got=Bare(f"{hours} values"),
            fix="remove time_zone and year, or use a profile with timestamps",
            needs=((*path, "time_zone"), (*path, "year")),
        )


def _set(traffic: TrafficSpec, name: str) -> bool:
    return getattr(traffic, name) is not None


def _default(name: str) -> Any:
    return TrafficSpec.model_fields[name].default


def _measured(path: Path, serving: RealtimeServing, sizing: SizingSpec) -> Iterator[Finding]:
    if not sizing.measured:
        return
    seen: set[tuple[str, int]] = set()
    for i, level in enumerate(sizing.measured):
        place: Path = (*path, "sizing", "measured", i)
        if level.p99_ms < level.p50_ms:
            yield Finding(
                path=(*place, "p99_ms"),
                problem=f"must be at least p50_ms, which is {level.p50_ms:g}",
                got=level.p99_ms,
                fix="correct one of them",
                needs=((*place, "p50_ms"),),
            )
        if (level.instance, level.concurrency) in seen:
            yield Finding(
                path=(*place, "concurrency"),
                problem=f"{level.instance} has this level twice",
                got=level.concurrency,
                fix="remove one of them",
                needs=((*place, "instance"),),
            )
        seen.add((level.instance, level.concurrency))
    if serving.latency is not None and serving.latency.percentile > 99:
        yield Finding(
            path=(*path, "latency", "percentile"),
            problem="measured latencies say nothing beyond the 99th percentile",
            got=serving.latency.percentile,
            fix="use 99 or less, or service_time_ms",
            needs=((*path, "sizing", "measured"),),
        )
    measured = {level.instance for level in sizing.measured}
    if isinstance(serving.instance, str) and serving.instance not in measured:
        yield Finding(
            path=(*path, "sizing", "measured"),
            problem=f"has no level of {serving.instance}, which serves",
            got=", ".join(sorted(measured)),
            fix="measure it, or serve with a type that was measured",
            needs=((*path, "instance"),),
        )
