"""An MLflow app, or a tracking server."""

from dataclasses import dataclass
from typing import Literal

from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import RolePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowPlan:
    """Where training runs are recorded. Models are not registered from there."""

    id: str
    """Id of the unit within its stack."""

    kind: Literal["app", "server"]
    """``app`` is serverless; ``server`` runs and is billed all the time."""

    name: str
    """Physical name."""

    arn: Ref | str
    """ARN; AWS assigns that of an app."""

    artifact_uri: str
    """Where MLflow keeps what runs leave."""

    role: RolePlan
    """Role by which it reads and writes there."""

    size: Literal["Small", "Medium", "Large"] | None
    """Size of a server; ``None`` for an app."""

    version: str | None
    """Version of a server's MLflow; ``None``: SageMaker's newest."""
