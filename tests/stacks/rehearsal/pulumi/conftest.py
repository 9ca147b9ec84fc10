"""Small programs, deployed onto an emulator."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from groundplan.blueprints.plan.names import Place
from groundplan.stacks.pulumi.provider import provider
from groundplan.stacks.rehearsal.emulator import Emulator
from groundplan.stacks.rehearsal.pulumi import Changes, PulumiEngine

PLACE = Place(account="111111111111", region="eu-west-1")
Program = Callable[[pulumi.ResourceOptions], object]


@dataclass
class Deployed:
    """One Pulumi stack with one provider."""

    emulator: Emulator
    engine: PulumiEngine
    outputs: Mapping[str, Any]

    def up(self, program: Program, **tags: str) -> Changes:
        """Deploy ``program``, which is given options with the provider of the account."""

        def whole() -> None:
            account: aws.Provider = provider("account", PLACE, tags, role_arn=None)
            program(pulumi.ResourceOptions(provider=account))

        recording, changes = self.engine.up("stack", whole, {})
        self.outputs = recording.outputs
        return changes

    def client(self, service: str) -> Any:
        return self.emulator.client(service, PLACE.account, PLACE.region)


# An emulator fills its process, so none outlives its module.
@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(images={}, workdir=tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator


@pytest.fixture
def deployed(emulator: Emulator) -> Iterator[Deployed]:
    made = Deployed(emulator, PulumiEngine(emulator), {})
    yield made
    made.engine.unprotect("stack")
    made.engine.destroy("stack")
