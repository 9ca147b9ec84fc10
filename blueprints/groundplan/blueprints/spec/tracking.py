"""Spec of experiment tracking."""

from typing import Annotated, Literal

from pydantic import Field, Strict

from groundplan.blueprints.spec.base import VERSION, SpecModel


class TrackingSpec(SpecModel):
    """Where training runs are recorded."""

    mlflow: Literal["none", "app", "server"] = "none"
    """MLflow of SageMaker: ``app`` is serverless, ``server`` is billed while it runs and can be reached
    from an isolated network. Default: ``none``."""

    size: Literal["Small", "Medium", "Large"] | None = None
    """``server`` only: its size, for about 25, 50 or 100 users. Default: ``Small``."""

    version: Annotated[str, Field(pattern=VERSION)] | None = None
    """``server`` only: version of MLflow, such as ``3.0.0``. Default: SageMaker's newest."""

    allow_internet: Annotated[bool, Strict()] = False
    """``app`` only: lets the job that records runs leave an isolated network, from which no private way
    to an app is documented. It sees numbers and names, and neither data nor models. Default: false."""
