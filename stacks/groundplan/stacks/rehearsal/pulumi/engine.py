"""Does on the emulator what Pulumi's engine and its AWS provider do with a program.

A deployment compares the inputs of each resource with those that it was made with: what is new is
made, what differs is updated or replaced, and what has left the program is deleted at the end, unless
it is protected or retained.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from groundplan.blueprints.plan.names import Place
from groundplan.stacks.pulumi.recording import Nothing, Recording, Registration, record
from groundplan.stacks.rehearsal.emulator import Emulator, EmulatorError
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.account import Account
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ResourceFailed
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import ResourceType
from groundplan.stacks.rehearsal.pulumi.archive import Archive, plain
from groundplan.stacks.rehearsal.pulumi.state import Changes, Deployer, Kept
from groundplan.stacks.rehearsal.pulumi.types import TYPES, PulumiType

PROVIDER = "pulumi:providers:aws"
ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
RANDOM_CHARACTERS = 7
"""Length of what Pulumi appends to a name that it gives."""


class PulumiError(EmulatorError):
    """A deployment cannot be carried out; what it made so far is in the state."""


class PulumiEngine:
    """Pulumi stacks on an emulator, each with its state.

    Args:
        emulator: Where resources are made.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._states: dict[str, dict[str, Kept]] = {}
        self._recordings: dict[str, Recording] = {}
        self._guards: dict[str, dict[str, str]] = {}  # protected components

    def up(
        self, stack: str, program: Callable[[], object], config: Mapping[str, str]
    ) -> tuple[Recording, Changes]:
        """Run a program and make what it registers.

        Args:
            stack: Name of the Pulumi stack.
            program: Defines resources when it is called.
            config: Configuration, with namespaces.

        Raises:
            PulumiError: A service refuses, a type or an input is not emulated, or a protected resource
                would be deleted or replaced.
        """
        state = self._states.setdefault(stack, {})
        deployment = _Deployment(self._emulator, state)
        recording = record(program, stack=stack, config=config, backend=deployment)
        here = {item.urn for item in recording.registrations}
        guards = self._guards.get(stack, {})
        _refuse(name for urn, name in guards.items() if urn not in here)
        deployment.finish()
        self._recordings[stack] = recording
        self._guards[stack] = {
            item.urn: item.name
            for item in recording.registrations
            if item.protect and not item.custom
        }
        return recording, deployment.changes

    def preview(
        self, stack: str, program: Callable[[], object], config: Mapping[str, str]
    ) -> Recording:
        """Run a program and make nothing; what AWS would assign is made up."""
        return record(program, stack=stack, config=config, backend=_Preview())

    def destroy(self, stack: str) -> Changes:
        """Delete everything in the state of a stack, but what is retained.

        Raises:
            PulumiError: Something is protected; nothing is deleted then. Or a service refuses.
        """
        _refuse(self._guards.get(stack, {}).values())
        deployment = _Deployment(self._emulator, self._states.setdefault(stack, {}))
        deployment.finish()
        self._recordings.pop(stack, None)
        return deployment.changes

    def unprotect(self, stack: str) -> None:
        """Lift the protection of all resources, as ``pulumi state unprotect --all`` does."""
        self._guards.pop(stack, None)
        state = self._states.get(stack, {})
        for urn, kept in state.items():
            state[urn] = replace(kept, protect=False)

    def state(self, stack: str) -> tuple[Kept, ...]:
        """Return the resources of a stack."""
        return tuple(self._states.get(stack, {}).values())

    def recording(self, stack: str) -> Recording | None:
        """Return what the program of a stack registered when it was last deployed."""
        return self._recordings.get(stack)


def _refuse(protected: Iterable[str]) -> None:
    """Refuse to delete what is protected.

    Raises:
        PulumiError: Something is.
    """
    names = sorted(protected)
    if names:
        raise PulumiError(
            f"{', '.join(names)}: protected, so it cannot be deleted; "
            "unprotect it first (pulumi state unprotect)"
        )


class _Preview(Nothing):
    """Answers with stand-ins, the zones of a region included."""

    def call(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer the one function that programs call."""
        return {"names": [f"zone-{letter}" for letter in "abcdef"]}


class _Deployment:
    """One run of a program against the state of its stack."""

    def __init__(self, emulator: Emulator, state: dict[str, Kept]) -> None:
        self.changes = Changes()
        self._emulator = emulator
        self._state = state
        self._order: list[str] = []
        self._replaced: list[Kept] = []
        self._deployers: dict[str, Deployer] = {}
        self._accounts: dict[tuple[Place, str | None], Account] = {}
        # The SDK registers from several threads.
        self._lock = threading.Lock()

    def create(self, registration: Registration) -> tuple[str, Mapping[str, Any]]:
        """Make, change or leave alone what a program registers."""
        with self._lock:
            if registration.type == PROVIDER:
                self._deployers[registration.urn] = _deployer(registration)
                return registration.name, registration.inputs
            kept = self._settle(registration)
            self._state[registration.urn] = kept
            self._order.append(registration.urn)
            return kept.id, kept.outputs

    def call(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer the one function that programs call: the zones of the region."""
        if token != ZONES or set(arguments) - {"filters", "state"}:
            raise PulumiError(f"{token}: not emulated, got {dict(arguments)}")
        with self._lock:
            account = self._account(next(iter(self._deployers.values())))
            zones = account.call("ec2", "DescribeAvailabilityZones")["AvailabilityZones"]
        return {"names": sorted(item["ZoneName"] for item in zones), "id": account.region}

    def finish(self) -> None:
        """Delete what was replaced and what has left the program."""
        gone = [kept for urn, kept in self._state.items() if urn not in set(self._order)]
        _refuse(kept.name for kept in gone if kept.protect)
        for kept in (*reversed(self._replaced), *reversed(gone)):
            self._delete(kept)
        for kept in gone:
            del self._state[kept.urn]
            (self.changes.retained if kept.retain else self.changes.deleted).append(kept.name)
        for urn in self._order:  # so that the next deletion goes backwards
            self._state[urn] = self._state.pop(urn)

    def _settle(self, registration: Registration) -> Kept:
        type = TYPES.get(registration.type)
        if type is None:
            raise PulumiError(f"{registration.name}: {registration.type} is not emulated")
        wanted = Kept(
            urn=registration.urn,
            type=registration.type,
            name=registration.name,
            parent=registration.parent,
            deployer=self._deployer_of(registration),
            inputs=plain(dict(registration.inputs)),
            id="",
            outputs={},
            protect=registration.protect,
            retain=registration.retain_on_delete,
            number=0,
        )
        old = self._former(registration)
        if old is None:
            self.changes.created.append(wanted.name)
            return self._make(type, wanted)
        wanted = replace(
            wanted, inputs=_without_ignored(wanted, old, registration), number=old.number
        )
        changed = {
            key
            for key in {*wanted.inputs, *old.inputs}
            if wanted.inputs.get(key) != old.inputs.get(key)
        }
        if wanted.deployer.place != old.deployer.place or changed & type.replaced_by:
            return self._replace(type, wanted, old)
        if changed or (type.tagged and wanted.deployer.tags != old.deployer.tags):
            self.changes.updated.append(wanted.name)
            return self._update(type, wanted, old)
        self.changes.same += 1
        return replace(wanted, id=old.id, outputs=old.outputs)

    def _former(self, registration: Registration) -> Kept | None:
        """Return what the state holds of a resource, perhaps under a former name."""
        if registration.urn in self._state:
            return self._state[registration.urn]
        for alias in filter(None, registration.aliases):
            for urn, kept in self._state.items():
                if kept.type == registration.type and alias in (kept.name, urn):
                    return self._state.pop(urn)
        return None

    def _make(self, type: PulumiType, wanted: Kept) -> Kept:
        with _naming(wanted):
            adapter = self._adapter(type, wanted.deployer)
            name = _physical_name(type, adapter, wanted)
            named = {type.named_by: name} if type.named_by else {}
            inputs = {**wanted.inputs, **named}
            properties = type.properties(inputs, wanted.deployer.tags)
            id = adapter.create(name, properties)
            adapter.configure(id, properties, None)
            outputs = _outputs(type, adapter, id, inputs, properties)
        return replace(wanted, id=id, outputs=outputs)

    def _update(self, type: PulumiType, wanted: Kept, old: Kept) -> Kept:
        with _naming(wanted):
            adapter = self._adapter(type, wanted.deployer)
            named = {key: old.outputs[key] for key in filter(None, [type.named_by])}
            inputs = {**wanted.inputs, **named}
            properties = type.properties(inputs, wanted.deployer.tags)
            previous = type.properties({**old.inputs, **named}, old.deployer.tags)
            adapter.configure(old.id, properties, previous)
            outputs = _outputs(type, adapter, old.id, inputs, properties)
        return replace(wanted, id=old.id, outputs=outputs)

    def _replace(self, type: PulumiType, wanted: Kept, old: Kept) -> Kept:
        if old.protect:
            raise PulumiError(f"{wanted.name}: protected, so it cannot be replaced")
        self.changes.replaced.append(wanted.name)
        if type.named_by and type.named_by not in wanted.inputs:
            self._replaced.append(old)  # another name, so the new one comes first
        else:
            self._delete(old)
        return self._make(type, replace(wanted, number=old.number + 1))

    def _delete(self, kept: Kept) -> None:
        if kept.retain:
            return
        with _naming(kept):
            type = TYPES[kept.type]
            named = {key: kept.outputs[key] for key in filter(None, [type.named_by])}
            properties = type.properties({**kept.inputs, **named}, kept.deployer.tags)
            self._adapter(type, kept.deployer).delete(kept.id, properties)

    def _adapter(self, type: PulumiType, deployer: Deployer) -> ResourceType:
        return type.made_by(self._account(deployer))

    def _account(self, deployer: Deployer) -> Account:
        key = (deployer.place, deployer.role_arn)
        if key not in self._accounts:
            self._check_role(deployer)
            self._accounts[key] = Account(
                lambda service, id, region: self._emulator.client(
                    service, id, region, deployer.role_arn
                ),
                deployer.place.account,
                deployer.place.region,
            )
        return self._accounts[key]

    def _check_role(self, deployer: Deployer) -> None:
        """Fail as the provider does when it cannot assume its role, or not in its account."""
        if deployer.role_arn is None:
            return
        place = deployer.place
        if deployer.role_arn.split(":")[4] != place.account:
            raise PulumiError(
                f"{deployer.role_arn}: its account is none of the allowed ones, "
                f"got {deployer.role_arn.split(':')[4]}; use a role of {place.account}"
            )
        roles = self._emulator.client("iam", place.account, place.region)
        listed = roles.get_paginator("list_roles").paginate()
        if deployer.role_arn not in {item["Arn"] for page in listed for item in page["Roles"]}:
            raise PulumiError(
                f"{deployer.role_arn}: the provider cannot assume it, since there is no such role; "
                "deploy stage 0 first"
            )

    def _deployer_of(self, registration: Registration) -> Deployer:
        urn = registration.provider.rpartition("::")[0]
        if urn not in self._deployers:
            raise PulumiError(
                f"{registration.name}: must have an explicit provider, got "
                f"{registration.provider or 'the default one'}; give one to its component"
            )
        return self._deployers[urn]


class _naming:
    """Puts the name of a resource before the reason of its failure."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Name the resource."""
        if isinstance(error, ResourceFailed):
            raise PulumiError(f"{self._kept.name} ({self._kept.type}): {error}") from error


def _deployer(registration: Registration) -> Deployer:
    inputs = registration.inputs
    [account] = json.loads(inputs["allowedAccountIds"])
    assumed = json.loads(inputs.get("assumeRoles", "[]"))
    return Deployer(
        place=Place(account=account, region=inputs["region"]),
        role_arn=assumed[0]["roleArn"] if assumed else None,
        tags=json.loads(inputs.get("defaultTags", "{}")).get("tags", {}),
    )


def _without_ignored(wanted: Kept, old: Kept, registration: Registration) -> dict[str, Any]:
    """Return the inputs, with the old values of those whose changes are ignored."""
    inputs = dict(wanted.inputs)
    for key in registration.ignore_changes:
        if not key.isidentifier():
            raise PulumiError(f"{wanted.name}: ignoring changes of {key} is not emulated")
        if key in old.inputs:
            inputs[key] = old.inputs[key]
        else:
            inputs.pop(key, None)
    return inputs


def _outputs(
    type: PulumiType,
    adapter: ResourceType,
    id: str,
    inputs: Mapping[str, Any],
    properties: Mapping[str, Any],
) -> dict[str, Any]:
    shown = {key: value for key, value in inputs.items() if not isinstance(value, Archive)}
    return {**shown, **type.outputs(id, adapter.attributes(id, properties))}


def _physical_name(type: PulumiType, adapter: ResourceType, wanted: Kept) -> str:
    """Return the name of a resource: the one it is given, or its own with what looks random."""
    if not type.named_by:
        return wanted.name
    given = wanted.inputs.get(type.named_by)
    if given is not None:
        return str(given)
    seed = f"{wanted.urn}/{wanted.number}"
    name = f"{wanted.name}-{hashlib.sha256(seed.encode()).hexdigest()[:RANDOM_CHARACTERS]}"
    if len(name) > adapter.longest_name:
        raise ResourceFailed(
            f"{type.named_by}: must have {adapter.longest_name} characters at most, got {name}"
        )
    return name
