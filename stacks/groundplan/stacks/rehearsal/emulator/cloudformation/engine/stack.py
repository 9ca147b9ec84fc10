"""A stack, its resources and its events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.parameters import Parameter
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.template import Template


@dataclass
class StackResource:
    """A resource that a stack owns."""

    logical_id: str
    type: str
    physical_id: str
    properties: Mapping[str, Any]
    """Resolved, with the stack's tags."""
    needs: tuple[str, ...]
    """Logical ids of the same stack that it refers to."""
    deletion_policy: str
    name: str = ""
    """Name that was given or generated."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    status: str = ""
    reason: str = ""
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Output:
    """An output of a stack."""

    key: str
    value: str
    description: str | None
    export: str | None


@dataclass(frozen=True)
class Event:
    """What the CDK CLI follows."""

    id: int
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    token: str | None
    time: datetime


@dataclass
class Stack:
    """A stack as it stands."""

    id: str
    name: str
    status: str
    template: Template | None = None
    """``None`` while a change set that would create the stack is not yet executed."""
    reason: str = ""
    parameters: dict[str, Parameter] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    role: str | None = None
    capabilities: list[str] = field(default_factory=list)
    protected: bool = False
    policy: str | None = None
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    imports: frozenset[str] = frozenset()
    """Names of the exports that it imports."""
    events: list[Event] = field(default_factory=list)
    token: str | None = None
    unfinished: Callable[[], list[str]] | None = None
    """Undoes what a failed rollback has left, and returns what it could not undo."""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime | None = None
    deleted: datetime | None = None

    def report(self, status: str, reason: str = "") -> None:
        """Set the stack's status and record the event."""
        self.status, self.reason = status, reason
        self._record(self.name, self.id, "AWS::CloudFormation::Stack", status, reason)

    def report_resource(self, resource: StackResource, status: str, reason: str = "") -> None:
        """Set a resource's status and record the event."""
        resource.status, resource.reason, resource.time = status, reason, datetime.now(UTC)
        self._record(resource.logical_id, resource.physical_id, resource.type, status, reason)

    def _record(self, logical: str, physical: str, kind: str, status: str, reason: str) -> None:
        number = len(self.events) + 1
        now = datetime.now(UTC)
        self.events.append(Event(number, logical, physical, kind, status, reason, self.token, now))
