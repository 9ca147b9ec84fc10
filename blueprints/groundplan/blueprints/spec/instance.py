"""Instance types as a spec names them: one type, a ladder of types, or what a type must have."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Strict, Tag

from groundplan.blueprints.catalogue import InstanceType, instance_types, suggest
from groundplan.blueprints.spec.base import Count, SpecModel, mistake

Use = Literal["training", "hosting", "processing", "batch"]
_VERBS: dict[Use, str] = {
    "training": "train",
    "hosting": "host",
    "processing": "run processing jobs",
    "batch": "run batch transform jobs",
}


def _usable(use: Use) -> list[str]:
    return [name for name, known in instance_types().items() if getattr(known, use)]


def _check(use: Use) -> Callable[[str], str]:
    def check(value: str) -> str:
        known = instance_types().get(value)
        if known is None or not getattr(known, use):
            usable = _usable(use)
            near = suggest(value, usable)
            problem = "unknown instance type" if known is None else f"cannot {_VERBS[use]}"
            fix = f"did you mean {near!r}?" if near else f"use one like {usable[0]!r}"
            raise mistake(problem, fix)
        return value

    return check


def _enumerate(use: Use) -> Callable[[dict[str, Any]], None]:
    return lambda schema: schema.update(enum=_usable(use))


TrainingInstance = Annotated[
    str, AfterValidator(_check("training")), Field(json_schema_extra=_enumerate("training"))
]
HostingInstance = Annotated[
    str, AfterValidator(_check("hosting")), Field(json_schema_extra=_enumerate("hosting"))
]
ProcessingInstance = Annotated[
    str, AfterValidator(_check("processing")), Field(json_schema_extra=_enumerate("processing"))
]
TransformInstance = Annotated[
    str, AfterValidator(_check("batch")), Field(json_schema_extra=_enumerate("batch"))
]


class _Requirements(SpecModel):
    accelerators: Annotated[int | None, Strict(), Field(ge=0)] = None
    """Least number of accelerators. Default: any number."""

    accelerator_memory_gib: Annotated[float | None, Strict(), Field(gt=0)] = None
    """Least memory of one accelerator. Default: any."""

    vcpus: Count | None = None
    """Least number of virtual CPUs. Default: any."""

    memory_gib: Annotated[float | None, Strict(), Field(gt=0)] = None
    """Least memory. Default: any."""


class TrainingInstanceRequirements(_Requirements):
    """What an instance type must have to train the model."""

    prefer: Annotated[tuple[TrainingInstance, ...], Field(min_length=1, max_length=5)]
    """Types to try first, in this order; each has what is required."""


class HostingInstanceRequirements(_Requirements):
    """What an instance type must have to serve the model."""

    prefer: Annotated[tuple[HostingInstance, ...], Field(max_length=5)] = ()
    """Types to choose from, each with what is required; the first one that the region has serves.
    Default: the cheapest x86 type, with NVIDIA's accelerators or none, that is not burstable."""


def meets(known: InstanceType, wanted: _Requirements) -> bool:
    """Return whether a type is known to have what is required."""
    return all(
        least is None or (has is not None and has >= least)
        for has, least in (
            (known.accelerators, wanted.accelerators),
            (known.accelerator_memory_gib, wanted.accelerator_memory_gib),
            (known.vcpus, wanted.vcpus),
            (known.memory_gib, wanted.memory_gib),
        )
    )


def _shape(value: Any) -> str:
    return "requirements" if isinstance(value, dict | SpecModel) else "type"


def _training_shape(value: Any) -> str:
    return "ladder" if isinstance(value, list | tuple) else _shape(value)


TrainingInstanceChoice = Annotated[
    Annotated[TrainingInstance, Tag("type")]
    | Annotated[tuple[TrainingInstance, ...], Tag("ladder"), Field(min_length=1, max_length=5)]
    | Annotated[TrainingInstanceRequirements, Tag("requirements")],
    Discriminator(_training_shape),
]
HostingInstanceChoice = Annotated[
    Annotated[HostingInstance, Tag("type")]
    | Annotated[HostingInstanceRequirements, Tag("requirements")],
    Discriminator(_shape),
]
