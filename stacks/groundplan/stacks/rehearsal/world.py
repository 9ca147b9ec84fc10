"""What every phase of a rehearsal works on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    ModelMonitoringPlan,
    ModelScoringPlan,
    ModelTrainingPlan,
    MonitoringStackPlan,
    ScoringStackPlan,
    ServingStackPlan,
    TrainingStackPlan,
)
from groundplan.blueprints.spec import ProjectSpec
from groundplan.stacks.rehearsal.deployer import Deployer
from groundplan.stacks.rehearsal.emulator import Emulator


@dataclass(slots=True)
class World:
    """A project, the emulator that it is deployed to, and what deploys it."""

    spec: ProjectSpec
    spec_path: Path
    plan: Plan
    emulator: Emulator
    deployer: Deployer
    workdir: Path
    say: Callable[[str], None]
    """Shows what is being done."""

    def client(self, service: str, place: Place) -> Any:
        """Return a client of ``service`` as an administrator of ``place``."""
        return self.emulator.client(service, place.account, place.region)

    def stacks(self) -> tuple[AnyStackPlan, ...]:
        """Return every stack, in an order in which they can be deployed."""
        return tuple(self.plan.stacks())

    def endpoints(self) -> tuple[ServingStackPlan, ...]:
        """Return the serving stacks."""
        return tuple(stack for stack in self.stacks() if isinstance(stack, ServingStackPlan))

    def trainings(self) -> tuple[tuple[Place, ModelTrainingPlan], ...]:
        """Return each model's training, with its account."""
        return tuple(
            (stack.stack.place, model)
            for stack in self.stacks()
            if isinstance(stack, TrainingStackPlan)
            for model in stack.models
        )

    def monitorings(self) -> tuple[tuple[Place, ModelMonitoringPlan], ...]:
        """Return how each endpoint is watched by groundplan's own job, with its account."""
        return tuple(
            (stack.stack.place, model)
            for stack in self.stacks()
            if isinstance(stack, MonitoringStackPlan)
            for model in stack.models
            if model.role is not None
        )

    def scorings(self) -> tuple[tuple[Place, ModelScoringPlan], ...]:
        """Return each model's batch scoring, with its account."""
        return tuple(
            (stack.stack.place, model)
            for stack in self.stacks()
            if isinstance(stack, ScoringStackPlan)
            for model in stack.models
        )
