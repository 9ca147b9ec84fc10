"""Spec of one environment."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from groundplan.blueprints.catalogue import regions, suggest
from groundplan.blueprints.spec.base import (
    AccountKey,
    Count,
    EnvironmentName,
    Flag,
    Name,
    SpecModel,
    mistake,
)
from groundplan.blueprints.spec.instance import HostingInstanceChoice, TrainingInstanceChoice
from groundplan.blueprints.spec.network import NetworkSpec
from groundplan.blueprints.spec.serving import AlarmsSpec, CaptureSpec, InstancesSpec, RolloutSpec

Stage = Literal["development", "staging", "production"]


def _region(value: str) -> str:
    if value not in regions():
        near = suggest(value, regions())
        raise mistake("unknown region", f"did you mean {near!r}?" if near else "use one of AWS's")
    return value


Region = Annotated[
    str,
    AfterValidator(_region),
    Field(json_schema_extra=lambda schema: schema.update(enum=list(regions()))),
]


class ModelOverrides(SpecModel):
    """What differs for one model in one environment; each field replaces the model's own."""

    training_instance: TrainingInstanceChoice | None = None
    """Replaces ``training.instance``. Default: the model's."""

    training_instance_count: Annotated[Count, Field(le=20)] | None = None
    """Replaces ``training.instance_count``. Default: the model's."""

    serving_instance: HostingInstanceChoice | None = None
    """Replaces ``serving.instance``. Default: the model's."""

    instances: InstancesSpec | None = None
    """Replaces ``serving.instances``. Default: the model's."""

    capture: CaptureSpec | None = None
    """Replaces ``serving.capture``. Default: the model's."""

    rollout: RolloutSpec | None = None
    """Replaces ``serving.rollout``. Default: the model's."""

    alarms: AlarmsSpec | None = None
    """Replaces ``serving.alarms``. Default: the model's."""

    allow_errors_while_waking: Flag | None = None
    """Replaces ``serving.sizing.allow_errors_while_waking``; needs no traffic. Default: the model's."""


class EnvironmentOverrides(SpecModel):
    """What differs in one environment."""

    network: NetworkSpec | None = None
    """Replaces the project's network as a whole. Default: the project's."""

    models: dict[Name, ModelOverrides] = Field(default_factory=dict)
    """What differs, by model. Default: nothing."""


class EnvironmentSpec(SpecModel):
    """Where models are trained or served: an account, a region, and a stage."""

    name: EnvironmentName
    """Stable name; part of the name of everything in the environment."""

    account: AccountKey
    """Account, a key of ``accounts``."""

    region: Region
    """Region of everything in the environment."""

    stage: Stage = "development"
    """What it is for; sizes, retention and protection follow from it. Default: ``development``."""

    trains: Flag | None = None
    """Whether models are trained here; one environment does. Default: the only environment."""

    overrides: EnvironmentOverrides = Field(default_factory=EnvironmentOverrides)
    """What differs here from the rest of the spec. Default: nothing."""
