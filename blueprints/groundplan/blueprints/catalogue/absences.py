"""Which instance types a region does not have."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from groundplan.blueprints.catalogue.instances import instance_types

Use = Literal["training", "hosting", "processing", "batch"]


@cache
def absences() -> Mapping[str, frozenset[str]]:
    """Return the instance types that are known to be absent, by region.

    A region without an entry is not known, and neither is a type that is not in it.
    """
    text = files("groundplan.blueprints.catalogue").joinpath("absences.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType({row["region"]: frozenset(row["absent"].split()) for row in rows})


def is_absent(instance_type: str, region: str) -> bool:
    """Return whether ``region`` is known not to have ``instance_type``."""
    return instance_type in absences().get(region, frozenset())


def is_arm(instance_type: str) -> bool:
    """Return whether a type has Graviton processors, by AWS's naming: ``m6g``, ``c7gn``, ``r6gd``."""
    return re.fullmatch(r"ml\.[a-z]+[0-9]+g[a-z]*\..*", instance_type) is not None


def nearest_present(instance_type: str, region: str, use: Use) -> str | None:
    """Return the type that the region may have and that is nearest in shape, or ``None``.

    It has as many accelerators and runs the same images; of those, the nearest memory and the nearest number of CPUs win.
    """
    wanted = instance_types()[instance_type]
    alike = [
        known
        for known in instance_types().values()
        if getattr(known, use)
        and known.accelerators == wanted.accelerators
        and is_arm(known.name) == is_arm(instance_type)
        and not is_absent(known.name, region)
    ]

    def distance(known: object) -> tuple[float, int, str]:
        memory, cpus, name = (getattr(known, key) for key in ("memory_gib", "vcpus", "name"))
        return abs(memory - wanted.memory_gib), abs(cpus - wanted.vcpus), name

    return min(alike, key=distance).name if alike else None
