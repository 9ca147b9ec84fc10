"""How hyperparameters are searched for."""

from collections.abc import Iterator

from groundplan.blueprints.spec.document import Path
from groundplan.blueprints.spec.finding import Finding
from groundplan.blueprints.spec.training import TrainingSpec, TuningSpec


def check_tuning(path: Path, training: TrainingSpec, tuning: TuningSpec) -> Iterator[Finding]:
    """Yield what is wrong with the tuning of a training at ``path``."""
    place: Path = (*path, "tuning")
    for name, item in tuning.ranges.items():
        within: Path = (*place, "ranges", name)
        if name in training.hyperparameters:
            yield Finding(
                path=within,
                problem="is a fixed hyperparameter too",
                got=name,
                fix="remove it from hyperparameters, or from ranges",
                needs=((*path, "hyperparameters"),),
            )
        if not item.min < item.max:
            yield Finding(
                path=(*within, "min"),
                problem=f"must be less than max, which is {item.max:g}",
                got=item.min,
                fix="lower it, or make the hyperparameter a fixed one",
                needs=((*within, "max"),),
            )
        elif item.scale == "log" and item.min <= 0:
            yield Finding(
                path=(*within, "min"),
                problem="must be above 0 for scale log",
                got=item.min,
                fix="raise it, or use scale linear",
                needs=((*within, "scale"),),
            )
    if tuning.parallel_jobs > tuning.max_jobs:
        yield Finding(
            path=(*place, "parallel_jobs"),
            problem=f"must be at most max_jobs, which is {tuning.max_jobs}",
            got=tuning.parallel_jobs,
            fix="lower it",
            needs=((*place, "max_jobs"),),
        )
    default = TrainingSpec.model_fields["entrypoint"].default
    if training.entrypoint != default:
        yield Finding(
            path=(*path, "entrypoint"),
            problem="means nothing with tuning, whose jobs run the image's own program train",
            got=training.entrypoint,
            fix="remove it, and let the image's program train run the script",
            needs=(place,),
        )
