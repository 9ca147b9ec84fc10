"""Change sets: what an operation would do, and its inputs until it is executed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator.cloudformation.engine.stack import Stack
    from groundplan.stacks.rehearsal.emulator.cloudformation.engine.target import Target

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"


@dataclass
class ChangeSet:
    """A change set of one stack."""

    id: str
    name: str
    kind: Literal["CREATE", "UPDATE"]
    stack: "Stack"
    target: "Target"
    request: Mapping[str, Any]
    changes: list[dict[str, Any]]
    status: str = "CREATE_COMPLETE"
    execution_status: str = "AVAILABLE"
    reason: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


class NotYetKnown(Mapping[str, Any]):
    """Attributes of a resource that does not exist yet: any name, no value."""

    def __getitem__(self, key: str) -> str:
        """The same placeholder for every attribute."""
        return UNKNOWN

    def __contains__(self, key: object) -> bool:
        """Every attribute may come to exist."""
        return True

    def __iter__(self) -> Any:
        """No name is known."""
        return iter(())

    def __len__(self) -> int:
        """No name is known."""
        return 0


@dataclass(frozen=True)
class Planned:
    """Stands for a resource that the change set would make."""

    physical_id: str = UNKNOWN
    attributes: Mapping[str, Any] = field(default_factory=NotYetKnown)
