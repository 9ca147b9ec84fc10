"""How models are trained."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.spec.document import Bare, Path
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.instance import TrainingInstanceChoice, TrainingInstanceRequirements
from groundplan.blueprints.spec.rules.topology import trainers
from groundplan.blueprints.spec.rules.tuning import check_tuning
from groundplan.blueprints.spec.training import TrainingSpec

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

_SOURCES = ("image", "algorithm", "jumpstart")


def check_training(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what is wrong with training."""
    for m, model in enumerate(spec.models):
        path: Path = ("models", m, "training")
        yield from _source(path, model.training)
        yield from _times(path, model.training)
        yield from _types((*path, "instance"), model.training.instance, model.training)
        if model.training.tuning is not None:
            yield from check_tuning(path, model.training, model.training.tuning)
    trainings = {model.name: model.training for model in reversed(spec.models)}
    training = trainers(spec)
    for e, environment in enumerate(spec.environments):
        for name, override in environment.overrides.models.items():
            path = ("environments", e, "overrides", "models", name)
            if override.training_instance is not None and name in trainings:
                place = (*path, "training_instance")
                yield from _types(place, override.training_instance, trainings[name])
            if environment in training or not training:
                continue
            for field in ("training_instance", "training_instance_count"):
                if (value := getattr(override, field)) is not None:
                    yield Finding(
                        path=(*path, field),
                        problem="is set where nothing is trained",
                        got=value,
                        fix=f"move it to {training[0].name!r}, or remove it",
                        needs=(("environments", "*", "trains"),),
                    )


def _source(path: Path, training: TrainingSpec) -> Iterator[Finding]:
    given = [name for name in _SOURCES if getattr(training, name) is not None]
    if len(given) != 1:
        yield Finding(
            path=path,
            problem="needs exactly one of image, algorithm and jumpstart",
            got=Bare(" and ".join(given) or "none"),
            fix="keep one" if given else "add 'image' with the name of an image to build",
            needs=tuple((*path, name) for name in _SOURCES),
        )


def _times(path: Path, training: TrainingSpec) -> Iterator[Finding]:
    spot = training.spot
    if spot is None or spot.max_wait_hours is None:
        return
    if spot.max_wait_hours < training.max_runtime_hours:
        yield Finding(
            path=(*path, "spot", "max_wait_hours"),
            problem=f"must be at least max_runtime_hours, which is {training.max_runtime_hours:g}",
            got=spot.max_wait_hours,
            fix="raise it, or lower max_runtime_hours",
            needs=((*path, "max_runtime_hours"),),
        )


def _types(path: Path, choice: TrainingInstanceChoice, training: TrainingSpec) -> Iterator[Finding]:
    places: list[tuple[Path, str]] = [(path, choice)] if isinstance(choice, str) else []
    if isinstance(choice, TrainingInstanceRequirements):
        places = [((*path, "prefer", i), name) for i, name in enumerate(choice.prefer)]
    elif isinstance(choice, tuple):
        places = [((*path, i), name) for i, name in enumerate(choice)]
    seen: set[str] = set()
    for place, name in places:
        if name in seen:
            yield Finding(path=place, problem="is there twice", got=name, fix="remove one")
        elif training.spot is not None and instance_types()[name].spot == "no":
            yield Finding(
                path=place,
                problem="cannot train on spare capacity",
                got=name,
                fix="use another type, or set spot to null",
            )
        seen.add(name)
