"""The resources of a plan, read from its canonical JSON, so that stored plans count too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CREATE_ONLY: Mapping[str, tuple[str, ...]] = {
    "Alarm": ("name",),
    "BatchCapacity": ("compute_environment", "job_queue"),
    "Budget": ("name",),
    "ContainerRepository": ("name", "encryption_key"),
    "DataBucket": ("name",),
    "EncryptionKey": (),
    "Endpoint": ("name",),
    "EventBus": ("name",),
    "EventRule": ("name", "bus_name"),
    "ImageBuild": ("name",),
    "InferenceComponent": ("name",),
    "LockTable": ("name",),
    "LogGroup": ("name",),
    "ManagedPolicy": ("name",),
    "Mlflow": ("kind", "name"),
    "ModelRegistry": ("name", "description"),
    "MonitoringSchedule": ("name",),
    "Network": ("cidr",),
    "Pipeline": ("name",),
    "Role": ("name", "path"),
    "Schedule": ("name", "group_name"),
    "Subnet": ("cidr", "zone_index"),
    "Topic": ("name",),
    "UndeliveredEvents": ("name",),
    "VpcEndpoint": ("service", "kind"),
}
"""Fields that CloudFormation can only change by making the resource anew, by type
(create-only properties of the resource schemas, 2026-10)."""

STATEFUL = frozenset(
    {"ContainerRepository", "DataBucket", "EncryptionKey", "LogGroup", "Mlflow", "ModelRegistry"}
)
"""Types that hold data: to replace or delete one loses it, or leaves it behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One unit of a plan."""

    id: str
    """Stage, stack and unit, joined by slashes; stable while names change."""

    type: str
    """Type of the unit, such as ``DataBucket``."""

    place: tuple[str, str]
    """Account and region."""

    properties: Mapping[str, Any]
    """Everything the plan decides about it, without the units inside it."""

    @property
    def stateful(self) -> bool:
        """Whether it holds data."""
        return self.type in STATEFUL


def inventory(plan: Mapping[str, Any]) -> dict[str, Resource]:
    """Return the resources of a plan, given as plain JSON, by id."""
    found: dict[str, Resource] = {}
    for stage in plan["stages"]:
        for stack in stage["stacks"]:
            head = stack["stack"]
            place = (head["place"]["account"], head["place"]["region"])
            prefix = f"{head['scope']}/{head['id']}"
            members = {key: value for key, value in stack.items() if key != "stack"}
            for resource in _walk(members, prefix, place):
                found[resource.id] = resource
    return found


def _walk(value: Any, prefix: str, place: tuple[str, str]) -> Iterator[Resource]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, prefix, place)
        return
    if not isinstance(value, dict):
        return
    type_name, unit = value.get("$type"), value.get("id")
    if isinstance(unit, str):
        # units that only hold others are part of the id too, since models repeat what is in them
        prefix = f"{prefix}/{unit}"
    if isinstance(type_name, str) and type_name in CREATE_ONLY and isinstance(unit, str):
        own = {key: item for key, item in value.items() if not _holds_units(item)}
        yield Resource(id=prefix, type=type_name, place=place, properties=own)
    for item in value.values():
        yield from _walk(item, prefix, place)


def _holds_units(value: Any) -> bool:
    if isinstance(value, list):
        return any(_holds_units(item) for item in value)
    return isinstance(value, dict) and value.get("$type") in CREATE_ONLY
