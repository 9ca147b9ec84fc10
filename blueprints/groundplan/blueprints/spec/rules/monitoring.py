"""How served models are watched."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.document import Bare, Path
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.model import ModelSpec
from groundplan.blueprints.spec.monitoring import (
    EVIDENTLY_ONLY,
    MODEL_MONITOR_CHECKS,
    NEED_LABELS,
    MonitoringSpec,
)
from groundplan.blueprints.spec.pipelines import DriftTrigger
from groundplan.blueprints.spec.serving import RealtimeServing

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

OWN_IMAGE = "groundplan-monitoring"
"""Name of the image that groundplan builds for its job."""


def check_monitoring(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what is wrong with monitoring."""
    for m, model in enumerate(spec.models):
        path: Path = ("models", m, "monitoring")
        if model.monitoring is None:
            continue
        yield from _capture(spec, path, model)
        if model.monitoring.provider == "model_monitor":
            yield from _model_monitor(path, model.monitoring)
        else:
            yield from _checks(path, model, model.monitoring)
        yield from _labels(spec, path, model.monitoring)
        yield from _reaction(spec, path, model.monitoring)
    for t, trigger in enumerate(spec.pipelines.triggers):
        if isinstance(trigger, DriftTrigger) and not _retrained(spec):
            yield Finding(
                path=("pipelines", "triggers", t, "kind"),
                problem="no model asks to be trained again on drift",
                got=trigger.kind,
                fix="set monitoring.on_drift of a model to 'retrain', or remove the trigger",
                needs=(("models", "*", "monitoring"),),
            )
    yield from _own_image(spec)


def _retrained(spec: "ProjectSpec") -> bool:
    return any(
        model.monitoring is not None and model.monitoring.on_drift == "retrain"
        for model in spec.models
    )


def _own_image(spec: "ProjectSpec") -> Iterator[Finding]:
    uses: list[tuple[Path, str | None]] = [
        (("images", i, "name"), image.name) for i, image in enumerate(spec.images)
    ]
    for m, model in enumerate(spec.models):
        uses.append((("models", m, "training", "image"), model.training.image))
        uses.append((("models", m, "serving", "image"), getattr(model.serving, "image", None)))
    for path, name in uses:
        if name == OWN_IMAGE:
            yield Finding(
                path=path,
                problem="is the name of groundplan's own image for monitoring",
                got=name,
                fix="rename it",
            )


def _capture(spec: "ProjectSpec", path: Path, model: ModelSpec) -> Iterator[Finding]:
    if not isinstance(model.serving, RealtimeServing):
        yield Finding(
            path=path,
            problem="is set for a model without a realtime endpoint",
            got=Bare("monitoring"),
            fix="remove it, or add 'serving' to the model",
            needs=((*path[:-1], "serving"),),
        )
        return
    known = {environment.name for environment in spec.environments}
    asked = (model.monitoring.environments if model.monitoring else None) or ()
    for e, name in enumerate(asked):
        if name not in known:
            yield Finding(
                path=(*path, "environments", e),
                problem="not one of the spec's environments",
                got=name,
                fix=f"use {' or '.join(repr(item) for item in sorted(known))}",
                collection="environments",
            )
    production = any(environment.stage == "production" for environment in spec.environments)
    for environment in spec.environments:
        here = (
            environment.name in asked
            if asked
            else (environment.stage == "production" or not production)
        )
        own = environment.overrides.models.get(model.name)
        capture = own.capture if own is not None and own.capture else model.serving.capture
        if here and (capture is None or capture.percent == 0):
            yield Finding(
                path=path,
                problem=f"watches captured requests, and none are captured in {environment.name}",
                got=Bare("no capture"),
                fix="add 'capture: {percent: 10}' to the model's serving",
                needs=((*path[:-1], "serving"), ("environments", "*", "overrides")),
            )


def _checks(path: Path, model: ModelSpec, monitoring: MonitoringSpec) -> Iterator[Finding]:
    fairness = model.evaluation.fairness
    for c, check in enumerate(monitoring.checks):
        place: Path = (*path, "checks", c)
        if monitoring.checks.index(check) < c:
            yield Finding(path=place, problem="is there twice", got=check, fix="remove one")
        elif check in NEED_LABELS and monitoring.labels is None:
            yield Finding(
                path=place,
                problem="needs labels",
                got=check,
                fix="say under monitoring.labels where they arrive, or remove the check",
                needs=((*path, "labels"),),
            )
        elif check == "fairness" and fairness is None:
            yield Finding(
                path=place,
                problem="needs facets and their greatest gaps",
                got=check,
                fix="add evaluation.fairness to the model, or remove the check",
                needs=((*path[:-1], "evaluation"),),
            )


def _model_monitor(path: Path, monitoring: MonitoringSpec) -> Iterator[Finding]:
    """Refuse what Model Monitor would pass over."""
    if monitoring.checks != MODEL_MONITOR_CHECKS:
        yield Finding(
            path=(*path, "checks"),
            problem=f"Model Monitor checks {', '.join(MODEL_MONITOR_CHECKS)} only",
            got=", ".join(monitoring.checks),
            fix=f"use [{', '.join(MODEL_MONITOR_CHECKS)}], or the provider 'evidently'",
        )
    for option in EVIDENTLY_ONLY:
        if option in monitoring.model_fields_set:
            yield Finding(
                path=(*path, option),
                problem="is not an option of Model Monitor",
                got=Bare(option),
                fix="remove it, or use the provider 'evidently'",
            )
    if monitoring.schedule == "weekly":
        yield Finding(
            path=(*path, "schedule"),
            problem="Model Monitor runs every hour or every day",
            got=monitoring.schedule,
            fix="use 'hourly' or 'daily', or the provider 'evidently'",
        )
    if monitoring.schedule == "hourly" and monitoring.max_runtime_hours > 1:
        yield Finding(
            path=(*path, "max_runtime_hours"),
            problem="an hourly run of Model Monitor takes at most an hour",
            got=monitoring.max_runtime_hours,
            fix="use 1 or less, or the schedule 'daily'",
        )


def _labels(spec: "ProjectSpec", path: Path, monitoring: MonitoringSpec) -> Iterator[Finding]:
    labels = monitoring.labels
    if labels is None:
        return
    names = [dataset.name for dataset in spec.datasets]
    if labels.dataset not in names:
        yield Finding(
            path=(*path, "labels", "dataset"),
            problem="not one of the spec's datasets",
            got=labels.dataset,
            fix=f"use {' or '.join(repr(name) for name in names)}",
            collection="datasets",
        )


def _reaction(spec: "ProjectSpec", path: Path, monitoring: MonitoringSpec) -> Iterator[Finding]:
    triggers = spec.pipelines.triggers
    if monitoring.on_drift == "retrain" and not any(isinstance(t, DriftTrigger) for t in triggers):
        yield Finding(
            path=(*path, "on_drift"),
            problem="nothing starts training on drift",
            got=monitoring.on_drift,
            fix="add {kind: drift} to pipelines.triggers, or use 'notify'",
            needs=(("pipelines", "triggers"),),
        )
