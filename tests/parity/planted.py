"""Differences that are planted into what an engine deploys: each property of each type, one at a time."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from groundplan.stacks.parity import Template
from groundplan.stacks.parity.registrations import PROVIDER
from groundplan.stacks.pulumi.recording import Registration

FUNCTIONS = ("Ref", "Fn::")


Whole = TypeVar("Whole", Registration, Template)


@dataclass(frozen=True)
class Planted(Generic[Whole]):
    """One difference."""

    type: str
    path: str
    index: int
    """Number of the registration or template that has it."""
    changed: Whole

    def __str__(self) -> str:
        return f"{self.type} {self.path}"


def in_program(
    registrations: list[Registration], seen: set[str]
) -> Iterator[Planted[Registration]]:
    """Yield a registration with one input changed, for each type and path once."""
    for index, item in enumerate(registrations):
        if not item.custom or item.type == PROVIDER:
            continue
        for path, inputs in changed(item.inputs):
            where = f"{item.type} {_general(path)}"
            if where not in seen:
                seen.add(where)
                yield Planted(item.type, _general(path), index, replace(item, inputs=inputs))


def in_templates(templates: list[Template], seen: set[str]) -> Iterator[Planted[Template]]:
    """Yield a template with one property changed, for each type and path once."""
    for index, template in enumerate(templates):
        for id, resource in template.body["Resources"].items():
            for path, properties in changed(resource.get("Properties", {})):
                where = f"{resource['Type']} {_general(path)}"
                if where in seen:
                    continue
                seen.add(where)
                body = {
                    **template.body,
                    "Resources": {
                        **template.body["Resources"],
                        id: {**resource, "Properties": properties},
                    },
                }
                planted = replace(template, body=body)
                yield Planted(resource["Type"], _general(path), index, planted)


def changed(properties: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield the properties with one leaf changed, and the path to it."""
    for path in _leaves(properties):
        whole = copy.deepcopy(dict(properties))
        parent: Any = whole
        for step in path[:-1]:
            parent = parent[step]
        last = path[-1]
        parent[last] = _other(parent[last])
        yield tuple(map(str, path)), whole


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, Mapping) and "Fn::If" in value:
        yield from _leaves(value["Fn::If"][1], (*path, "Fn::If", 1))
    elif isinstance(value, Mapping) and value and not _is_function(value):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        yield from _leaves(value[0], (*path, 0))
    else:
        yield path


def _is_function(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(FUNCTIONS)


def _other(value: Any) -> Any:
    if isinstance(value, Mapping) and value:
        return "planted"  # a reference
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str) and value[:2] in ('{"', "{}"):
        return _text(value)
    if isinstance(value, str) and value.replace(".", "").isdigit():
        return f"{float(value) + 1}"
    if isinstance(value, str):
        return f"{value}-planted"
    return [{"planted": True}] if isinstance(value, list) else {"planted": True}


def _text(value: str) -> str:
    try:
        return json.dumps({**json.loads(value), "Planted": True})
    except ValueError:
        return f"{value}-planted"


def _general(path: tuple[str, ...]) -> str:
    return "/".join("*" if step.isdigit() else step for step in path)
