"""No call of a standard pipeline can fail without its execution coping, or people being told."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.cases import Outcome, Task, tasks_of, try_everything
from tests.faults.page import page
from tests.faults.world import SERVING, TOOLING, Ended, World, deployed
from tests_support import EXAMPLES, example_spec, found

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.stacks.rehearsal.emulator import Faults

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("faults")]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with deployed() as running:
        yield running


@pytest.fixture(scope="module")
def tried(world: World) -> tuple[list[Outcome], list[Task]]:
    return try_everything(world)


def test_every_state_is_tried(tried: tuple[list[Outcome], list[Task]]) -> None:
    outcomes, untried = tried

    assert untried == []
    assert not [item for item in outcomes if item.text == "not called"]


def test_no_failure_goes_unhandled(tried: tuple[list[Outcome], list[Task]]) -> None:
    wrong = [item for item in tried[0] if item.problem]

    assert not wrong, "\n".join(f"{i.task.machine} {i.task.state}: {i.problem}" for i in wrong)


def test_what_passes_is_retried(tried: tuple[list[Outcome], list[Task]]) -> None:
    """One refusal for want of rate never ends an execution, but where a call must not be doubled."""
    ended = [
        f"{item.task.machine} {item.task.state}: {item.text}"
        for item in tried[0]
        if item.fault == "throttled" and ": " in item.text
    ]

    assert ended == ["live-arrival Start: StartFailed: told"]


def test_page_is_up_to_date(tried: tuple[list[Outcome], list[Task]]) -> None:
    assert PAGE.read_text("utf-8") == page(tried[0]), "run python -m tests.faults"


def test_states_of_the_examples_are_among_them(tried: tuple[list[Outcome], list[Task]]) -> None:
    known = {(item.task.state, item.task.call) for item in tried[0]}
    missing = {
        f"{example} {machine.name} {task.state} {task.call}"
        for example in EXAMPLES
        for machine in found(plan(example_spec(example)), PipelinePlan)
        for task in tasks_of(machine.name, json.loads(machine.definition))
        if (task.state, task.call) not in known
    }

    assert missing == set()


def _version(world: World, value: int) -> str:
    world.emulator.faults = Faults()
    world.free()
    world.upload(value)
    version = str(world.run("live-training")[1].output["model_package_arn"])
    world.client("sagemaker", TOOLING).update_model_package(
        ModelPackageArn=version, ModelApprovalStatus="Approved"
    )
    return version


def test_releases_that_race_exclude_each_other(world: World, tried: Any) -> None:
    versions = [_version(world, value) for value in (101, 102)]
    ended: list[Ended] = []

    def release(version: str) -> None:
        given = {"model": "live", "version": version, "emergency": "yes"}
        ended.append(world.run("release", given)[1])

    racing = [threading.Thread(target=release, args=(version,)) for version in versions]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()

    # waiting for the lock moves the emulated time, so that the lease of the first may be over
    done = [item.output for item in ended if item.status == "SUCCEEDED"]
    assert {item.error for item in ended} <= {"", "Locked"}, ended
    assert done, ended
    if len(done) == 2:
        assert done[1]["previous"] == done[0]["model_package_arn"]
    assert world.serving()[1]["ModelVersion"] == done[-1]["model_package_arn"]
    assert world.locks() == {}


def test_approval_that_never_comes_ends_the_release(world: World, tried: Any) -> None:
    version, (_, served), told = _version(world, 103), world.serving(), world.told()

    run, ended = world.run("release", {"model": "live", "version": version})

    assert (ended.status, ended.error) == ("FAILED", "ApprovalExpired")
    assert "Lock take" not in run.path
    assert world.serving()[1] == served
    assert world.told() > told


def test_rollback_that_fails_once_is_continued(world: World, tried: Any) -> None:
    version, (_, served), told = _version(world, 104), world.serving(), world.told()
    world.emulator.faults = Faults(endpoint_update="fails", rollback_failures={SERVING: 1})

    run, ended = world.run("release", {"model": "live", "version": version, "emergency": "yes"})

    assert (ended.status, ended.error) == ("FAILED", "RolledBack")
    assert "Mend continue" in run.path
    status, parameters = world.serving()
    assert status == "UPDATE_COMPLETE" or status == "UPDATE_ROLLBACK_COMPLETE"
    assert parameters["ModelVersion"] == served["ModelVersion"]
    assert world.locks() == {}
    assert world.told() > told


def test_interrupted_spot_training_resumes(world: World, tried: Any) -> None:
    world.emulator.faults = Faults(interrupt={"ml.m5.xlarge"})
    world.upload(105)

    _, ended = world.run("live-training")

    job = next(item for item in world.emulator.jobs() if item.name == ended.output["training_job"])
    assert ended.status == "SUCCEEDED"
    assert job.training_seconds == 900
    assert world.emulator.faults.interrupt == set()
