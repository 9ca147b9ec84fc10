"""Pulumi programs deploy, part by part, without Pulumi's command."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from groundplan.blueprints.plan.context import TOOLING
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    ServingStackPlan,
    StagePlan,
    TrainingStackPlan,
)
from groundplan.stacks.pulumi.program import add_project
from groundplan.stacks.rehearsal.checks.deployed_stack import DeployedStack
from groundplan.stacks.rehearsal.deployer import Deployer
from groundplan.stacks.rehearsal.emulator import Emulator
from groundplan.stacks.rehearsal.pulumi.deployed_stack import UNCOVERED, PulumiStack
from groundplan.stacks.rehearsal.pulumi.engine import PulumiEngine, PulumiError
from groundplan.stacks.rehearsal.pulumi.state import Changes
from groundplan.stacks.rehearsal.report import Phase, counted
from groundplan.stacks.rehearsal.world import World

STATE_MACHINE = "aws:sfn/stateMachine:StateMachine"


class PulumiDeployer(Deployer):
    """Runs the program of each part against the emulator, with the state of the run before.

    Args:
        emulator: Where resources are made.
    """

    engine: ClassVar[Engine] = "pulumi"
    releases_by_stack = False
    uncovered = (
        *UNCOVERED,
        "Pulumi's own engine, its state backends, refresh and imports: programs are run without it",
    )

    def __init__(self, emulator: Emulator) -> None:
        self._engine = PulumiEngine(emulator)
        self._versions: dict[str, dict[str, str]] = {}

    def prepare(self, world: World) -> Phase:
        """Run every program without making anything."""
        count, components = 0, 0
        for part in world.plan.parts():
            world.say(f"pulumi preview {part}")
            recording = self._engine.preview(part, add_project, self._config(world, part))
            count += sum(item.custom for item in recording.registrations)
            components += sum(not item.custom for item in recording.registrations)
        return Phase(
            name="pulumi preview",
            detail=f"{count} resources in {components} components of "
            f"{counted(len(world.plan.parts()), 'Pulumi stack')}",
        )

    def deploy_all(self, world: World) -> Phase:
        """Deploy every part."""
        made = Counter[str]()
        for part in world.plan.parts():
            made[part] = len(self._up(world, part).created)
        shown = ", ".join(f"{part} {count}" for part, count in made.items())
        return Phase(name="pulumi up", detail=f"resources made: {shown}")

    def deploy_again(self, world: World) -> Phase:
        """Run every program again: nothing may change."""
        problems, same = [], 0
        for part in world.plan.parts():
            changes = self._up(world, part)
            same += changes.same
            problems += _changes(part, changes)
        return Phase(
            name="up again", detail=f"{same} resources without change", problems=tuple(problems)
        )

    def deploy_endpoints(self, world: World) -> None:
        """Run the programs of the environments that serve."""
        for part in self._with(world, ServingStackPlan):
            self._up(world, part)

    def deploy_changed(self, world: World, spec_path: Path) -> list[str]:
        """Run the programs of what trains with a changed spec: only state machines may change."""
        problems = []
        for part in self._with(world, TrainingStackPlan):
            changes = self._up(world, part, spec_path)
            machines = {
                item.name for item in self._engine.state(part) if item.type == STATE_MACHINE
            }
            others = set(changes.changed) - machines
            if others or not changes.updated:
                names = ", ".join(sorted(others)) or "nothing"
                problems.append(f"{part}: a changed gate must change pipelines only, got {names}")
        return problems

    def restore(self, world: World) -> None:
        """Run the programs of what trains with the spec as it was."""
        for part in self._with(world, TrainingStackPlan):
            self._up(world, part)

    def set_up_endpoint(self, world: World, stack: ServingStackPlan, version: str) -> None:
        """Say in the configuration what the endpoint is made with, and deploy."""
        part = stack.stack.scope
        world.say(f"pulumi config set groundplan:modelVersion.{stack.endpoint.model}")
        self._versions.setdefault(part, {})[stack.endpoint.model] = version
        self._up(world, part)

    def deployed(self, world: World, stack: AnyStackPlan) -> DeployedStack:
        """Return the component that stands for a stack."""
        head = stack.stack
        stage = next(stage for stage in world.plan.stages if stack in stage.stacks)
        return PulumiStack(
            self._engine,
            self._part(world, stage),
            f"{head.scope}-{head.id}",
            world.plan.deployment_role_arn(head.place),
        )

    def destroy(self, world: World) -> list[str]:
        """See that what is protected refuses, lift the protection, and destroy every part."""
        problems = []
        for part in reversed(world.plan.parts()):
            world.say(f"pulumi destroy {part}")
            try:
                self._engine.destroy(part)
                problems.append(f"{part}: must refuse to be destroyed while it is protected")
            except PulumiError:
                self._engine.unprotect(part)
                self._engine.destroy(part)
        return problems

    def leftovers(self, world: World) -> Iterator[str]:
        """Yield what is still in a state."""
        for part in world.plan.parts():
            for item in self._engine.state(part):
                yield f"{part}: {item.name}: must have left the state, got {item.id}"

    def _up(self, world: World, part: str, spec_path: Path | None = None) -> Changes:
        world.say(f"pulumi up {part}")
        config = self._config(world, part, spec_path)
        return self._engine.up(part, add_project, config)[1]

    def _config(self, world: World, part: str, spec_path: Path | None = None) -> dict[str, str]:
        versions = self._versions.get(part, {})
        return {
            "groundplan:spec": str((spec_path or world.spec_path).resolve()),
            "groundplan:part": part,
            **{f"groundplan:modelVersion.{model}": item for model, item in versions.items()},
        }

    def _with(self, world: World, kind: type) -> list[str]:
        found = [
            self._part(world, stage)
            for stage in world.plan.stages
            if any(isinstance(stack, kind) for stack in stage.stacks)
        ]
        return list(dict.fromkeys(found))

    def _part(self, world: World, stage: StagePlan) -> str:
        return stage.id if stage.id in world.plan.parts() else TOOLING


def _changes(part: str, changes: Changes) -> list[str]:
    names = ", ".join(changes.changed)
    return [f"{part}: a second run must change nothing, got {names}"] if names else []
