"""Users' options reach the components and what they define: transforms, providers, protection, aliases.

Transforms are carried out by the engine. What is shown here is that the components hand on what the
engine and the SDK need to do so.
"""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from groundplan.blueprints.plan.encryption_key import plan_encryption_key
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.pulumi import EncryptionKey, EncryptionKeyArgs
from groundplan.stacks.pulumi import recording
from groundplan.stacks.pulumi.recording import record

PLACE = Place(account="111111111111", region="eu-west-1")
KEY = plan_encryption_key(alias="reports", place=PLACE, description="Reports")


def define(opts: pulumi.ResourceOptions | None = None) -> None:
    EncryptionKey("reports", EncryptionKeyArgs(plan=KEY), opts)


def test_transformations_of_a_component_reach_its_children() -> None:
    seen: list[tuple[str, str]] = []

    def tagged(
        args: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        seen.append((args.type_, args.name))
        if args.type_ != "aws:kms/key:Key":
            return None
        return pulumi.ResourceTransformationResult({**args.props, "tags": {"team": "a"}}, args.opts)

    recorded = record(lambda: define(pulumi.ResourceOptions(transformations=[tagged])))
    assert seen == [
        ("groundplan:constructs:EncryptionKey", "reports"),
        ("aws:kms/key:Key", "reports-Resource"),
        ("aws:kms/alias:Alias", "reports-Alias"),
    ]
    [key] = recorded.of_type("aws:kms/key:Key")
    assert key.inputs["tags"] == {"team": "a"}


def test_transformations_of_the_stack_reach_components() -> None:
    seen: list[str] = []

    def noted(args: pulumi.ResourceTransformationArgs) -> None:
        seen.append(args.name)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(noted)
        define()

    record(program)
    assert seen == ["reports", "reports-Resource", "reports-Alias"]


class Requests:
    """A monitor that notes which transforms a registration asks the engine for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.transforms: dict[str, int] = {}
        registered = recording._Monitor.RegisterResource

        def noting(monitor: Any, request: Any) -> Any:
            self.transforms[request.name] = len(request.transforms)
            return registered(monitor, request)

        monkeypatch.setattr(recording._Monitor, "RegisterResource", noting)
        # The engine says that it can; the mocks say no.
        monkeypatch.setattr(mocks.MockMonitor, "SupportsFeature", self.supports)

    @staticmethod
    def supports(monitor: Any, request: Any) -> Any:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id == "transforms")


def test_components_ask_the_engine_for_their_transforms(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = Requests(monkeypatch)

    def tagged(args: pulumi.ResourceTransformArgs) -> None:
        return None

    async def callbacks() -> Any:
        return Callbacks()

    class Callbacks:
        def register_transform(self, transform: Any) -> Any:
            from pulumi.runtime.proto import callback_pb2

            return callback_pb2.Callback(target="127.0.0.1:1", token="tagged")

    monkeypatch.setattr("pulumi.runtime.resource._get_callbacks", callbacks, raising=False)
    monkeypatch.setattr("pulumi.runtime.settings._get_callbacks", callbacks, raising=False)
    record(lambda: define(pulumi.ResourceOptions(transforms=[tagged])))
    # The engine applies a parent's transforms to its children by itself.
    assert requests.transforms["reports"] == 1


def test_providers_and_protection_reach_children() -> None:
    def program() -> None:
        own = aws.Provider("own", region="eu-west-1")
        define(pulumi.ResourceOptions(providers=[own], protect=True))

    recorded = record(program)
    for item in recorded.of_type("aws:kms/alias:Alias"):
        assert item.protect and "::own::" in item.provider


def test_aliases_of_a_component_are_handed_on() -> None:
    aliases: list[str | pulumi.Alias] = [pulumi.Alias(name="old-reports")]
    recorded = record(lambda: define(pulumi.ResourceOptions(aliases=aliases)))
    [component] = recorded.of_type("groundplan:constructs:EncryptionKey")
    assert component.aliases == ("old-reports",)
