"""What either engine deploys, in one form: items of a kind, with an identity and facts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundplan.blueprints.plan.names import Place
from groundplan.stacks.parity.errors import ParityError

Facts = Mapping[str, Any]
"""What is compared, as JSON, by names that neither engine decides."""

_ASSIGNED = re.compile("⟦([^⟧]*)⟧")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of a template or a program, before it is known what it is."""

    handle: str
    """What the engine calls it: stack and logical id, or URN."""

    type: str
    """Type of the engine."""

    unit: str
    """Stack and path of units within it, without what engines add: ``prod-network/NetworkVpc``."""

    place: Place
    """Account and region."""

    properties: Mapping[str, Any]
    """Properties, with references replaced."""

    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags that it gets from its stack or provider."""

    stays: tuple[bool, bool] = (False, False)
    """Whether it stays when it is deleted, and when it is replaced."""

    protected: bool = False
    """Whether the engine refuses to delete it."""

    ignored: tuple[str, ...] = ()
    """Properties whose changes the engine ignores."""

    _read: set[str] = field(default_factory=set)

    def take(self, name: str, default: Any = None) -> Any:
        """Return a property, which counts as compared."""
        self._read.add(name)
        return self.properties.get(name, default)

    def all_tags(self, own: Any = None) -> dict[str, str]:
        """Return all tags: those of the stack, and the resource's own in either engine's form."""
        if isinstance(own, list):
            own = {tag["Key"]: tag["Value"] for tag in own}
        return dict(sorted({**self.tags, **(own or {})}.items()))

    def check_read(self) -> None:
        """Refuse properties that nothing compares.

        Raises:
            ParityError: If there is one.
        """
        left = sorted(set(self.properties) - self._read)
        if left:
            raise ParityError(
                self.handle,
                f"{self.type} has properties that are not compared",
                got=left,
                fix="compare them where its kind is, in groundplan.stacks.parity",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is deployed, as both engines know it."""

    kind: str
    """What it is: ``bucket``, ``role``."""

    identity: str
    """Which one it is, the same for both engines: its account and physical name, or its unit."""

    facts: Facts
    """What is compared."""

    resources: int = 1
    """Number of the engine's resources that it is made of."""

    @property
    def key(self) -> str:
        """Kind and identity."""
        return f"{self.kind} {self.identity}"


class Parts:
    """Resources that are parts of others: the policy of a bucket, the alias of a key."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        """Hold what has to find the whole that it is a part of."""
        self._all = tuple(resources)
        self._used: set[str] = set()

    def of(self, whole: Resource, type: str, **wanted: Any) -> tuple[Resource, ...]:
        """Return the parts of a type in the account of ``whole`` whose properties are as wanted."""
        found = tuple(
            part
            for part in self._all
            if part.type == type
            and part.place == whole.place
            and all(_refers(part.take(name), value) for name, value in wanted.items())
        )
        self._used.update(part.handle for part in found)
        return found

    def one(self, whole: Resource, type: str, **wanted: Any) -> Resource | None:
        """Return the only such part, or ``None``.

        Raises:
            ParityError: If there are several, of which the last to be deployed would win.
        """
        found = self.of(whole, type, **wanted)
        if len(found) > 1:
            raise ParityError(
                whole.handle,
                f"has more than one {type}",
                got=[part.handle for part in found],
                fix="define one",
            )
        return found[0] if found else None

    def check_used(self) -> None:
        """Refuse parts of nothing.

        Raises:
            ParityError: If there is one.
        """
        for part in self._all:
            if part.handle not in self._used:
                raise ParityError(
                    part.handle,
                    f"{part.type} belongs to nothing that is deployed",
                    got=dict(part.properties),
                    fix="define what it belongs to in the same stack",
                )
            part.check_read()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that an engine deploys."""

    engine: str
    """``cdk`` or ``pulumi``."""

    items: Mapping[str, Item]
    """By kind and identity, sorted."""

    @property
    def resources(self) -> int:
        """Number of the engine's resources that it is made of."""
        return sum(item.resources for item in self.items.values())

    def of_kind(self, kind: str) -> tuple[Item, ...]:
        """Return the items of a kind."""
        return tuple(item for item in self.items.values() if item.kind == kind)


def assigned(handle: str) -> str:
    """Return what stands for an id that AWS assigns to a resource."""
    return f"⟦{handle}⟧"


def inventory(engine: str, found: Iterable[tuple[str, Item]]) -> Inventory:
    """Return the inventory of items by the handles of their resources.

    Ids that AWS assigns are replaced by what they are the ids of.

    Raises:
        ParityError: If two items have one identity, or an id is of nothing.
    """
    pairs = list(found)
    names = {handle: f"<{item.key}>" for handle, item in pairs}
    items: dict[str, Item] = {}
    for handle, item in pairs:
        if item.key in items:
            raise ParityError(
                handle, "is defined twice", got=item.key, fix="give one of them another name"
            )
        items[item.key] = Item(
            kind=item.kind,
            identity=item.identity,
            facts=_named(item.facts, names, handle),
            resources=item.resources,
        )
    return Inventory(engine=engine, items={key: items[key] for key in sorted(items)})


def _named(value: Any, names: Mapping[str, str], where: str) -> Any:
    if isinstance(value, str):
        if "⟦" not in value:
            return value
        return _ASSIGNED.sub(lambda match: _name(match.group(1), names, where), value)
    if isinstance(value, Mapping):
        return {
            _named(key, names, where): _named(item, names, where) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_named(item, names, where) for item in value]
    return value


def _name(handle: str, names: Mapping[str, str], where: str) -> str:
    if handle not in names:
        raise ParityError(
            where,
            "refers to something that has no identity",
            got=handle,
            fix="compare it as an item of its own",
        )
    return names[handle]


def _refers(value: Any, wanted: Any) -> bool:
    return bool(wanted in value if isinstance(value, list) else value == wanted)
