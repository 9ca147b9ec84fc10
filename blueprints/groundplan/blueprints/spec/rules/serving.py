"""How models are served."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.document import Bare, Path
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.serving import (
    AsynchronousServing,
    InstancesSpec,
    RealtimeServing,
    RolloutSpec,
)

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

_OVERRIDES = (
    "serving_instance",
    "instances",
    "capture",
    "rollout",
    "alarms",
    "allow_errors_while_waking",
)


def check_serving(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what is wrong with serving, as the models say it and as environments override it."""
    servings = {model.name: model.serving for model in reversed(spec.models)}
    for m, model in enumerate(spec.models):
        path: Path = ("models", m, "serving")
        if isinstance(model.serving, RealtimeServing | AsynchronousServing):
            yield from _instances((*path, "instances"), model.serving.instances)
        if isinstance(model.serving, RealtimeServing):
            yield from _rollout((*path, "rollout"), model.serving.rollout)
            yield from _room((*path, "instances"), model.serving.instances, model.serving.rollout)
    for e, environment in enumerate(spec.environments):
        for name, override in environment.overrides.models.items():
            path = ("environments", e, "overrides", "models", name)
            yield from _instances((*path, "instances"), override.instances)
            if override.rollout is not None:
                yield from _rollout((*path, "rollout"), override.rollout)
            serving = servings.get(name)
            if isinstance(serving, RealtimeServing):
                if override.instances is not None or override.rollout is not None:
                    where = "instances" if override.instances is not None else "rollout"
                    instances = override.instances or serving.instances
                    yield from _room((*path, where), instances, override.rollout or serving.rollout)
            elif name in servings:
                yield from _useless(path, override)


def _useless(path: Path, override: object) -> Iterator[Finding]:
    for field in _OVERRIDES:
        if (value := getattr(override, field)) is not None:
            yield Finding(
                path=(*path, field),
                problem="is set for a model without a realtime endpoint",
                got=value,
                fix="remove it, or add 'serving' to the model",
                needs=(("models", "*", "serving"),),
            )


def _instances(path: Path, instances: InstancesSpec | None) -> Iterator[Finding]:
    if instances is None:
        return
    least, most, target = instances.min, instances.max, instances.target_invocations_per_minute
    if most is not None and most < least:
        yield Finding(
            path=(*path, "max"),
            problem=f"must be at least min, which is {least}",
            got=most,
            fix="raise it, or remove it",
            needs=((*path, "min"),),
        )
    elif most is not None and most > least and target is None:
        yield Finding(
            path=(*path, "max"),
            problem="scaling needs target_invocations_per_minute",
            got=most,
            fix="add it, or remove max",
            needs=((*path, "target_invocations_per_minute"),),
        )
    elif target is not None and most in (None, least):
        yield Finding(
            path=(*path, "target_invocations_per_minute"),
            problem="means nothing where max is not above min",
            got=target,
            fix="remove it, or raise max",
            needs=((*path, "max"),),
        )


def _rollout(path: Path, rollout: RolloutSpec) -> Iterator[Finding]:
    if rollout.shadow_minutes is not None and not rollout.shadow_first:
        yield Finding(
            path=(*path, "shadow_minutes"),
            problem="means nothing without shadow_first",
            got=rollout.shadow_minutes,
            fix="remove it, or add 'shadow_first: true'",
            needs=((*path, "shadow_first"),),
        )
    if rollout.percent is None:
        return
    if rollout.strategy == "all_at_once":
        problem, fix = "means nothing for strategy all_at_once", "remove it, or set the strategy"
    elif rollout.strategy == "linear" and rollout.percent < 10:
        problem, fix = "must be at least 10 for strategy linear", "raise it"
    else:
        return
    yield Finding(
        path=(*path, "percent"),
        problem=problem,
        got=rollout.percent,
        fix=fix,
        needs=((*path, "strategy"),),
    )


def _room(path: Path, instances: InstancesSpec | None, rollout: RolloutSpec) -> Iterator[Finding]:
    if rollout.strategy != "all_at_once" and instances is not None and instances.min < 2:
        yield Finding(
            path=path,
            problem=f"strategy {rollout.strategy} needs at least two instances",
            got=Bare(f"min {instances.min}"),
            fix="raise min to 2, or use strategy 'all_at_once'",
            needs=((*path, "min"),),
        )
