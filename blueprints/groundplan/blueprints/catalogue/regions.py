"""Regions of AWS that groundplan knows."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region of AWS."""

    name: str
    """Name, such as ``eu-west-1``."""

    partition: str
    """First part of its ARNs, such as ``aws``."""

    place: str
    """Where it is."""


@cache
def regions() -> Mapping[str, Region]:
    """Return every known region by name, sorted."""
    text = files("groundplan.blueprints.catalogue").joinpath("regions.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType({row["name"]: Region(**row) for row in rows})
