"""Spec of one model."""

from pydantic import Field

from groundplan.blueprints.spec.base import Name, SpecModel
from groundplan.blueprints.spec.evaluation import EvaluationSpec
from groundplan.blueprints.spec.monitoring import MonitoringSpec
from groundplan.blueprints.spec.serving import ServingSpec
from groundplan.blueprints.spec.training import TrainingSpec


class ModelSpec(SpecModel):
    """One model: how it is trained, judged, served and watched."""

    name: Name
    """Stable name; part of the names of its endpoint and of its group in the model registry."""

    training: TrainingSpec
    """How it is trained."""

    evaluation: EvaluationSpec = Field(default_factory=EvaluationSpec)
    """How it is judged. Default: as :class:`EvaluationSpec` says."""

    serving: ServingSpec | None = None
    """How it is served, in every environment. Default: it is not."""

    monitoring: MonitoringSpec | None = None
    """How it is watched while it serves. Default: it is not."""
