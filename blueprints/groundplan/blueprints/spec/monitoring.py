"""Spec of how a served model is watched."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import (
    RELATIVE_PATH,
    Count,
    EnvironmentName,
    Hours,
    Name,
    Number,
    Share,
    SpecModel,
    Text,
)
from groundplan.blueprints.spec.instance import ProcessingInstance

Check = Literal[
    "data_drift", "prediction_drift", "target_drift", "quality", "fairness", "attribution_drift"
]
NEED_LABELS = ("target_drift", "quality")
"""Checks that cannot be made without labels."""
MODEL_MONITOR_CHECKS: tuple[Check, ...] = ("data_drift",)
"""Checks that Model Monitor makes here."""
EVIDENTLY_ONLY = ("significance", "drifted_share", "min_rows", "ignore", "prediction", "labels")
"""Options of groundplan's own job that Model Monitor has nothing for."""


class LabelsSpec(SpecModel):
    """Where the true answers arrive: CSV files with the id of a request and its label.

    The id is the ``InferenceId`` that the caller gave the request, or else the event id that data
    capture gave it. Of a request of several rows, row N (from 0) is ``ID:N``.
    """

    dataset: Name
    """Dataset whose bucket they arrive in."""

    prefix: Annotated[str, Field(pattern=RELATIVE_PATH, max_length=200)] = "labels"
    """Folder of the files in the bucket. Default: ``labels``."""

    column: Text
    """Column of the model's own dataset that holds the label."""

    id_column: Text = "inference_id"
    """Column of the files with the id of the request. Default: ``inference_id``."""

    label_column: Text = "label"
    """Column of the files with the label. Default: ``label``."""

    after_days: Annotated[int, Field(strict=True, ge=0, le=365)] = 0
    """How long after the request its label is known. Default: 0, by the next run."""


class MonitoringSpec(SpecModel):
    """How a served model is watched."""

    schedule: Literal["hourly", "daily", "weekly"] = "daily"
    """How often the checks run, each on the requests since the one before. Default: ``daily``."""

    environments: Annotated[tuple[EnvironmentName, ...], Field(min_length=1)] | None = None
    """Where it is watched. Default: in production, or everywhere if nothing is production."""

    provider: Literal["evidently", "model_monitor"] = "evidently"
    """What checks. SageMaker Model Monitor is closed to accounts that did not use it before
    2026-07-30, and makes the check ``data_drift`` only. Default: ``evidently``, in a job of
    groundplan's own."""

    baseline: Literal["training"] = "training"
    """What captured data is compared with. Default: ``training``, the held-out part of the training
    dataset and the answers that the served model gave to it when it was evaluated. Model Monitor
    has ``statistics.json`` and ``constraints.json`` in the folder ``MODEL/model-monitor/baseline/``
    of the environment's bucket, which you put there."""

    checks: Annotated[tuple[Check, ...], Field(min_length=1)] = ("data_drift", "prediction_drift")
    """What is checked. Default: drift of data and of predictions."""

    significance: Annotated[Number, Field(ge=0.001, le=0.2)] = 0.01
    """Share of the runs without drift in which a check may alarm. Default: 0.01."""

    drifted_share: Share = 0.05
    """Share of the columns that must have drifted for data drift. Default: 0.05."""

    min_rows: Annotated[Count, Field(ge=40, le=1_000_000)] = 100
    """Rows below which a check says ``insufficient_data`` and never alarms. Default: 100."""

    ignore: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    """Columns that may change, such as a date. Default: none."""

    prediction: Text | None = None
    """Key of the answer that labels are compared with, where an answer is an object. Default: the
    answer is the prediction."""

    labels: LabelsSpec | None = None
    """Where labels arrive. Default: none do."""

    on_drift: Literal["retrain", "notify"] = "notify"
    """What follows from drift; ``retrain`` needs a trigger of kind ``drift``. Default: ``notify``."""

    cooldown_hours: Annotated[Count, Field(le=8760)] = 24
    """Least time between two reactions. Default: 24."""

    instance: ProcessingInstance = "ml.m5.large"
    """Instance type of the job. Default: ``ml.m5.large``."""

    max_runtime_hours: Annotated[Hours, Field(le=24)] = 1
    """Longest time for the job. Default: 1."""
