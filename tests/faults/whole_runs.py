"""Whole executions of every machine: their ways are what the cases begin on and come back to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.faults.recorder import Run
from tests.faults.world import ENDPOINT, SERVING, Ended, World

from groundplan.stacks.rehearsal.emulator import Faults
from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.faults import CallFault

Whole = tuple[str, Run]
"""A machine, and one of its executions."""
ON_THE_WAY = ("ml.m5.xlarge", "ml.m5.2xlarge")


def whole_runs(world: World) -> Iterator[Whole]:
    """Every machine, on every way that needs no failing call."""
    yield from _training_and_releases(world)
    yield from _tuning(world)
    yield from _scoring(world)
    yield from _monitoring(world)
    yield from _arrival(world)


def _succeeded(machine: str, done: tuple[Run, Ended]) -> Whole:
    run, ended = done
    assert ended.status == "SUCCEEDED", (machine, ended, run.path[-10:])
    return machine, run


def _failed(machine: str, done: tuple[Run, Ended], error: str) -> Whole:
    run, ended = done
    assert (ended.status, ended.error) == ("FAILED", error), (machine, ended, run.path[-10:])
    return machine, run


def _train(world: World, model: str, value: int) -> tuple[Whole, str]:
    world.upload(value)
    done = world.run(f"{model}-training")
    version = str(done[1].output["model_package_arn"]) if done[1].output else ""
    return _succeeded(f"{model}-training", done), version


def _training_and_releases(world: World) -> Iterator[Whole]:
    # what they would delete, cases must find again
    kept: dict[str, list[CallFault]] = {
        "Collect config delete": ["refused"] * 1000,
        "Collect model delete": ["refused"] * 1000,
    }
    world.emulator.faults = Faults(calls=kept)
    whole, first = _train(world, "live", 1)
    yield whole
    world.approve(first)
    released = {"model": "live", "version": first}
    yield _succeeded("release", world.run("release", released))
    whole, second = _train(world, "live", 2)  # there is a champion by now
    yield whole
    yield _succeeded("live-training", world.run("live-training"))  # and nothing to do
    world.approve(second)
    yield _succeeded("release", world.run("release", released | {"version": second}))
    world.emulator.faults.no_capacity |= set(ON_THE_WAY)
    whole, third = _train(world, "live", 3)
    yield whole
    world.emulator.faults = Faults(interrupt={ON_THE_WAY[0]}, calls=kept)
    yield _train(world, "live", 4)[0]
    world.approve(third)
    urgent = released | {"version": third, "emergency": "yes"}
    world.emulator.faults = Faults(skew={ENDPOINT}, calls=kept)
    yield _failed("release", world.run("release", urgent), "SkewFound")
    _, served = world.serving()
    assert world.serve(served | {"ShadowModelVersion": third}) == "UPDATE_COMPLETE"
    yield _failed("release", world.run("release", urgent), "SkewFound")
    assert world.serving()[1]["ShadowModelVersion"] == "none"
    world.emulator.faults = Faults(calls=kept)
    world.get_stuck(third)
    yield _succeeded("release", world.run("release", urgent))
    never: list[CallFault] = ["refused"] * 100
    world.emulator.faults = Faults(
        calls=kept | {"Shadow bake look": never, "Rollback update": never}
    )
    stopped = world.run("release", released | {"version": second})
    yield _failed("release", stopped, "ShadowBakeFailed")  # and the shadow stays
    world.emulator.faults = Faults(calls=kept)
    _, left = world.serving()
    assert world.serve(left | {"ShadowModelVersion": "none"}) == "UPDATE_COMPLETE"
    back = released | {"version": first, "emergency": "yes"}
    world.emulator.faults = Faults(
        endpoint_update="fails", rollback_failures={SERVING: 1}, calls=kept
    )
    yield _failed("release", world.run("release", back), "RolledBack")
    world.emulator.faults = Faults()


def _tuning(world: World) -> Iterator[Whole]:
    yield _succeeded("tuned-scoring", world.run("tuned-scoring"))  # there is no version yet
    whole, version = _train(world, "tuned", 11)
    yield whole
    world.approve(version)
    world.emulator.faults.no_capacity |= set(ON_THE_WAY)
    yield _train(world, "tuned", 12)[0]
    world.emulator.faults = Faults()


def _scoring(world: World) -> Iterator[Whole]:
    whole, version = _train(world, "thrifty", 21)
    yield whole
    world.approve(version)
    bucket = next(
        item.bucket.name
        for stack in world.plan.stacks()
        for item in getattr(stack, "datasets", ())
        if item.name == "arrivals"
    )
    world.client("s3").put_object(Bucket=bucket, Key="score/rows.csv", Body=b"a\n1\n")
    for machine in ("tuned-scoring", "thrifty-scoring"):
        for _ in ("once", "again"):
            yield _succeeded(machine, world.run(machine))


def _monitoring(world: World) -> Iterator[Whole]:
    until = datetime(2026, 10, 5, 0, 30, tzinfo=UTC)
    moment = until.replace(hour=0, minute=0) - timedelta(minutes=30)
    buckets = world.client("s3").list_buckets()["Buckets"]
    bucket = next(item["Name"] for item in buckets if item["Name"].startswith("steady-prod-work"))
    key = f"live/capture/{ENDPOINT}/primary/{moment:%Y/%m/%d/%H}/30-00-000.jsonl"
    world.client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")
    given = {"until": until.isoformat()}
    done = world.run("live-monitoring", given)
    assert "Monitor run" in done[0].path, (done, key)
    yield _succeeded("live-monitoring", done)
    _, served = world.serving()
    assert world.serve(served | {"ShadowModelVersion": world.other(served["ModelVersion"])})
    yield _succeeded("live-monitoring", world.run("live-monitoring", given))
    assert world.serve(served) == "UPDATE_COMPLETE"
    world.free()
    yield _succeeded("live-drift", world.run("live-drift"))
    yield _succeeded("live-drift", world.run("live-drift"))  # cools down
    world.free()


def _arrival(world: World) -> Iterator[Whole]:
    CLOCK.advance(86_400)  # the last object is old enough
    yield _succeeded("live-arrival", world.run("live-arrival"))
    world.free()
