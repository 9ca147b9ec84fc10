"""Reads what a Pulumi program registers, run without the engine."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from groundplan.blueprints.plan.names import Place
from groundplan.stacks.parity.assigned import PROGRAM
from groundplan.stacks.parity.errors import ParityError
from groundplan.stacks.parity.inventory import Resource, assigned
from groundplan.stacks.parity.templates import zones

PROVIDER = "pulumi:providers:aws"
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"


class Registered(Protocol):
    """A resource that a program registers; ``groundplan.stacks.pulumi.recording`` records them."""

    @property
    def urn(self) -> str:
        """Stack, project, types of its parents, type and name."""
        ...

    @property
    def type(self) -> str:
        """Type token."""
        ...

    @property
    def name(self) -> str:
        """Name in the program."""
        ...

    @property
    def parent(self) -> str:
        """URN of the parent; empty where the stack is."""
        ...

    @property
    def custom(self) -> bool:
        """Whether a provider makes it."""
        ...

    @property
    def inputs(self) -> Mapping[str, Any]:
        """Inputs, resolved."""
        ...

    @property
    def protect(self) -> bool:
        """Whether it refuses to be deleted."""
        ...

    @property
    def retain_on_delete(self) -> bool:
        """Whether it stays when it leaves the program."""
        ...

    @property
    def ignore_changes(self) -> tuple[str, ...]:
        """Properties whose changes are ignored."""
        ...

    @property
    def provider(self) -> str:
        """URN and id of its provider."""
        ...


class Answers:
    """Answers a program's registrations as AWS would, with stand-ins for the ids that it assigns.

    Given to ``record(program, backend=Answers())``, so that outputs that become inputs can be compared.
    """

    def __init__(self, place: Place | None = None) -> None:
        """Begin without providers.

        Args:
            place: Account and region of what has no explicit provider. Default: all has one.
        """
        self._default = place
        self._places: dict[str, Place] = {}

    def create(self, registration: Registered) -> tuple[str, Mapping[str, Any]]:
        """Return the id and the outputs of a resource."""
        if registration.type == PROVIDER:
            self._places[registration.urn] = _place(registration)
            return registration.name, dict(registration.inputs)
        place = self._places.get(_urn(registration.provider), self._default)
        if place is None:
            raise _no_provider(registration)
        token = assigned(registration.urn)
        answer = PROGRAM.get(registration.type)
        if answer is None:
            return token, {**registration.inputs}
        id, values = answer.of(registration.inputs, place, token)
        return id, {**registration.inputs, **{key: text for key, text in values.items() if text}}

    def call(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a provider's function answers.

        Raises:
            ParityError: If the function is not known.
        """
        if token != ZONES:
            raise ParityError(
                token,
                "is not known",
                got=dict(arguments),
                fix="teach groundplan.stacks.parity.registrations",
            )
        return {"id": "zones", "names": zones()}


def resources_of(
    registrations: Sequence[Registered], place: Place | None = None
) -> Iterable[Resource]:
    """Yield the resources that a program's registrations stand for.

    Args:
        registrations: What it registers.
        place: Account and region of what has no explicit provider. Default: all has one.

    Raises:
        ParityError: If one has no explicit provider, so that its account is not known.
    """
    known = {item.urn: item for item in registrations}
    providers = {item.urn: item for item in registrations if item.type == PROVIDER}
    for item in registrations:
        if not item.custom or item.type == PROVIDER:
            continue
        provider = providers.get(_urn(item.provider))
        where = _place(provider) if provider is not None else place
        if where is None:
            raise _no_provider(item)
        tags = _json(provider.inputs.get("defaultTags"), {}) if provider is not None else {}
        yield Resource(
            handle=item.urn,
            type=item.type,
            unit=_unit(item, known),
            place=where,
            properties=item.inputs,
            tags=tags.get("tags", {}),
            stays=(item.retain_on_delete, item.retain_on_delete),
            protected=item.protect,
            ignored=item.ignore_changes,
        )


def _no_provider(item: Registered) -> ParityError:
    return ParityError(
        item.name,
        "is made by Pulumi's default provider",
        got=item.provider or None,
        fix="give its component a provider, or say the place",
    )


def _unit(item: Registered, known: Mapping[str, Registered]) -> str:
    root = item
    while root.parent:
        root = known[root.parent]
    own = item.name.removeprefix(f"{root.name}-")
    return f"{root.name}/{own.replace('-Resource', '').replace('-', '')}"


def _place(provider: Registered) -> Place:
    [account] = _json(provider.inputs.get("allowedAccountIds"), [""])
    return Place(account=account, region=provider.inputs["region"])


def _json(value: Any, default: Any) -> Any:
    """Return an input of a provider, which takes JSON text."""
    if value is None:
        return default
    return json.loads(value) if isinstance(value, str) else value


def _urn(reference: str) -> str:
    return reference.rpartition("::")[0]
