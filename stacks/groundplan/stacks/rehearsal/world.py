"""What every phase of a rehearsal works on."""

import shlex
import sys
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
from groundplan.stacks.rehearsal.emulator import Emulator
from groundplan.stacks.rehearsal.toolchain import Toolchain


@dataclass(slots=True)
class World:
    """A project, the emulator that it is deployed to, and the tools that deploy it."""

    spec: ProjectSpec
    spec_path: Path
    plan: Plan
    emulator: Emulator
    toolchain: Toolchain
    workdir: Path
    say: Callable[[str], None]
    """Shows what is being done."""

    def client(self, service: str, place: Place) -> Any:
        """Return a client of ``service`` as an administrator of ``place``."""
        return self.emulator.client(service, place.account, place.region)

    def cdk(self, place: Place, *arguments: str) -> str:
        """Run the CDK CLI with the credentials of ``place``; return what it printed."""
        environment = self.emulator.environment(place.account, place.region)
        return self.toolchain.run(arguments, environment=environment, cwd=self.workdir)

    def synthesise(self, spec_path: Path, name: str) -> Path:
        """Synthesise the app of a spec once and return the directory of its assembly.

        Raises:
            EnvironmentFault: If the app fails.
        """
        out = self.workdir / name
        app = f"{shlex.quote(sys.executable)} -m groundplan.stacks.cdk"
        self.cdk(
            self.plan.places()[0], "synth", "--quiet", "--app", app,
            "--context", f"spec={spec_path.resolve()}", "--output", str(out),
        )  # fmt: skip
        return out

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
