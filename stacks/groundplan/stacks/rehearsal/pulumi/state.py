"""What the state of a Pulumi stack holds of its resources, and what a deployment did to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groundplan.blueprints.plan.names import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployer:
    """What a provider deploys with."""

    place: Place
    """Account and region; the only account that it may reach."""

    role_arn: str | None
    """Role that it assumes. ``None``: the caller's own credentials."""

    tags: Mapping[str, str]
    """Tags of all that it makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A resource that a deployment has made."""

    urn: str
    type: str
    name: str
    """Name in the program."""

    parent: str
    """URN of its parent; empty where the stack is."""

    deployer: Deployer
    inputs: Mapping[str, Any]
    """Inputs that it was made or last changed with."""

    id: str
    outputs: Mapping[str, Any]
    protect: bool
    retain: bool
    number: int
    """How often it has been replaced."""


@dataclass(slots=True)
class Changes:
    """What a deployment did, as names in the program."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    retained: list[str] = field(default_factory=list)
    """What has left the state and still exists."""

    same: int = 0

    @property
    def changed(self) -> list[str]:
        """Everything but what stayed as it was, sorted."""
        return sorted({*self.created, *self.updated, *self.replaced, *self.deleted, *self.retained})
