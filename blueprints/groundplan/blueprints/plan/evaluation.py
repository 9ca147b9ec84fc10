"""What the spec says of evaluation and tuning, as the training pipeline takes it."""

import json

from groundplan.blueprints.spec import ModelSpec, TuningSpec
from groundplan.blueprints.spec.evaluation import FairnessSpec, comparison_goal
from groundplan.pipelines import MetricBound
from groundplan.pipelines.settings import FairnessSettings, TuningSettings
from groundplan.pipelines.steps import (
    FairnessBound,
    FairnessMeasure,
    RegressionBound,
    TuningRange,
)


def as_text(value: str | bool | float) -> str:
    """Return a value of the spec as programs get it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def metric_bounds(model: ModelSpec, split: str) -> tuple[MetricBound, ...]:
    """Return the absolute bounds of a model's metrics on ``held_out`` or ``future`` data."""
    return tuple(
        MetricBound(metric=gate.metric, min=gate.min, max=gate.max)
        for gate in model.evaluation.gates
        if gate.split == split and (gate.min is not None or gate.max is not None)
    )


def regression_bounds(model: ModelSpec, split: str) -> tuple[RegressionBound, ...]:
    """Return how much worse than the champion's a model's metrics may be on the same data."""
    gates = model.evaluation.gates
    return tuple(
        RegressionBound(
            metric=gate.metric,
            goal=comparison_goal(gate, gates) or "maximize",
            max_regression=gate.max_regression,
        )
        for gate in gates
        if gate.split == split and gate.max_regression is not None
    )


def fairness_settings(fairness: FairnessSpec | None) -> FairnessSettings | None:
    """Return the greatest gaps between the groups of every facet."""
    if fairness is None:
        return None
    limits: tuple[tuple[FairnessMeasure, float | None], ...] = (
        ("fpr_gap", fairness.max_fpr_gap),
        ("fnr_gap", fairness.max_fnr_gap),
        ("demographic_parity_gap", fairness.max_demographic_parity_gap),
    )
    return FairnessSettings(
        label=fairness.label,
        positive=as_text(fairness.positive),
        threshold=fairness.threshold,
        bounds=tuple(
            FairnessBound(facet=facet, measure=measure, max=limit)
            for facet in fairness.facets
            for measure, limit in limits
            if limit is not None
        ),
    )


def tuning_settings(tuning: TuningSpec | None) -> TuningSettings | None:
    """Return the search for hyperparameters; a range of whole numbers is one of integers."""
    if tuning is None:
        return None
    return TuningSettings(
        metric=tuning.objective.metric,
        goal="Minimize" if tuning.objective.goal == "minimize" else "Maximize",
        ranges=tuple(
            TuningRange(
                name=name,
                kind="integer"
                if isinstance(item.min, int) and isinstance(item.max, int)
                else "continuous",
                min=item.min,
                max=item.max,
                scaling="Logarithmic" if item.scale == "log" else "Linear",
            )
            for name, item in sorted(tuning.ranges.items())
        ),
        max_jobs=tuning.max_jobs,
        parallel_jobs=tuning.parallel_jobs,
    )
