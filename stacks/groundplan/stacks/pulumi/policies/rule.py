"""What a rule is, and what it looks at. Nothing here knows the policy SDK, so rules are plain functions."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNKNOWN = "<unknown during preview>"
"""Stands for a value that only AWS assigns; a rule takes it for given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A resource as rules see it."""

    type: str
    """Type token, such as ``aws:s3/bucket:Bucket``."""

    name: str
    """Name in the program."""

    props: Mapping[str, Any]
    """Properties by camel-case name; what is not known yet is :data:`UNKNOWN`."""

    protect: bool = False
    """Whether Pulumi refuses to delete it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule:
    """A rule about one resource."""

    id: str
    """Name, with hyphens; also the name of the policy."""

    description: str
    """What must be so."""

    types: tuple[str, ...]
    """Type tokens that it is about."""

    check: Callable[[Checked], Iterator[str]]
    """Yields what is wrong, as a clause each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule:
    """A rule about all resources of a Pulumi stack."""

    id: str
    """Name, with hyphens; also the name of the policy."""

    description: str
    """What must be so."""

    check: Callable[[Sequence[Checked], str | None], Iterator[str]]
    """Receives the resources and the file of the spec, if there is one; yields what is wrong."""


def statements(policy: Any) -> list[Mapping[str, Any]]:
    """Return the statements of a policy's text; none where it is not known yet."""
    if not isinstance(policy, str) or policy == UNKNOWN:
        return []
    found = json.loads(policy).get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def listed(value: Any) -> list[Any]:
    """Return a value that a policy may hold alone or in a list as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def must_be(*path: str, value: object = True) -> Callable[[Checked], Iterator[str]]:
    """Return a check that a property has a value."""

    def check(resource: Checked) -> Iterator[str]:
        found: Any = resource.props
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else found
        if found not in (value, UNKNOWN):
            yield f"{'.'.join(path)} must be {value!r}, got {found!r}"

    return check


def must_be_given(name: str, fix: str) -> Callable[[Checked], Iterator[str]]:
    """Return a check that a property is there."""

    def check(resource: Checked) -> Iterator[str]:
        if not resource.props.get(name):
            yield f"{name} must be given; {fix}"

    return check
