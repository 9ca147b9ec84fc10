"""What an adapter of a Pulumi resource type is: a table over a CloudFormation adapter or a small one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ResourceFailed
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import (
    Properties,
    ResourceType,
    tag_list,
)

Inputs = Mapping[str, Any]
Outputs = Callable[[str, Mapping[str, Any]], dict[str, Any]]


def no_outputs(id: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return nothing: a program sees the inputs and the id."""
    return {}


@dataclass(frozen=True, kw_only=True)
class PulumiType:
    """How resources of one Pulumi type are made on the emulator.

    What both engines' types have in common, the calls of the services, is in ``made_by``. Where it is an
    adapter of CloudFormation, its property names are used; any other one is named as the service's API is.
    """

    token: str
    """Type token, such as ``aws:kms/key:Key``."""

    made_by: type[ResourceType]
    """Adapter that calls the service."""

    names: Mapping[str, str]
    """Input -> property of the adapter; any other input is an error."""

    values: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """Input -> what makes the property's value of it. Default: it is passed on."""

    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Properties that the type itself decides."""

    replaced_by: frozenset[str] = frozenset()
    """Inputs whose change replaces the resource (``ForceNew`` in the provider's schema)."""

    outputs: Outputs = no_outputs
    """Id and the adapter's attributes -> outputs besides the inputs."""

    @property
    def named_by(self) -> str:
        """Input that holds the physical name; empty if the service assigns one."""
        found = [key for key, name in self.names.items() if name == self.made_by.named_by]
        return found[0] if found else ""

    @property
    def tagged(self) -> bool:
        """Whether the provider's default tags are put on it."""
        return self.made_by.tags is not None

    def properties(self, inputs: Inputs, tags: Mapping[str, str]) -> dict[str, Any]:
        """Return what the adapter takes.

        Args:
            inputs: Those of the resource.
            tags: The provider's default tags, which its own ones join.

        Raises:
            ResourceFailed: An input is not emulated.
        """
        own = {"tags", "tagsAll"} if self.tagged else set()
        unknown = sorted(inputs.keys() - self.names.keys() - own)
        if unknown:
            raise ResourceFailed(f"{self.token}: not emulated: {', '.join(unknown)}")
        made = {
            name: self.values.get(key, _same)(inputs[key])
            for key, name in self.names.items()
            if inputs.get(key) is not None
        }
        made |= self.fixed
        all_tags = {**tags, **inputs.get("tags", {})} if self.tagged else {}
        if all_tags:
            made["Tags"] = all_tags if self.made_by.tags == "map" else tag_list(all_tags)
        return made


def _same(value: Any) -> Any:
    return value


def fields(**names: str | tuple[str, Callable[[Any], Any]]) -> Callable[[Any], dict[str, Any]]:
    """Return a function that renames the members of a block; an unknown one is an error.

    Args:
        **names: Member -> new name, or new name and what makes the new value of it.
    """

    def convert(block: Any) -> dict[str, Any]:
        unknown = sorted(block.keys() - names.keys())
        if unknown:
            raise ResourceFailed(f"not emulated: {', '.join(unknown)}")
        made = {}
        for key, value in block.items():
            target = names[key]
            name, change = target if isinstance(target, tuple) else (target, _same)
            made[name] = change(value)
        return made

    return convert


def each(convert: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """Return a function that converts every item of a list."""
    return lambda items: [convert(item) for item in items]


def one(items: Any) -> Any:
    """Return the one block of a list that may have one at most.

    Raises:
        ResourceFailed: There are more.
    """
    if len(items) != 1:
        raise ResourceFailed(f"takes one block, got {len(items)}")
    return items[0]


def many(item: Any) -> list[Any]:
    """Return a block that the provider has one of as the list that the service takes."""
    return [item]


class Setting(ResourceType):
    """One setting of something that exists: put as a whole, taken away as a whole."""

    tags = None
    properties: ClassVar[frozenset[str]] = frozenset()

    service: ClassVar[str]
    holder: ClassVar[str]
    """Parameter that names what has the setting."""

    put: ClassVar[str]
    under: ClassVar[str] = ""
    """Parameter that takes the setting. Default: its properties are parameters themselves."""

    take_away: ClassVar[str]
    nothing: ClassVar[Mapping[str, Any]] = {}
    """Parameters of ``take_away`` besides the holder."""

    def create(self, name: str, properties: Properties) -> str:
        """Nothing to make: ``configure`` puts the setting."""
        return str(properties[self.holder])

    def configure(
        self, physical_id: str, properties: Properties, previous: Properties | None
    ) -> None:
        """Put the setting."""
        setting = {name: value for name, value in properties.items() if name != self.holder}
        given = {self.under: setting} if self.under else setting
        self.account.call(self.service, self.put, **{self.holder: physical_id}, **given)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Take the setting away."""
        self.account.call(
            self.service, self.take_away, **{self.holder: physical_id}, **self.nothing
        )
