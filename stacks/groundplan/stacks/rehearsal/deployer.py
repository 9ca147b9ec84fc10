"""What brings a project to the emulator: one of the engines. All else in its life is shared."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.stacks import AnyStackPlan, ServingStackPlan
from groundplan.stacks.rehearsal.checks.deployed_stack import DeployedStack
from groundplan.stacks.rehearsal.report import Phase

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.world import World


class Deployer(ABC):
    """Deploys, changes and destroys a project with an engine."""

    engine: ClassVar[Engine]

    uncovered: ClassVar[tuple[str, ...]] = ()
    """What nothing shows where this engine deploys, besides what no emulator shows."""

    releases_by_stack: ClassVar[bool]
    """Whether a release updates the endpoint's stack. Otherwise it updates the endpoint itself, which a
    deployment has made, and no stack can be stuck."""

    @abstractmethod
    def prepare(self, world: "World") -> Phase:
        """Make what is deployed later."""

    def bootstrap(self, world: "World") -> Iterator[Phase]:
        """Prepare the accounts, after stage 0. Default: nothing more is needed."""
        yield from ()

    @abstractmethod
    def deploy_all(self, world: "World") -> Phase:
        """Deploy everything for the first time."""

    @abstractmethod
    def deploy_again(self, world: "World") -> Phase:
        """Deploy everything again: nothing may change."""

    @abstractmethod
    def deploy_endpoints(self, world: "World") -> None:
        """Deploy what endpoints are in again, for whatever reason."""

    @abstractmethod
    def deploy_changed(self, world: "World", spec_path: Path) -> list[str]:
        """Deploy what trains as a changed spec wants it; return what else would change."""

    @abstractmethod
    def restore(self, world: "World") -> None:
        """Deploy what trains as it was before."""

    def set_up_endpoint(self, world: "World", stack: ServingStackPlan, version: str) -> None:
        """Make an endpoint with its first version, where it is not for a release to make it.

        Raises:
            NotImplementedError: Releases make endpoints.
        """
        raise NotImplementedError(f"{self.engine}: releases make endpoints")

    @abstractmethod
    def deployed(self, world: "World", stack: AnyStackPlan) -> DeployedStack:
        """Return a stack as the engine sees it."""

    @abstractmethod
    def destroy(self, world: "World") -> list[str]:
        """Lift the engine's protection and destroy everything; return what should have been refused."""

    @abstractmethod
    def leftovers(self, world: "World") -> Iterator[str]:
        """Yield what the engine still holds."""
