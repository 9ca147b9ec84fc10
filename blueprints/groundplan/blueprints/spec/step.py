"""Spec of a user's own step in the training pipeline."""

from typing import Annotated, Literal

from pydantic import Field

from groundplan.blueprints.spec.base import (
    RELATIVE_PATH,
    Command,
    Count,
    Hours,
    Name,
    SpecModel,
    Text,
)
from groundplan.blueprints.spec.instance import ProcessingInstance

STEP_ID = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
FILE_NAME = r"^[A-Za-z0-9_][A-Za-z0-9._-]*\.json$"

StepId = Annotated[str, Field(pattern=STEP_ID, min_length=2, max_length=12)]
Input = Annotated[str, Field(pattern=RELATIVE_PATH, max_length=64)]


class StepSpec(SpecModel):
    """A container of one's own in the training pipeline.

    It runs as a processing job whenever something is trained. Its image and command are part of the
    fingerprint, so that a changed step trains again.
    """

    name: StepId
    """Name, which may not be that of a standard step."""

    pipeline: Literal["training"] = "training"
    """Pipeline. Default: ``training``."""

    model: Name = "all"
    """Model whose training has the step. Default: ``all``."""

    image: Name | None = None
    """Image to build. Default: the model's training image."""

    command: Command
    """Program and its first arguments."""

    arguments: tuple[Text, ...] = ()
    """Further arguments. Default: none."""

    inputs: Annotated[tuple[Input, ...], Field(max_length=10)] | None = None
    """What the container finds below ``/opt/ml/processing/input``: ``dataset`` (in the folder
    ``data``), ``model`` (in ``model``), or a folder of the dataset. Default: ``dataset``, or the
    inputs of the step that it replaces."""

    after: tuple[StepId, ...] = ()
    """Steps that it waits for. Default: those whose output it reads."""

    before: tuple[StepId, ...] = ()
    """Steps that wait for it. Default: none."""

    replaces: StepId | None = None
    """Standard job whose place it takes, with what that one reads and leaves: ``quality`` or
    ``evaluate``. Default: none."""

    report: Annotated[str, Field(pattern=FILE_NAME, max_length=64)] | None = None
    """JSON file that it leaves in ``/opt/ml/processing/output``. Default: none is read."""

    on_failure: Literal["fail", "continue"] = "fail"
    """Whether the run ends when the step fails. Default: ``fail``."""

    instance: ProcessingInstance = "ml.m5.large"
    """Instance type. Default: ``ml.m5.large``."""

    volume_gib: Annotated[Count, Field(le=16384)] = 30
    """Size of the job's volume. Default: 30."""

    max_runtime_hours: Annotated[Hours, Field(le=120)] = 1
    """Longest time for the job. Default: 1."""
