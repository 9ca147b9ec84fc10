"""Spec of experiment tracking."""

from typing import Annotated, Literal

from groundplan.blueprints.spec.base import NotBuilt, SpecModel


class TrackingSpec(SpecModel):
    """Where training runs are recorded."""

    mlflow: Annotated[Literal["none", "app", "server"], NotBuilt(built=("none",))] = "none"
    """MLflow of SageMaker. Default: ``none``."""
