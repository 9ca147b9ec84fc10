"""Steps that end an execution whose data or model is not good enough."""

from dataclasses import dataclass
from typing import Literal

from groundplan.pipelines.steps.base import Step
from groundplan.pipelines.values import ObjectOutput

FairnessMeasure = Literal["fpr_gap", "fnr_gap", "demographic_parity_gap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityGate(Step):
    """Ends the execution unless the report says ``passed``; names each rule and column."""

    report: ObjectOutput


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricBound:
    """Bounds of one metric, both inclusive."""

    metric: str
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricGate(Step):
    """Ends the execution unless every metric of ``report.metrics`` lies within its bounds."""

    report: ObjectOutput
    bounds: tuple[MetricBound, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionBound:
    """How much worse than the champion's one metric may be, in the metric's own unit."""

    metric: str
    goal: Literal["minimize", "maximize"]
    max_regression: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionGate(Step):
    """Ends the execution when a metric is worse than the champion's by more than allowed.

    Both reports were measured on the same data.
    """

    report: ObjectOutput
    champion: ObjectOutput
    bounds: tuple[RegressionBound, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessBound:
    """Greatest gap of one measure between the groups of one facet, from 0 to 1."""

    facet: str
    measure: FairnessMeasure
    max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessGate(Step):
    """Ends the execution unless every gap in ``report.fairness`` is within its bound.

    The report holds ``{"fairness": {FACET: {MEASURE: number}}}``, and where a gap could not be measured
    ``{"fairness": {FACET: {"problems": {MEASURE: text}}}}``.
    """

    report: ObjectOutput
    bounds: tuple[FairnessBound, ...]
