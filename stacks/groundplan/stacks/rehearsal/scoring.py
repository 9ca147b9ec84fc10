"""Runs the scoring pipelines: without a model, with one, a second time, and into their faults."""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundplan.blueprints.plan.context import Context, serving_image
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.scoring_roles import SCORED
from groundplan.blueprints.plan.stacks import ModelScoringPlan
from groundplan.blueprints.spec import BatchServing, ModelSpec
from groundplan.stacks.rehearsal.day_zero import data_folder
from groundplan.stacks.rehearsal.report import Phase
from groundplan.stacks.rehearsal.training import Execution, execute
from groundplan.stacks.rehearsal.world import World

FORCED = json.dumps({"force": "yes"})
SCORE = """
import csv, json, pathlib, sys
import model
loaded = model.load(pathlib.Path(sys.argv[1]))
found = {}
for name in sys.argv[2:]:
    with open(name, newline="") as stream:
        found[pathlib.Path(name).name] = model.predict(loaded, list(csv.DictReader(stream)))
print(json.dumps(found))
"""
"""Program that predicts with a project's own module, and nothing of groundplan."""


def score_without_model(world: World) -> Phase:
    """Run every pipeline before there is a version: it must succeed and start no job."""
    problems = []
    before = len(world.emulator.jobs())
    for place, model in world.scorings():
        world.say(f"scoring by {model.model} without a version")
        done = execute(world, place, model, "without-a-version")
        if done.status != "SUCCEEDED" or done.output.get("manifest_uri") != "none":
            problems.append(f"{model.pipeline.name}: must succeed and score nothing, got {done}")
        elif not _entered(world, place, model, "without-a-version", "Nothing"):
            problems.append(f"{model.pipeline.name}: must tell that it has nothing to score with")
    if len(world.emulator.jobs()) != before:
        problems.append("jobs ran although no model has a version")
    count = len(world.scorings())
    return Phase(
        name="scoring without a model",
        detail=f"{count} pipelines told so and scored nothing",
        problems=tuple(problems),
    )


def score(world: World) -> Phase:
    """Approve each newest version and score; predictions must be what the model itself says."""
    problems, seen = [], []
    for place, model in world.scorings():
        version = _approve(world, model.model)
        world.say(f"scoring by {model.model}")
        done = execute(world, place, model, "first")
        if done.status != "SUCCEEDED":
            problems.append(f"{model.pipeline.name}: must succeed, got {done}")
            continue
        problems += _differences(world, place, model, done, version)
        job = world.emulator.jobs()[-1]
        seen.append(
            f"{model.model}: {done.output['predictions']} files by a {job.kind} job on "
            f"{job.instance_type}"
        )
    return Phase(name="scoring", detail="; ".join(seen), problems=tuple(problems))


def score_again(world: World) -> Phase:
    """Run every pipeline on the same data and version: no job may run, unless it is forced."""
    problems = []
    before = len(world.emulator.jobs())
    for place, model in world.scorings():
        world.say(f"scoring by {model.model} again")
        done = execute(world, place, model, "again")
        if done.status != "SUCCEEDED" or done.output.get("scored_before") != "yes":
            problems.append(f"{model.pipeline.name}: must find what it scored before, got {done}")
    if len(world.emulator.jobs()) != before:
        problems.append("jobs ran although everything was scored before")
    return Phase(
        name="scoring again", detail="same data, same version: no job", problems=tuple(problems)
    )


def survive(world: World) -> Phase:
    """Reclaim capacity and fail jobs: the first is tried again, the second tidied up and told."""
    problems, seen = [], []
    for place, model in world.scorings():
        if _spec(world, model.model).prefer == "cost":
            world.say(f"spare capacity of {model.model} is taken back")
            world.emulator.faults.reclaims["-score-"] = 1
            done = execute(world, place, model, "reclaimed", FORCED)
            if done.status != "SUCCEEDED":
                problems.append(f"{model.pipeline.name}: must try again and succeed, got {done}")
            if world.emulator.faults.reclaims.pop("-score-"):
                problems.append(f"{model.pipeline.name}: its job must have run on spare capacity")
            seen.append(f"{model.model}: scored in the second attempt")
        else:
            world.say(f"the transform jobs of {model.model} fail")
            reason = "AlgorithmError: out of memory"
            world.emulator.faults.job_failure |= {"-score-0": reason, "-score-1": reason}
            done = execute(world, place, model, "failed", FORCED)
            if (done.status, done.error) != ("FAILED", "ScoreFailed"):
                problems.append(f"{model.pipeline.name}: must end with ScoreFailed, got {done}")
            if not _entered(world, place, model, "failed", "Alert"):
                problems.append(f"{model.pipeline.name}: must tell of its failure")
            seen.append(f"{model.model}: ended with {done.error}, and people were told")
        problems += _left_behind(world, place, model)
    return Phase(name="scoring faults", detail="; ".join(seen), problems=tuple(problems))


def _spec(world: World, name: str) -> BatchServing:
    serving = _model(world, name).serving
    if not isinstance(serving, BatchServing):
        raise TypeError(f"{name}: scores no datasets")
    return serving


def _model(world: World, name: str) -> ModelSpec:
    return next(item for item in world.spec.models if item.name == name)


def _approve(world: World, model: str) -> dict[str, Any]:
    context = Context(world.spec)
    registry = world.client("sagemaker", context.tooling)
    newest = registry.list_model_packages(
        ModelPackageGroupName=context.registry_name(model),
        SortBy="CreationTime",
        SortOrder="Descending",
    )["ModelPackageSummaryList"][0]["ModelPackageArn"]
    registry.update_model_package(ModelPackageArn=newest, ModelApprovalStatus="Approved")
    found: dict[str, Any] = registry.describe_model_package(ModelPackageName=newest)
    return found


def _differences(
    world: World,
    place: Place,
    model: ModelScoringPlan,
    done: Execution,
    version: dict[str, Any],
) -> Iterator[str]:
    """Yield where manifest or predictions differ from what the data and the model say."""
    storage = world.client("s3", place)
    bucket, _, key = done.output["manifest_uri"].removeprefix("s3://").partition("/")
    manifest = json.loads(storage.get_object(Bucket=bucket, Key=key)["Body"].read())
    arn = version["ModelPackageArn"]
    expected = _predicted(world, model.model, version)
    planned = {
        "dataset_version": done.output["dataset_version"],
        "left_behind": "",
        "model_package_arn": arn,
        "model_trained_on": version["CustomerMetadataProperties"]["groundplan.dataset_version"],
        "objects": len(expected),
        "predictions": len(expected),
    }
    shown = {name: manifest.get(name) for name in planned}
    if shown != planned:
        yield f"{model.pipeline.name}: the manifest must say {planned}, got {shown}"
    folder = key.rpartition("/")[0]
    if not folder.endswith(f"/version={arn.rpartition('/')[2]}"):
        yield f"{model.pipeline.name}: predictions must lie below their version, got {folder}"
    for name, wanted in expected.items():
        body = storage.get_object(Bucket=bucket, Key=f"{folder}/{name}.out")["Body"].read()
        if json.loads(body)["predictions"] != wanted:
            yield f"{model.pipeline.name}: predictions of {name} are not those of the model"


def _predicted(world: World, name: str, version: dict[str, Any]) -> dict[str, list[Any]]:
    """What the project's own module predicts for each file, outside of any job."""
    context, spec = Context(world.spec), _model(world, name)
    source = version["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, _, key = source.removeprefix("s3://").partition("/")
    storage = world.client("s3", context.tooling)
    archive = storage.get_object(Bucket=bucket, Key=key)["Body"].read()
    folder = data_folder(world.spec_path, _spec(world, name).dataset) / SCORED
    files = [str(path.resolve()) for path in sorted(folder.rglob("*")) if path.is_file()]
    image = world.emulator.images[context.repository(serving_image(spec))]
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(scratch, filter="data")
        said = subprocess.run(
            [sys.executable, "-B", "-c", SCORE, scratch, *files],
            cwd=Path(image),
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    found: dict[str, list[Any]] = json.loads(said)
    return found


def _entered(world: World, place: Place, model: ModelScoringPlan, name: str, state: str) -> bool:
    """Whether an execution went through a state, and the call there succeeded."""
    arn = model.pipeline.arn.replace(":stateMachine:", ":execution:")
    pages = world.client("stepfunctions", place).get_paginator("get_execution_history")
    events = [
        event
        for page in pages.paginate(executionArn=f"{arn}:{name}")
        for event in page["events"]
        if event["type"] == "TaskStateExited"
    ]
    return any(event["stateExitedEventDetails"]["name"] == state for event in events)


def _left_behind(world: World, place: Place, model: ModelScoringPlan) -> Iterator[str]:
    """Yield what a job needed and should have been removed after it."""
    for found in world.client("sagemaker", place).list_models()["Models"]:
        if "-score" in found["ModelName"]:
            yield f"{model.pipeline.name}: must delete its model, got {found['ModelName']}"
    definitions = world.client("batch", place).describe_job_definitions(status="ACTIVE")
    for found in definitions["jobDefinitions"]:
        yield (
            f"{model.pipeline.name}: must deregister its definition, got "
            f"{found['jobDefinitionName']}"
        )
