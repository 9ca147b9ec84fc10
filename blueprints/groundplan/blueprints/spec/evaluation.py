"""Spec of how a model is judged before it is registered."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import (
    Command,
    Count,
    Hours,
    MetricName,
    Number,
    Scalar,
    Share,
    SpecModel,
    Text,
)
from groundplan.blueprints.spec.instance import ProcessingInstance

Goal = Literal["minimize", "maximize"]


class GateSpec(SpecModel):
    """What a metric must reach; a model that misses it is not registered."""

    metric: MetricName
    """Metric that the evaluation script writes."""

    min: Number | None = None
    """Least value. Default: none."""

    max: Number | None = None
    """Greatest value. Default: none."""

    against: Literal["champion"] | None = None
    """Model to compare with: ``champion`` is the newest approved version, measured on the same data
    by the image of this run. Default: none, the bounds are absolute."""

    max_regression: Annotated[Number, Field(ge=0)] | None = None
    """How much worse than the champion the metric may be. Default: no comparison."""

    goal: Goal | None = None
    """Whether small or great values are good, for a comparison. Default: as another gate of the metric
    says, which has only a ``max`` or only a ``min``."""

    split: Literal["held_out", "future"] = "held_out"
    """Data on which the metric is measured: the dataset's folder ``test/``, or its folder ``future/``
    with what came after the training data. Default: ``held_out``."""


class FairnessSpec(SpecModel):
    """Greatest difference between groups."""

    facets: Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)]
    """Columns whose values make the groups; those with fewer than 30 rows are left out."""

    label: Text
    """Column of the truth, which has two values."""

    positive: Scalar = "1"
    """The label that counts as positive. Default: ``1``."""

    threshold: Share = 0.5
    """Probability from which on a prediction counts as positive. Default: 0.5."""

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

    fairness: FairnessSpec | None = None
    """Greatest difference between groups, on held-out data. Default: not measured."""


def comparison_goal(gate: GateSpec, gates: Iterable[GateSpec]) -> Goal | None:
    """Return which values of a gate's metric are good, or None where no gate says so.

    Args:
        gate: The gate, whose own ``goal`` comes first.
        gates: All gates of the model: one with a ``max`` and no ``min`` wants small values.
    """
    if gate.goal is not None:
        return gate.goal
    same = [item for item in gates if item.metric == gate.metric]
    small = any(item.max is not None and item.min is None for item in same)
    great = any(item.min is not None and item.max is None for item in same)
    if small == great:
        return None
    return "minimize" if small else "maximize"
