"""Spec of how a model is trained."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, Strict

from groundplan.blueprints.spec.base import (
    ALGORITHM,
    Command,
    Count,
    Hours,
    MetricName,
    Minutes,
    Name,
    NotBuilt,
    Scalar,
    SpecModel,
    Text,
    mistake,
)
from groundplan.blueprints.spec.instance import TrainingInstanceChoice


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise mistake("must be a number", "write one without quotes")
    return value


WholeOrFraction = Annotated[int | float, BeforeValidator(_number)]
"""A number that stays the integer, or the fraction, that was written."""

HyperparameterName = Annotated[str, Field(min_length=1, max_length=256)]


class SpotSpec(SpecModel):
    """Training on spare capacity, which AWS may take back."""

    max_wait_hours: Hours | None = None
    """Longest time for waiting and training together. Default: twice ``max_runtime_hours``."""

    patience_minutes: Minutes = 30
    """Longest wait for capacity before the next instance type is tried. Default: 30."""

    checkpoint_minutes: Minutes = 10
    """Time between two checkpoints, which is the most work an interruption costs. Default: 10."""

    fallback: Literal["on_demand", "none"] = "on_demand"
    """What happens when no type has spare capacity. Default: ``on_demand`` pays the full price."""


class ParameterRange(SpecModel):
    """Values of a hyperparameter that tuning tries."""

    min: WholeOrFraction
    """Least value. Where both bounds are whole numbers (``1``, not ``1.0``), so are all values."""

    max: WholeOrFraction
    """Greatest value."""

    scale: Literal["linear", "log"] = "linear"
    """How values are drawn from the range. Default: ``linear``."""


class ObjectiveSpec(SpecModel):
    """What tuning improves."""

    metric: MetricName
    """Metric that the training script prints as ``METRIC=NUMBER``."""

    goal: Literal["minimize", "maximize"]
    """Whether small or great values are good."""


class TuningSpec(SpecModel):
    """Search for hyperparameters. Its training jobs run the image's own program ``train``."""

    objective: ObjectiveSpec
    """What is improved."""

    ranges: Annotated[dict[HyperparameterName, ParameterRange], Field(min_length=1, max_length=30)]
    """Values to try, by hyperparameter."""

    max_jobs: Annotated[Count, Field(le=750)] = 20
    """Number of training jobs in all. Default: 20."""

    parallel_jobs: Annotated[Count, Field(le=100)] = 4
    """Number of training jobs at a time. Default: 4."""


class TrainingSpec(SpecModel):
    """How a model is trained: exactly one of image, algorithm and jumpstart says by what."""

    dataset: Name
    """Dataset to train on."""

    image: Name | None = None
    """Image of the project that trains, evaluates and checks the data."""

    algorithm: Annotated[Annotated[str, Field(pattern=ALGORITHM)] | None, NotBuilt()] = None
    """Algorithm of SageMaker, such as ``xgboost@1.7``. Default: none."""

    jumpstart: Annotated[Text | None, NotBuilt()] = None
    """Model of SageMaker JumpStart to fine-tune. Default: none."""

    entrypoint: Command = ("python", "train.py")
    """Command that trains, in the image's working directory. Default: ``python train.py``."""

    instance: TrainingInstanceChoice = "ml.m5.xlarge"
    """Instance type, or types in the order to try them. Default: ``ml.m5.xlarge``."""

    instance_count: Annotated[Count, Field(le=20)] = 1
    """Number of instances. Default: 1."""

    volume_gib: Annotated[Count, Field(le=16384)] = 30
    """Disk of each instance. Default: 30."""

    spot: SpotSpec | None = Field(default_factory=SpotSpec)
    """Training on spare capacity; null turns it off. Default: on, as :class:`SpotSpec` says."""

    max_runtime_hours: Hours = 4
    """Longest time for training itself. Default: 4."""

    hyperparameters: Annotated[dict[HyperparameterName, Scalar], Field(max_length=100)] = Field(
        default_factory=dict
    )
    """Given to the training script as they are. Default: none."""

    tuning: TuningSpec | None = None
    """Search for hyperparameters. Default: none."""

    sample: Annotated[Annotated[float, Strict(), Field(gt=0, lt=1)] | None, NotBuilt()] = None
    """Share of the dataset that development trains on. Default: all of it."""
