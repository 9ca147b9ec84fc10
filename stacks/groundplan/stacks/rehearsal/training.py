"""Runs the training pipelines: to success, and into each fault that they must survive or stop at."""

import json
import time
from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import (
    ModelMonitoringPlan,
    ModelScoringPlan,
    ModelTrainingPlan,
)
from groundplan.stacks.rehearsal.day_zero import data_folder, upload_data
from groundplan.stacks.rehearsal.report import Phase
from groundplan.stacks.rehearsal.world import World

POLL_SECONDS = 0.2
LIMIT_SECONDS = 300
FORCED = {"force": "yes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How an execution ended."""

    status: str
    output: dict[str, Any]
    error: str
    cause: str

    def __str__(self) -> str:
        return f"{self.status} {self.error} {self.cause}".strip()


def execute(
    world: World,
    place: Place,
    model: ModelTrainingPlan | ModelScoringPlan | ModelMonitoringPlan,
    name: str,
    given: str = "{}",
) -> Execution:
    """Start a pipeline and wait for its end."""
    machines = world.client("stepfunctions", place)
    started = machines.start_execution(stateMachineArn=model.pipeline.arn, name=name, input=given)[
        "executionArn"
    ]
    for _ in range(round(LIMIT_SECONDS / POLL_SECONDS)):
        found = machines.describe_execution(executionArn=started)
        if found["status"] != "RUNNING":
            return Execution(
                status=found["status"],
                output=json.loads(found.get("output") or "{}"),
                error=found.get("error", ""),
                cause=found.get("cause", ""),
            )
        time.sleep(POLL_SECONDS)
    return Execution(status="RUNNING", output={}, error="", cause=f"no end in {LIMIT_SECONDS} s")


def train(world: World, name: str = "first", *, changed: bool = False) -> Phase:
    """Run every pipeline to success; its model must be registered, with the status planned.

    Args:
        world: What is rehearsed.
        name: Name of the executions.
        changed: Whether a hyperparameter has another value than before.
    """
    problems, seen = [], []
    for place, model in world.trainings():
        world.say(f"training {model.model}")
        done = execute(world, place, model, name, _changed(model) if changed else "{}")
        if done.status != "SUCCEEDED":
            problems.append(f"{model.pipeline.name}: must succeed, got {done}")
            continue
        if done.output["reused"] != "no":
            problems.append(f"{model.pipeline.name}: must train a new model, got a known one")
            continue
        package = world.client("sagemaker", place).describe_model_package(
            ModelPackageName=done.output["model_package_arn"]
        )
        registers = json.loads(model.pipeline.definition)["States"]["Register"]["Arguments"]
        if package["ModelApprovalStatus"] != registers["ModelApprovalStatus"]:
            problems.append(
                f"{model.pipeline.name}: the model must be {registers['ModelApprovalStatus']}, "
                f"got {package['ModelApprovalStatus']}"
            )
        metrics = done.output["metrics"]["metrics"]
        shown = ", ".join(f"{key} {value:.3g}" for key, value in sorted(metrics.items())[:3])
        seen.append(
            f"{model.model}: {shown}; {done.output['instance_type']}, "
            f"{done.output['savings_percent']:.0f} % saved by spot"
        )
    return Phase(name="training", detail="; ".join(seen), problems=tuple(problems))


def train_again(world: World) -> Phase:
    """Run every pipeline with nothing changed: nothing may be trained, and the model is named."""
    problems, seen = [], []
    for place, model in world.trainings():
        world.say(f"training {model.model} again, unchanged")
        before = len(world.emulator.jobs())
        done = execute(world, place, model, "unchanged")
        jobs = len(world.emulator.jobs()) - before
        if done.status != "SUCCEEDED" or done.output["reused"] != "yes" or jobs:
            problems.append(f"{model.pipeline.name}: must run no job, got {jobs} jobs, {done}")
        else:
            version = done.output["model_package_arn"].partition("/")[2]
            seen.append(f"{model.model}: no job, version {version}")
    return Phase(name="training, nothing changed", detail="; ".join(seen), problems=tuple(problems))


def _changed(model: ModelTrainingPlan) -> str:
    """The input of an execution whose hyperparameters are not the spec's."""
    begin = json.loads(model.pipeline.definition)["States"]["Begin"]
    known = begin["Assign"]["parameters"]
    return json.dumps({"checkpoint_minutes": "9"} if "checkpoint_minutes" in known else FORCED)


def starve_first_rung(world: World) -> Phase:
    """Take the first rung's spot capacity away: the next rung must train."""
    problems, seen = [], []
    for place, model in world.trainings():
        ladder = model.training.ladder
        if len(ladder) < 2 or not ladder[0].spot:
            seen.append(f"{model.model}: one rung only, nothing to fall back to")
            continue
        world.say(f"no spot capacity of {ladder[0].instance_type}")
        world.emulator.faults.no_capacity.add(ladder[0].instance_type)
        done = execute(world, place, model, "starved", json.dumps(FORCED))
        world.emulator.faults.no_capacity.clear()
        expected = f"{ladder[1].instance_type} {'spot' if ladder[1].spot else 'on demand'}"
        if done.status != "SUCCEEDED":
            problems.append(f"{model.pipeline.name}: must fall back and succeed, got {done}")
        elif _trained_on(done) != expected:
            problems.append(
                f"{model.pipeline.name}: must train on {expected}, got {_trained_on(done)}"
            )
        else:
            seen.append(f"{model.model}: trained on {expected}")
    return Phase(name="no spot capacity", detail="; ".join(seen), problems=tuple(problems))


def _trained_on(done: Execution) -> str:
    spot = "spot" if done.output["savings_percent"] > 0 else "on demand"
    return f"{done.output['instance_type']} {spot}"


def feed_bad_data(world: World) -> Phase:
    """Upload data that breaks the quality rules: every run must stop, and name rule and column."""
    problems, seen = [], []
    for place, model in world.trainings():
        dataset = next(item for item in world.spec.models if item.name == model.model)
        if not (data_folder(world.spec_path, dataset.training.dataset) / "bad").is_dir():
            seen.append(f"{model.model}: no folder data/bad beside the spec, not tried")
            continue
        world.say("bad data")
        upload_data(world, "bad")
        done = execute(world, place, model, "bad-data")
        if done.status != "FAILED" or done.error != "DataQualityFailed":
            problems.append(f"{model.pipeline.name}: must stop at DataQualityFailed, got {done}")
        else:
            seen.append(f"{model.model}: {done.cause[:120]}")
    upload_data(world)
    return Phase(name="bad data", detail="; ".join(seen), problems=tuple(problems))
