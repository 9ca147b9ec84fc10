"""The real CDK CLI deploys: one assembly, stage by stage."""

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import (
    AnyStackPlan,
    ServingStackPlan,
    StagePlan,
    TrainingStackPlan,
)
from groundplan.stacks.bootstrap import bootstrap_command
from groundplan.stacks.rehearsal.checks.deployed_stack import CloudFormationStack, DeployedStack
from groundplan.stacks.rehearsal.deployer import Deployer
from groundplan.stacks.rehearsal.report import Phase, counted
from groundplan.stacks.rehearsal.toolchain import Toolchain
from groundplan.stacks.rehearsal.world import World

DEPLOY = ("--require-approval", "never", "--method", "direct", "--progress", "events")


class CdkDeployer(Deployer):
    """Synthesises once and deploys the assembly.

    Args:
        toolchain: Node and the CDK CLI.
    """

    engine: ClassVar[Engine] = "cdk"
    releases_by_stack = True

    def __init__(self, toolchain: Toolchain) -> None:
        self._toolchain = toolchain
        self._assembly = Path()

    def prepare(self, world: World) -> Phase:
        """Synthesise the app."""
        world.say("synthesise")
        self._assembly = self._synthesise(world, world.spec_path, "cdk.out")
        return Phase(name="cdk synth", detail=f"{len(world.stacks())} stacks, once")

    def bootstrap(self, world: World) -> Iterator[Phase]:
        """Run the real ``cdk bootstrap`` in every account with the project's own template."""
        for stage_0 in world.plan.stage_0:
            account = stage_0.place.account
            world.say(f"cdk bootstrap {account}")
            path = world.workdir / "bootstrap" / account / "bootstrap.template.json"
            self._cdk(world, stage_0.place, *bootstrap_command(stage_0, str(path))[1:])
        accounts = counted(len(world.plan.stage_0), "account")
        yield Phase(name="cdk bootstrap", detail=f"{accounts}, qualifier {world.plan.qualifier}")

    def deploy_all(self, world: World) -> Phase:
        """Deploy every stage of the assembly, each with the credentials of its own account."""
        for stage in world.plan.stages:
            self._deploy(world, self._assembly, stage)
        _set_stack_policies(world)
        count = len(world.stacks())
        return Phase(name="cdk deploy", detail=f"{count} stacks of {len(world.plan.stages)} stages")

    def deploy_again(self, world: World) -> Phase:
        """Deploy the same assembly again: nothing may change."""
        problems = []
        for stage in world.plan.stages:
            printed = self._deploy(world, self._assembly, stage)
            unchanged = printed.count("(no changes)")
            if unchanged != len(stage.stacks):
                problems.append(
                    f"{stage.id}: a second deployment changed {len(stage.stacks) - unchanged} of "
                    f"{len(stage.stacks)} stacks"
                )
        return Phase(
            name="deploy again",
            detail=f"{len(world.stacks())} stacks without change",
            problems=tuple(problems),
        )

    def deploy_endpoints(self, world: World) -> None:
        """Deploy the serving stacks again."""
        for stage in world.plan.stages:
            if any(isinstance(stack, ServingStackPlan) for stack in stage.stacks):
                self._deploy(world, self._assembly, stage, ("serving-*",))

    def deploy_changed(self, world: World, spec_path: Path) -> list[str]:
        """Synthesise the changed spec and deploy its training stacks, and no others."""
        changed = self._synthesise(world, spec_path, "changed.out")
        self._deploy_training(world, changed)
        return []

    def restore(self, world: World) -> None:
        """Deploy the training stacks of the first assembly."""
        self._deploy_training(world, self._assembly)

    def deployed(self, world: World, stack: AnyStackPlan) -> DeployedStack:
        """Return CloudFormation's stack."""
        return CloudFormationStack(stack.stack.name)

    def destroy(self, world: World) -> list[str]:
        """Lift the termination protection and destroy every stage."""
        for stack in world.stacks():
            if stack.stack.termination_protection:
                world.client("cloudformation", stack.stack.place).update_termination_protection(
                    StackName=stack.stack.name, EnableTerminationProtection=False
                )
        for stage in reversed(world.plan.stages):
            world.say(f"cdk destroy {stage.id}")
            output = str(world.workdir / f"cli-{stage.id}")
            self._cdk(
                world, stage.place, "destroy", f"{stage.id}/*", "--app", str(self._assembly),
                "--output", output, "--force",
            )  # fmt: skip
        return []

    def leftovers(self, world: World) -> Iterator[str]:
        """Yield the project's stacks that are still there."""
        ours = {(stack.stack.place, stack.stack.name) for stack in world.stacks()}
        for place in sorted({place for place, _ in ours}, key=lambda item: item.account):
            for stack in world.client("cloudformation", place).describe_stacks()["Stacks"]:
                if (place, stack["StackName"]) in ours:
                    yield f"{stack['StackName']}: must be gone, got {stack['StackStatus']}"

    def _synthesise(self, world: World, spec_path: Path, name: str) -> Path:
        """Synthesise the app of a spec once and return the directory of its assembly.

        Raises:
            EnvironmentFault: If the app fails.
        """
        out = world.workdir / name
        app = f"{shlex.quote(sys.executable)} -m groundplan.stacks.cdk"
        self._cdk(
            world, world.plan.places()[0], "synth", "--quiet", "--app", app,
            "--context", f"spec={spec_path.resolve()}", "--output", str(out),
        )  # fmt: skip
        return out

    def _deploy_training(self, world: World, assembly: Path) -> None:
        for stage in world.plan.stages:
            if any(isinstance(stack, TrainingStackPlan) for stack in stage.stacks):
                self._deploy(world, assembly, stage, ("training",))

    def _deploy(
        self, world: World, assembly: Path, stage: StagePlan, stacks: Sequence[str] = ("*",)
    ) -> str:
        """Deploy stacks of one stage and return what the CLI printed."""
        world.say(f"cdk deploy {stage.id} ({stage.place.account})")
        patterns = [f"{stage.id}/{pattern}" for pattern in stacks]
        output = str(world.workdir / f"cli-{stage.id}")
        return self._cdk(
            world, stage.place, "deploy", *patterns, "--app", str(assembly), "--output", output,
            *DEPLOY,
        )  # fmt: skip

    def _cdk(self, world: World, place: Place, *arguments: str) -> str:
        """Run the CDK CLI with the credentials of ``place``; return what it printed."""
        environment = world.emulator.environment(place.account, place.region)
        return self._toolchain.run(arguments, environment=environment, cwd=world.workdir)


def _set_stack_policies(world: World) -> None:
    for stack in world.stacks():
        head = stack.stack
        if head.policy is not None:
            world.client("cloudformation", head.place).set_stack_policy(
                StackName=head.name, StackPolicyBody=json.dumps(head.policy)
            )
