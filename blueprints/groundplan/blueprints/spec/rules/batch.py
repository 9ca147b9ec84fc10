"""Batch serving: where it runs, on what, and what it can read."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.dataset import DatasetSpec
from groundplan.blueprints.spec.document import Bare, Path
from groundplan.blueprints.spec.environment import EnvironmentSpec
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.model import ModelSpec
from groundplan.blueprints.spec.network import NoNetwork
from groundplan.blueprints.spec.rules.topology import trainers
from groundplan.blueprints.spec.serving import BatchServing

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

FARGATE_MEMORY_GIB = {
    1: range(2, 9),
    2: range(4, 17),
    4: range(8, 31),
    8: range(16, 61, 4),
    16: range(32, 121, 8),
}
"""Memory that Fargate offers by number of virtual CPUs (AWS Batch user guide, 2026-11)."""
DEFAULT_VCPUS = 2
FORMATS = {"speed": ("csv",), "cost": ("csv", "jsonl")}
"""Formats that the standard programs read; a transform sends a file as one request."""
_ONLY = {"speed": ("instance", "instance_count"), "cost": ("vcpus", "memory_gib")}
_SCORING_STAGES = ("staging", "production")


def scored_dataset(spec: "ProjectSpec", model: ModelSpec) -> DatasetSpec | None:
    """Return the dataset that a model with batch serving scores; ``None`` if there is none."""
    name = model.serving.dataset if isinstance(model.serving, BatchServing) else None
    return next((dataset for dataset in spec.datasets if dataset.name == name), None)


def scorers(spec: "ProjectSpec", model: ModelSpec) -> tuple[EnvironmentSpec, ...]:
    """Return the environments that score with a model.

    Those for staging and production that may read its dataset; where there is none, the
    environment that trains, if it may.
    """
    dataset, training = scored_dataset(spec, model), trainers(spec)
    if dataset is None:
        return ()
    names = dataset.readers
    able = [e for e in spec.environments if (e in training if names is None else e.name in names)]
    return tuple(e for e in able if e.stage in _SCORING_STAGES) or tuple(
        e for e in able if e in training
    )


def check_batch(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what is wrong with batch serving."""
    for m, model in enumerate(spec.models):
        serving = model.serving
        if not isinstance(serving, BatchServing):
            continue
        path: Path = ("models", m, "serving")
        yield from _options(path, serving)
        yield from _memory(path, serving)
        yield from _dataset(spec, path, model, serving)
        if serving.prefer == "cost":
            yield from _network(spec, path, model)


def _options(path: Path, serving: BatchServing) -> Iterator[Finding]:
    other = "cost" if serving.prefer == "speed" else "speed"
    for field in _ONLY[other]:
        if (value := getattr(serving, field)) is not None:
            yield Finding(
                path=(*path, field),
                problem=f"means nothing where prefer is {serving.prefer}",
                got=value,
                fix=f"remove it, or prefer {other!r}",
                needs=((*path, "prefer"),),
            )


def _memory(path: Path, serving: BatchServing) -> Iterator[Finding]:
    vcpus, memory = serving.vcpus or DEFAULT_VCPUS, serving.memory_gib
    offered = FARGATE_MEMORY_GIB[vcpus]
    if serving.prefer == "cost" and memory is not None and memory not in offered:
        step = f" in steps of {offered.step}" if offered.step > 1 else ""
        yield Finding(
            path=(*path, "memory_gib"),
            problem=f"Fargate has {offered[0]} to {offered[-1]} GiB{step} with {vcpus} vCPUs",
            got=memory,
            fix="use one of these, or change vcpus",
            needs=((*path, "vcpus"),),
        )


def _dataset(
    spec: "ProjectSpec", path: Path, model: ModelSpec, serving: BatchServing
) -> Iterator[Finding]:
    dataset = scored_dataset(spec, model)
    if dataset is None:
        return
    place: Path = (*path, "dataset")
    if any(dataset.name == other.training.dataset for other in spec.models):
        yield Finding(
            path=place,
            problem="a model is trained on it, and what is to be scored would count as new "
            "training data",
            got=dataset.name,
            fix="name a dataset of its own",
            needs=(("models", "*", "training", "dataset"),),
        )
    formats = FORMATS[serving.prefer]
    if dataset.format not in formats:
        yield Finding(
            path=place,
            problem=f"dataset {dataset.name} is not in a format that is scored yet",
            got=dataset.format,
            fix=f"use a dataset of format {' or '.join(map(repr, formats))}",
            needs=(("datasets", "*", "format"),),
        )
    if not scorers(spec, model) and len(trainers(spec)) == 1:
        yield Finding(
            path=place,
            problem=f"no environment that could score may read dataset {dataset.name}",
            got=", ".join(dataset.readers or ()) or Bare("none"),
            fix=f"add {trainers(spec)[0].name!r} to its readers, or a staging or production "
            "environment",
            needs=(("datasets", "*", "readers"), ("environments", "*", "stage")),
        )


def _network(spec: "ProjectSpec", path: Path, model: ModelSpec) -> Iterator[Finding]:
    for environment in scorers(spec, model):
        if isinstance(environment.overrides.network or spec.network, NoNetwork):
            yield Finding(
                path=(*path, "prefer"),
                problem=f"AWS Batch needs a network, and environment {environment.name} has none",
                got="cost",
                fix="use network mode 'isolated' or 'existing', or prefer 'speed'",
                needs=(("network", "mode"), ("environments", "*", "overrides")),
            )
