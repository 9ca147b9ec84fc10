"""Instance types of SageMaker: shape and uses. Their prices are in ``price_book``."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast

Spot = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceType:
    """One instance type of SageMaker."""

    name: str
    """Name, such as ``ml.m5.xlarge``."""

    vcpus: int
    """Number of virtual CPUs."""

    memory_gib: float
    """Memory."""

    accelerators: int | None
    """Number of GPUs or other accelerators; None if not known."""

    accelerator_name: str | None
    """Kind of accelerator."""

    accelerator_memory_gib: float | None
    """Memory of one accelerator."""

    local_nvme: bool | None
    """Whether it has local disks, for which SageMaker refuses a volume key; None if not known."""

    training: bool
    """Whether training jobs can use it."""

    hosting: bool
    """Whether endpoints can use it."""

    processing: bool
    """Whether processing jobs can use it."""

    batch: bool
    """Whether batch transform jobs can use it."""

    spot: Spot
    """Whether managed spot training can use it; ``unknown`` without evidence."""

    shape_source: str
    """Where the shape comes from."""

    shape_confidence: Literal["high", "low"]
    """How far the shape can be trusted."""


@cache
def instance_types() -> Mapping[str, InstanceType]:
    """Return every known instance type by name, in the order of the data file."""
    text = files("groundplan.blueprints.catalogue").joinpath("instances.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType({row["name"]: _read(row) for row in rows})


def _read(row: dict[str, str]) -> InstanceType:
    return InstanceType(
        name=row["name"],
        vcpus=int(row["vcpus"]),
        memory_gib=float(row["memory_gib"]),
        accelerators=int(row["accelerators"]) if row["accelerators"] else None,
        accelerator_name=row["accelerator_name"] or None,
        accelerator_memory_gib=_number(row["accelerator_memory_gib"]),
        local_nvme={"yes": True, "no": False, "unknown": None}[row["local_nvme"]],
        training=row["training"] == "yes",
        hosting=row["hosting"] == "yes",
        processing=row["processing"] == "yes",
        batch=row["batch"] == "yes",
        spot=cast(Spot, row["spot"]),
        shape_source=row["shape_source"],
        shape_confidence=cast(Literal["high", "low"], row["shape_confidence"]),
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
