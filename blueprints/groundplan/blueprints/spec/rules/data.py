"""Datasets: their quality rules, and who reads them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.dataset import QualityRule
from groundplan.blueprints.spec.document import Bare, Path
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.rules.topology import trainers

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

_TYPES: dict[str, tuple[str, ...]] = {
    "min": ("integer", "float"),
    "max": ("integer", "float"),
    "pattern": ("string",),
    "max_age_hours": ("timestamp",),
}
"""Column types for which a field of a quality rule means something."""


def check_data(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what is wrong with datasets."""
    for d, dataset in enumerate(spec.datasets):
        for q, rule in enumerate(dataset.quality):
            yield from _quality(("datasets", d, "quality", q), rule)
    yield from _readers(spec)


def _quality(path: Path, rule: QualityRule) -> Iterator[Finding]:
    if rule.min is not None and rule.max is not None and rule.min > rule.max:
        yield Finding(
            path=(*path, "min"),
            problem=f"must be at most max, which is {rule.max:g}",
            got=rule.min,
            fix="exchange the two",
            needs=((*path, "max"),),
        )
    for field, types in _TYPES.items():
        value = getattr(rule, field)
        if value is not None and rule.type is not None and rule.type not in types:
            yield Finding(
                path=(*path, field),
                problem=f"means nothing for a column of type {rule.type}",
                got=value,
                fix=f"remove it, or change the type to {' or '.join(types)}",
            )


def _readers(spec: "ProjectSpec") -> Iterator[Finding]:
    training = [environment.name for environment in trainers(spec)]
    used = {model.training.dataset for model in spec.models}
    for d, dataset in enumerate(spec.datasets):
        readers = dataset.readers
        if len(training) != 1 or readers is None or dataset.name not in used:
            continue
        if training[0] not in readers:
            yield Finding(
                path=("datasets", d, "readers"),
                problem="leaves out the environment that trains on it",
                got=", ".join(readers) or Bare("none"),
                fix=f"add {training[0]!r}",
                needs=(("environments", "*", "trains"), ("environments", "*", "name")),
            )
