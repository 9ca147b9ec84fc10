"""Deploys a changed spec: gates that no model meets. Only the pipelines may change."""

import json
import shutil
from pathlib import Path

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.stacks import TrainingStackPlan
from groundplan.blueprints.spec import ProjectSpec
from groundplan.stacks.rehearsal.report import Phase
from groundplan.stacks.rehearsal.training import FORCED, execute
from groundplan.stacks.rehearsal.world import World

OUT_OF_REACH = 1e9


def fail_the_gate(world: World) -> Phase:
    """Deploy gates that no model meets, run into them, and deploy the spec as it was again."""
    spec = _impossible(world.spec)
    path = _write(world, spec)
    world.say("a changed spec")
    problems, seen = world.deployer.deploy_changed(world, path), []
    wanted = {
        model.pipeline.arn: model.pipeline
        for stack in plan(spec, engine=world.plan.engine).stacks()
        if isinstance(stack, TrainingStackPlan)
        for model in stack.models
    }
    for place, model in world.trainings():
        found = world.client("stepfunctions", place).describe_state_machine(
            stateMachineArn=model.pipeline.arn
        )["definition"]
        changed_pipeline = wanted[model.pipeline.arn]
        if _gate(found) != _gate(changed_pipeline.definition):
            problems.append(f"{changed_pipeline.name}: must have the changed gate, got the old one")
        done = execute(world, place, model, "missed-gate", json.dumps(FORCED))
        if done.status != "FAILED" or done.error != "GateNotMet":
            problems.append(f"{model.pipeline.name}: must stop at GateNotMet, got {done}")
        else:
            seen.append(f"{model.model}: {done.cause[:120]}")
    world.deployer.restore(world)
    return Phase(name="changed spec, missed gate", detail="; ".join(seen), problems=tuple(problems))


def _gate(definition: str) -> object:
    states = json.loads(definition)["States"]
    return {name: state for name, state in states.items() if name.startswith("Gate ")}


def _write(world: World, spec: ProjectSpec) -> Path:
    """Write the changed spec beside copies of the contexts that it names; one image is groundplan's."""
    folder, beside = world.workdir / "changed", world.spec_path.parent
    for context in sorted(set(world.emulator.images.values())):
        if context.is_relative_to(beside):
            shutil.copytree(context, folder / context.relative_to(beside))
    for name, text in sorted(spec.files.items()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    path = folder / "groundplan.json"
    path.write_text(json.dumps(spec.model_dump(mode="json", exclude_defaults=True)), "utf-8")
    return path


def _impossible(spec: ProjectSpec) -> ProjectSpec:
    whole = spec.model_dump(mode="json", exclude_defaults=True)
    for model in whole["models"]:
        gates = model.setdefault("evaluation", {}).setdefault("gates", [])
        if gates:
            gates[0] = {"metric": gates[0]["metric"], "min": OUT_OF_REACH}
        else:
            gates.append({"metric": "accuracy", "min": OUT_OF_REACH})
    return ProjectSpec.model_validate(whole).with_files(spec.files)
