"""What an adapter of a CloudFormation resource type is."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.account import Account
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ResourceFailed

Properties = Mapping[str, Any]


class ResourceType(ABC):
    """Adapter of one type: makes, changes and deletes its resources through the service's API.

    A property outside ``properties`` and ``uncovered`` fails the stack.
    """

    type: ClassVar[str]
    """Name of the type."""

    properties: ClassVar[frozenset[str]]
    """Properties that reach the service."""

    uncovered: ClassVar[Mapping[str, str]] = {}
    """Property that moto's service API cannot show -> why; accepted, and named to the user."""

    create_only: ClassVar[frozenset[str]] = frozenset()
    """Properties whose change replaces the resource, as CloudFormation's schema of the type says."""

    named_by: ClassVar[str] = ""
    """Property that holds the physical name; empty if the service assigns one."""

    longest_name: ClassVar[int] = 63
    """Characters that a generated name may have."""

    tags: ClassVar[Literal["list", "map"] | None] = "list"
    """Form of the property ``Tags``, which the stack's tags join; ``None``: it has none."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @abstractmethod
    def create(self, name: str, properties: Properties) -> str:
        """Make the resource, named ``name`` where it has a name; returns what a Ref gives."""

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Set what can be set later; called after ``create`` and for every update.

        Args:
            physical_id: The resource.
            properties: What it shall be.
            previous: What it was. ``None`` right after ``create``.
        """
        self.refuse_change(properties, previous, self.properties)

    def refuse_change(
        self, properties: Properties, previous: Properties | None, names: Iterable[str]
    ) -> None:
        """Fail an update that CloudFormation can do and the emulator cannot.

        Raises:
            ResourceFailed: A property of these names has changed.
        """
        changed = {*changed_names(properties, previous or {})} & {*names}
        if previous is not None and changed:
            listed = ", ".join(sorted(changed))
            raise ResourceFailed(f"{self.type}: an update of {listed} is not emulated")

    def attributes(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        """What Fn::GetAtt gives."""
        return {}

    @abstractmethod
    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the resource."""

    def generated_name(self, stack: str, logical_id: str, number: int) -> str:
        """Physical name for a resource that the template does not name."""
        seed = f"{self.account.id}/{self.account.region}/{stack}/{logical_id}/{number}"
        suffix = hashlib.sha256(seed.encode()).hexdigest()[:12]
        room = self.longest_name - len(suffix) - 1
        return f"{f'{stack}-{logical_id}'[:room].rstrip('-')}-{suffix}"


def changed_names(new: Properties, old: Properties) -> list[str]:
    """Names of the properties that differ, sorted."""
    return sorted(name for name in {*new, *old} if new.get(name) != old.get(name))


def tag_map(properties: Properties | None) -> dict[str, str]:
    """``Tags`` as a map, whatever form the type gives them."""
    tags = (properties or {}).get("Tags", {})
    if isinstance(tags, Mapping):
        return {key: str(value) for key, value in tags.items()}
    return {tag["Key"]: str(tag["Value"]) for tag in tags}


def tag_list(
    tags: Mapping[str, str], key: str = "Key", value: str = "Value"
) -> list[dict[str, str]]:
    """A map of tags as a list, under the names that the service uses."""
    return [{key: name, value: text} for name, text in tags.items()]


def only(properties: Properties, names: Iterable[str]) -> dict[str, Any]:
    """The properties of these names."""
    return {name: properties[name] for name in names if name in properties}
