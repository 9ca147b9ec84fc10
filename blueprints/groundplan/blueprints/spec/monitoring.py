"""Spec of how a served model is watched."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import Count, SpecModel

Check = Literal["data_drift", "prediction_drift", "quality", "fairness", "attribution_drift"]


class MonitoringSpec(SpecModel):
    """How a served model is watched."""

    schedule: Literal["hourly", "daily", "weekly"] = "daily"
    """How often the checks run. Default: ``daily``."""

    baseline: Literal["training"] = "training"
    """What captured data is compared with. Default: ``training``, the data trained on."""

    checks: Annotated[tuple[Check, ...], Field(min_length=1)] = ("data_drift", "prediction_drift")
    """What is checked. Default: drift of data and of predictions."""

    on_drift: Literal["retrain", "notify"] = "notify"
    """What follows from drift. Default: ``notify``."""

    cooldown_hours: Count = 24
    """Least time between two reactions. Default: 24."""
