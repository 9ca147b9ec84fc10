"""Spec of the pipelines: what runs them, what starts them, who approves."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from groundplan.blueprints.spec.base import (
    Hours,
    Minutes,
    Name,
    NotBuilt,
    RepositoryName,
    RoleArn,
    SpecModel,
    Text,
    choose,
)
from groundplan.blueprints.spec.schedule import check_cron, check_time_zone
from groundplan.blueprints.spec.step import StepSpec


class PushTrigger(SpecModel):
    """Starts training when code is pushed."""

    kind: Literal["push"]
    """``push``."""

    repository: RepositoryName
    """Repository, as ``owner/name``."""

    branch: Text = "main"
    """Branch. Default: ``main``."""


class ScheduleTrigger(SpecModel):
    """Starts training at set times."""

    kind: Literal["schedule"]
    """``schedule``."""

    cron: Annotated[str, AfterValidator(check_cron), Field(examples=["0 3 * * MON"])]
    """Minute, hour, day of the month, month, and day of the week by name."""

    time_zone: Annotated[
        str, AfterValidator(check_time_zone), Field(examples=["Europe/Berlin"])
    ] = "UTC"
    """Time zone of ``cron``. Default: ``UTC``."""


class DataTrigger(SpecModel):
    """Starts training when data arrives."""

    kind: Literal["data"]
    """``data``."""

    dataset: Name
    """Dataset to watch."""

    debounce_minutes: Minutes = 60
    """Quiet time after the last object before training starts. Default: 60."""


class DriftTrigger(SpecModel):
    """Starts training when monitoring finds drift."""

    kind: Literal["drift"]
    """``drift``."""


TriggerSpec = Annotated[
    Annotated[PushTrigger, Tag("push")]
    | Annotated[ScheduleTrigger, Tag("schedule")]
    | Annotated[DataTrigger, Tag("data")]
    | Annotated[DriftTrigger, Tag("drift")],
    choose("kind", "push", "schedule", "data", "drift"),
]


class ApprovalSpec(SpecModel):
    """Who approves, and for how long the request stands."""

    approver_roles: Annotated[tuple[RoleArn, ...], Field(min_length=1)]
    """ARNs of the roles that may approve."""

    expires_hours: Hours = 72
    """Time after which an unanswered request is refused. Default: 72."""


def _approval(value: Any) -> str:
    return "automatic" if isinstance(value, str) else "request"


Approval = Annotated[
    Annotated[Literal["automatic"], Tag("automatic")] | Annotated[ApprovalSpec, Tag("request")],
    Discriminator(_approval),
]


class ApprovalsSpec(SpecModel):
    """Approval by stage."""

    staging: Approval = "automatic"
    """Approval for staging, which is the version's status in the model registry. Default:
    ``automatic``."""

    production: Approval | None = None
    """Approval for production: the version's life-cycle stage ``Production``, or its status where
    there is no staging. Default: one of anybody who may write to the model registry, within 72
    hours."""


class PipelinesSpec(SpecModel):
    """What runs the pipelines, what starts them, who approves."""

    orchestrator: Annotated[
        Literal["step_functions", "sagemaker", "airflow", "kubeflow"],
        NotBuilt(built=("step_functions", "airflow", "kubeflow")),
    ] = "step_functions"
    """What runs training. Default: ``step_functions``. For another one, planning refuses what it
    cannot express, ``groundplan pipeline`` writes the definition, and it has the schedule; scoring,
    monitoring and releases stay in Step Functions."""

    triggers: tuple[TriggerSpec, ...] = ()
    """What starts training. Default: only a start by hand."""

    steps: Annotated[tuple[StepSpec, ...], Field(max_length=20)] = ()
    """Steps of one's own in the training pipeline. Default: the standard ones only."""

    approvals: ApprovalsSpec = Field(default_factory=ApprovalsSpec)
    """Who approves a model. Default: as :class:`ApprovalsSpec` says."""
