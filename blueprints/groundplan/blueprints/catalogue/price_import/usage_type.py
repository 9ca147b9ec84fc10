"""What a usage type of SageMaker says: region, component and instance type."""

import re
from typing import NamedTuple

from groundplan.blueprints.catalogue.prices import Component

_FORM = re.compile(
    r"(?:(?P<code>[A-Z][A-Z0-9-]*[A-Z0-9])-)?"
    r"(?P<what>[A-Za-z][A-Za-z_-]*)"
    r":(?P<type>ml\.[a-z0-9-]+\.[a-z0-9-]+)"
)

_COMPONENTS: dict[str, Component] = {
    "asyncinf": "asynchronous",
    "async": "asynchronous",
    "batchtransform": "batch_transform",
    "tsform": "batch_transform",
    "host": "hosting",
    "hosting": "hosting",
    "processing": "processing",
    "train": "training",
    "training": "training",
}
"""Components by the middle of a usage type, and by the attribute ``component`` of a product."""

_REGIONS = {
    "AFS1": "af-south-1",
    "APE1": "ap-east-1",
    "APE2": "ap-east-2",
    "APN1": "ap-northeast-1",
    "APN2": "ap-northeast-2",
    "APN3": "ap-northeast-3",
    "APS1": "ap-southeast-1",
    "APS2": "ap-southeast-2",
    "APS3": "ap-south-1",
    "APS4": "ap-southeast-3",
    "APS5": "ap-south-2",
    "APS6": "ap-southeast-4",
    "APS7": "ap-southeast-5",
    "APS8": "ap-southeast-6",
    "APS9": "ap-southeast-7",
    "CAN1": "ca-central-1",
    "CAN2": "ca-west-1",
    "EU": "eu-west-1",
    "EUC1": "eu-central-1",
    "EUC2": "eu-central-2",
    "EUN1": "eu-north-1",
    "EUS1": "eu-south-1",
    "EUS2": "eu-south-2",
    "EUW1": "eu-west-1",
    "EUW2": "eu-west-2",
    "EUW3": "eu-west-3",
    "ILC1": "il-central-1",
    "MEC1": "me-central-1",
    "MES1": "me-south-1",
    "MXC1": "mx-central-1",
    "SAE1": "sa-east-1",
    "USE1": "us-east-1",
    "USE2": "us-east-2",
    "USW1": "us-west-1",
    "USW2": "us-west-2",
}
"""Regions by billing code. From AWS, "AWS Region billing codes", as public programs repeat it in
2026; only for rows that do not name their region."""


class Usage(NamedTuple):
    """What a usage type is for."""

    component: Component | None
    """Component, or None for one that groundplan does not plan, such as notebooks."""

    region: str | None
    """Region, or None where the code is unknown or missing."""

    instance_type: str
    """Name, such as ``ml.m5.xlarge``."""


def read_usage(text: object) -> Usage | None:
    """Return what a usage type such as ``USE1-Host:ml.m5.xlarge`` is for.

    None stands for anything that is not the hour of an instance, such as storage.
    """
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    return Usage(
        read_component(match["what"]),
        _REGIONS.get(match["code"] or ""),
        match["type"],
    )


def read_component(text: object) -> Component | None:
    """Return the component that AWS calls ``text``, or None if groundplan does not plan it."""
    return _COMPONENTS.get(text.lower()) if isinstance(text, str) else None
