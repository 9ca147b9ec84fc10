"""Spec of how a model is judged before it is registered."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import (
    Command,
    Count,
    Hours,
    MetricName,
    NotBuilt,
    Number,
    Share,
    SpecModel,
    Text,
)
from groundplan.blueprints.spec.instance import ProcessingInstance


class GateSpec(SpecModel):
    """What a metric must reach; a model that misses it is not registered."""

    metric: MetricName
    """Metric that the evaluation script writes."""

    min: Number | None = None
    """Least value. Default: none."""

    max: Number | None = None
    """Greatest value. Default: none."""

    against: Annotated[Literal["champion"] | None, NotBuilt()] = None
    """Model to compare with. Default: none, the bounds are absolute."""

    max_regression: Annotated[Annotated[Number, Field(ge=0)] | None, NotBuilt()] = None
    """How much worse than the champion the metric may be. Default: no comparison."""

    split: Annotated[Literal["held_out", "future"], NotBuilt(built=("held_out",))] = "held_out"
    """Data on which the metric is measured. Default: ``held_out``."""


class FairnessSpec(SpecModel):
    """Greatest difference between groups."""

    facets: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Columns whose values make the groups."""

    max_fpr_gap: Share | None = None
    """Greatest gap between false positive rates. Default: any."""

    max_fnr_gap: Share | None = None
    """Greatest gap between false negative rates. Default: any."""

    max_demographic_parity_gap: Share | None = None
    """Greatest gap between shares of positive predictions. Default: any."""


class EvaluationSpec(SpecModel):
    """How a model is judged."""

    entrypoint: Command = ("python", "evaluate.py")
    """Command that evaluates, in the training image. Default: ``python evaluate.py``."""

    instance: ProcessingInstance = "ml.m5.large"
    """Instance type of the data-quality check and the evaluation. Default: ``ml.m5.large``."""

    volume_gib: Annotated[Count, Field(le=16384)] = 30
    """Disk of the instance. Default: 30."""

    max_runtime_hours: Annotated[Hours, Field(le=120)] = 1
    """Longest time for one of the two jobs. Default: 1."""

    gates: tuple[GateSpec, ...] = ()
    """What a model must reach to be registered. Default: nothing."""

    fairness: Annotated[FairnessSpec | None, NotBuilt()] = None
    """Greatest difference between groups. Default: not measured."""
