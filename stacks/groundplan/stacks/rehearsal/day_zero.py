"""Day 0: stage 0 in every account, what is deployed against what is planned, images and data."""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

from groundplan.blueprints.plan.data_versions import DataVersionsPlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stacks import (
    DatasetPlan,
    DataStateStackPlan,
    RegistryStackPlan,
)
from groundplan.blueprints.plan.stage_0 import Stage0Plan
from groundplan.pipelines.runtime.base import bucket_and_key
from groundplan.pipelines.runtime.data import current_version
from groundplan.stacks.bootstrap import write_bootstrap
from groundplan.stacks.rehearsal.checks import check_stack, check_stage_0
from groundplan.stacks.rehearsal.report import Phase, counted
from groundplan.stacks.rehearsal.world import World

PARTS = ("train", "test", "future", "score")
"""Folders of a dataset beside the spec; none but those that are there."""


def make_stage_0(world: World) -> Phase:
    """Deploy stage 0 in every account, as an administrator would, and check it."""
    problems: list[str] = []
    checked = 0
    write_bootstrap(world.plan, world.workdir / "bootstrap")
    for stage_0 in world.plan.stage_0:
        world.say(f"stage 0 in {stage_0.place.account}")
        _create(world, stage_0, stage_0.stack_name, "stage-0.template.json")
        if stage_0.trail is not None:
            _create(world, stage_0, stage_0.trail.stack_name, "trail.template.json")
        if stage_0.pipeline is not None:
            _create(world, stage_0, stage_0.pipeline.stack_name, "pipeline.template.json")
        found = check_stage_0(stage_0, partial(_client, world, stage_0.place))
        problems += found.mismatches
        checked += found.checked
    count = len(world.plan.stage_0)
    return Phase(
        name="stage 0",
        detail=f"{counted(count, 'account')}, {checked} properties as planned",
        problems=tuple(problems),
    )


def _client(world: World, place: Place, service: str) -> Any:
    return world.client(service, place)


def _create(world: World, stage_0: Stage0Plan, stack_name: str, file_name: str) -> None:
    cloudformation = world.client("cloudformation", stage_0.place)
    folder = world.workdir / "bootstrap" / stage_0.place.account
    cloudformation.create_stack(
        StackName=stack_name,
        TemplateBody=(folder / file_name).read_text("utf-8"),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        EnableTerminationProtection=True,
        Tags=[{"Key": key, "Value": value} for key, value in sorted(stage_0.tags.items())],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=stack_name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )


def check_all(world: World, released: frozenset[str] = frozenset()) -> Phase:
    """Compare every planned property with what the service APIs show.

    Args:
        world: The rehearsal.
        released: Names of the endpoints that serve a model.
    """
    problems: list[str] = []
    checked = 0
    for stack in world.stacks():
        place: Place = stack.stack.place
        found = check_stack(
            stack,
            partial(_client, world, place),
            released=released,
            deployed=world.deployer.deployed(world, stack),
        )
        problems += found.mismatches
        checked += found.checked
    return Phase(
        name="check through the service APIs",
        detail=f"{checked} properties as planned",
        problems=tuple(problems),
    )


def push_images(world: World) -> Phase:
    """Stand in for CodeBuild: put one image manifest into each repository."""
    count = 0
    for stack in world.stacks():
        if not isinstance(stack, RegistryStackPlan):
            continue
        registry = world.client("ecr", stack.stack.place)
        for repository in stack.repositories:
            registry.put_image(
                repositoryName=repository.name,
                imageManifest=_manifest(repository.name),
                imageTag="rehearsal",
            )
            count += 1
    return Phase(name="images", detail=f"{count} pushed in place of CodeBuild")


def _manifest(seed: str) -> str:
    digest = "sha256:" + hashlib.sha256(seed.encode()).hexdigest()
    media = "application/vnd.docker"
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{media}.distribution.manifest.v2+json",
            "config": {
                "mediaType": f"{media}.container.image.v1+json",
                "size": 2,
                "digest": digest,
            },
            "layers": [
                {
                    "mediaType": f"{media}.image.rootfs.diff.tar.gzip",
                    "size": 32,
                    "digest": digest,
                }
            ],
        }
    )


def data_folder(spec_path: Path, dataset: str) -> Path:
    """Return the local folder of a dataset: ``data/NAME`` beside the spec, or ``data``."""
    base = spec_path.parent / "data"
    own = base / dataset
    return own if own.is_dir() else base


def folder_of_jobs(dataset: DatasetPlan) -> str:
    """Return the folder of a dataset's bucket that jobs read; empty for its top."""
    return "" if dataset.versions is None else bucket_and_key(dataset.versions.released)[1]


def record_release(s3: Any, dataset: DatasetPlan, versions: DataVersionsPlan) -> None:
    """Record what was uploaded as the release of a version, as the project's program does."""
    found = current_version(versions.released, s3)
    key = f"{bucket_and_key(versions.releases)[1]}{found['version']}/rehearsal.dir"
    s3.put_object(Bucket=dataset.bucket.name, Key=key, Body=b"")


def upload_data(world: World, kind: str = "") -> Phase:
    """Upload the `PARTS` of each dataset; ``kind`` names a subfolder such as bad."""
    count = 0
    for stack in world.stacks():
        if not isinstance(stack, DataStateStackPlan):
            continue
        s3 = world.client("s3", stack.stack.place)
        for dataset in stack.datasets:
            folder = data_folder(world.spec_path, dataset.name) / kind
            for part in PARTS:
                for path in sorted((folder / part).rglob("*")):
                    if path.is_file():
                        name = f"{part}/{path.relative_to(folder / part).as_posix()}"
                        s3.upload_file(
                            str(path), dataset.bucket.name, f"{folder_of_jobs(dataset)}{name}"
                        )
                        count += 1
            if dataset.versions is not None:
                record_release(s3, dataset, dataset.versions)
    return Phase(name=f"{kind or 'data'} uploaded", detail=f"{count} files")
