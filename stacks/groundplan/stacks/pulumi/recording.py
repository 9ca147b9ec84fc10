"""Runs a Pulumi program without Pulumi's engine and records what it registers.

This is how programs are compared with CDK's templates, checked against policies and deployed onto the
emulator: Pulumi's command is needed for none of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pulumi
from pulumi.runtime import mocks, rpc, set_all_config
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import SETTINGS, get_root_resource, set_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func
from pulumi.runtime.sync_await import _ensure_event_loop, _sync_await

ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
"""Function that returns the zones of a region."""
SECRET = "4dabf18193072939515e22adb298388d"
"""Key under which the SDK wraps secret values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A resource that a program registers."""

    urn: str
    """Stack, project, types of its parents, type and name."""

    type: str
    """Type token, such as ``aws:s3/bucket:Bucket``."""

    name: str
    """Name in the program."""

    parent: str
    """URN of the parent; empty where the stack is."""

    custom: bool
    """Whether a provider makes it; components are not."""

    inputs: Mapping[str, Any]
    """Inputs, resolved, by the SDK's camel-case names; secrets unwrapped."""

    depends_on: tuple[str, ...]
    """URNs of what must exist before, sorted."""

    protect: bool
    """Whether it refuses to be deleted."""

    retain_on_delete: bool
    """Whether it stays when it leaves the program."""

    ignore_changes: tuple[str, ...]
    """Properties whose changes are ignored."""

    aliases: tuple[str, ...]
    """Former names."""

    provider: str
    """URN and id of its provider; empty for the default one."""

    secrets: tuple[str, ...]
    """Inputs that are kept secret in the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a program registered."""

    registrations: tuple[Registration, ...]
    """In the order in which they were registered: what a resource uses comes before it."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    """Outputs of the stack."""

    def of_type(self, type: str) -> tuple[Registration, ...]:
        """Return the registrations of a type."""
        return tuple(item for item in self.registrations if item.type == type)


class Backend(Protocol):
    """What answers a program's registrations."""

    def create(self, registration: Registration) -> tuple[str, Mapping[str, Any]]:
        """Return the id and the outputs of a resource; called in dependency order."""
        ...

    def call(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a provider's function answers."""
        ...


class Nothing:
    """Answers with stand-ins: an id and an ARN made of the type and the name."""

    def create(self, registration: Registration) -> tuple[str, Mapping[str, Any]]:
        """Return a stand-in for what AWS would assign."""
        service = registration.type.split(":")[1].split("/")[0]
        arn = f"arn:aws:{service}:us-east-1:000000000000:{registration.name}"
        return f"{registration.name}-id", {"arn": arn, **registration.inputs}

    def call(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer with a region's zones, which is all that a project's program asks for.

        Raises:
            NotImplementedError: If the function is another one.
        """
        if token == ZONES:
            return {"id": "us-east-1", "names": ["us-east-1a", "us-east-1b", "us-east-1c"]}
        raise NotImplementedError(f"{token}: no answer is known")


def record(
    program: Callable[[], object],
    *,
    project: str = "groundplan",
    stack: str = "test",
    config: Mapping[str, str] | None = None,
    backend: Backend | None = None,
) -> Recording:
    """Run ``program`` and return what it registers.

    Args:
        program: Defines resources when it is called.
        project: Name of the Pulumi project.
        stack: Name of the Pulumi stack.
        config: Configuration, with namespaces: ``{"groundplan:spec": "groundplan.yaml"}``.
        backend: What answers. Default: :class:`Nothing`.

    Raises:
        Exception: Whatever the program raises.
    """
    # What fails is raised here; asyncio would report it once more for each value that depends on it.
    _ensure_event_loop().set_exception_handler(lambda loop, context: None)  # type: ignore[no-untyped-call]
    monitor = _Monitor(backend or Nothing())
    SETTINGS.rpc_manager.clear()
    SETTINGS.outputs.clear()
    set_root_resource(None)  # type: ignore[arg-type]
    mocks.set_mocks(monitor.mocks, project=project, stack=stack, preview=False, monitor=monitor)
    set_all_config(dict(config or {}))

    async def run() -> None:
        program()

    async def exported() -> dict[str, Any]:
        root = get_root_resource()
        values = dict(root.outputs) if isinstance(root, Stack) else {}
        return {
            key: await pulumi.Output.from_input(value).future() for key, value in values.items()
        }

    _sync_await(run_pulumi_func(run))
    return Recording(registrations=tuple(monitor.recorded), outputs=_plain(_sync_await(exported())))


class _Mocks(mocks.Mocks):
    """Never asked: the monitor answers itself."""

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise NotImplementedError

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise NotImplementedError


class _Monitor(mocks.MockMonitor):
    def __init__(self, backend: Backend) -> None:
        super().__init__(_Mocks())
        self.backend = backend
        self.recorded: list[Registration] = []
        self._stack = ""
        self._seen: set[str] = set()

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        reply = resource_pb2.RegisterResourceResponse
        if request.type == "pulumi:pulumi:Stack":
            self._stack = urn
            return reply(urn=urn)
        _ensure_event_loop()  # type: ignore[no-untyped-call]
        if urn in self._seen:
            raise ValueError(f"{urn} is registered twice; give one of them another name")
        self._seen.add(urn)
        inputs = rpc.deserialize_properties(request.object)
        registration = Registration(
            urn=urn,
            type=request.type,
            name=request.name,
            parent="" if request.parent == self._stack else request.parent,
            custom=request.custom,
            inputs=_plain(inputs),
            depends_on=tuple(sorted(set(request.dependencies))),
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            ignore_changes=tuple(request.ignoreChanges),
            aliases=tuple(item.spec.name or item.urn for item in request.aliases),
            provider=request.provider,
            secrets=tuple(
                sorted({*request.additionalSecretOutputs}
                | {key for key, value in inputs.items() if _is_secret(value)})
            ),
        )  # fmt: skip
        self.recorded.append(registration)
        id, state = self.backend.create(registration) if request.custom else ("", {})
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, id, dict(state))
        answer = _sync_await(rpc.serialize_properties(dict(state), {}))
        return reply(urn=urn, id=id, object=answer)

    def Invoke(self, request: Any) -> Any:
        _ensure_event_loop()  # type: ignore[no-untyped-call]
        arguments = _plain(rpc.deserialize_properties(request.args))
        found = self.backend.call(request.tok, arguments)
        answer = _sync_await(rpc.serialize_properties(dict(found), {}))
        return resource_pb2.ResourceInvokeResponse(**{"failures": None, "return": answer})


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and SECRET in value


def _plain(value: Any) -> Any:
    if isinstance(value, pulumi.Output):
        raise TypeError("an output has not been resolved")
    if isinstance(value, dict):
        if SECRET in value:
            return _plain(value.get("value"))
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # the protocol knows floating-point numbers only
    return value
