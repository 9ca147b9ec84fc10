"""Releases that must not succeed, or only after a repair; the endpoint never serves what failed."""

from collections.abc import Iterator
from typing import Literal

from groundplan.blueprints.plan.approvals import approval_for
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.release_events import release_chain, told_by_registry
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.blueprints.spec import EnvironmentSpec
from groundplan.stacks.rehearsal import serving
from groundplan.stacks.rehearsal.executions import Ended, ended, run, start
from groundplan.stacks.rehearsal.release import after, started, travels
from groundplan.stacks.rehearsal.report import Phase
from groundplan.stacks.rehearsal.world import World

FAULTS: tuple[Literal["fails", "rolls_back_silently"], ...] = ("fails", "rolls_back_silently")
STUCK = "UPDATE_ROLLBACK_FAILED"


def last_environment(world: World) -> EnvironmentSpec:
    """Return where a version arrives at last: production, where there is one."""
    context = Context(world.spec)
    return (*told_by_registry(context), *release_chain(context))[-1]


def second_release(world: World) -> Phase:
    """Let a second version travel that nobody approves for production: it must not get there."""
    problems: list[str] = []
    seen = []
    last = last_environment(world)
    asked = approval_for(Context(world.spec), last)
    for model in Context(world.spec).served():
        target = serving.endpoint(world, last.name, model.name)
        version = serving.versions(world, model.name)[-1]
        old = serving.served_version(world, target)
        for environment in travels(world, model.name, version, problems):
            world.say(f"second version of {model.name} to {environment.name}")
            execution = started(world, environment, model.name, version, problems)
            if execution is None:
                continue
            done = ended(world, serving.machine(world, environment.name).stack.place, execution)
            waits = environment is last and asked is not None and asked.by == "life_cycle"
            wanted = "ApprovalExpired" if waits else "SUCCEEDED"
            if wanted not in (done.status, done.error):
                problems.append(
                    f"{model.name} to {environment.name}: must end {wanted}, got {done}"
                )
            problems += after(
                world,
                serving.endpoint(world, environment.name, model.name),
                old if waits else version,
            )
            seen.append(f"{environment.name}: {wanted}")
    return Phase(name="second release", detail=", ".join(seen), problems=tuple(problems))


def fail_to_release(world: World) -> Phase:
    """Release another version while UpdateEndpoint fails, in both forms.

    In one the stack rolls back; a machine that updates the endpoint itself repeats a call that fails
    at once, so that it is spared this one. In the other a guardrail puts the endpoint back on its old
    config after the call has succeeded, so that only DescribeEndpoint tells.
    """
    faults = FAULTS if world.deployer.releases_by_stack else FAULTS[1:]
    problems: list[str] = []
    seen = []
    for target, old, new in _pairs(world, problems):
        for fault in faults:
            world.say(f"an update of {target.endpoint.name} that {fault}")
            world.emulator.faults.endpoint_update = fault
            done = _release(world, target, new)
            world.emulator.faults.endpoint_update = None
            problems += _failed(world, target, done, old)
            seen.append(f"{target.endpoint.name}: {done.error}")
    return Phase(
        name="failed releases",
        detail=", ".join(seen),
        problems=tuple(problems),
    )


def repair(world: World) -> Phase:
    """Leave a stack in a failed rollback: the next release must free it, and release."""
    problems: list[str] = []
    seen = []
    for target, old, new in _pairs(world, problems):
        name = target.stack.name
        world.say(f"{name} stuck in a failed rollback")
        faults = world.emulator.faults
        faults.endpoint_update = "fails"
        faults.rollback_failures[name] = 2
        status = serving.update_by_hand(world, target, new)
        if status != STUCK:
            problems.append(f"{name}: must be stuck, got {status}")
        done = _release(world, target, old)
        faults.rollback_failures.clear()
        faults.endpoint_update = None
        if done.status != "SUCCEEDED" or done.output.get("repaired") != "yes":
            problems.append(f"{target.endpoint.name}: must be repaired and released, got {done}")
        problems += after(world, target, old)
        seen.append(f"{name}: rollback continued, one that failed again included")
    return Phase(name="a failed rollback", detail=", ".join(seen), problems=tuple(problems))


def race(world: World) -> Phase:
    """Start two releases of two versions to one endpoint at once: they must not meet."""
    problems: list[str] = []
    seen = []
    for target, old, new in _pairs(world, problems):
        world.say(f"two releases to {target.endpoint.name} at once")
        both = [_start(world, target, version) for version in (new, old)]
        place = target.stack.place
        done = dict(
            zip((new, old), (ended(world, place, execution) for execution in both), strict=True)
        )
        succeeded = [version for version, end in done.items() if end.status == "SUCCEEDED"]
        locked = [version for version, end in done.items() if end.error == "Locked"]
        if not succeeded or len(succeeded) + len(locked) < len(done):
            text = "; ".join(map(str, done.values()))
            problems.append(f"{target.endpoint.name}: one must wait for the other, got {text}")
        served = serving.served_version(world, target)
        if served not in succeeded:
            problems.append(f"{target.endpoint.name}: must serve what succeeded, got {served}")
        problems += after(world, target, served)
        seen.append(f"{target.endpoint.name}: {len(succeeded)} released, {len(locked)} locked out")
    return Phase(name="two releases at once", detail=", ".join(seen), problems=tuple(problems))


def emergency(world: World) -> Phase:
    """Release another version as an emergency: at once, and no further than here."""
    problems: list[str] = []
    seen = []
    for target, _, new in _pairs(world, problems):
        world.say(f"emergency release to {target.endpoint.name}")
        done = _release(world, target, new, emergency="yes", reason="rehearsed")
        if done.status != "SUCCEEDED":
            problems.append(f"{target.endpoint.name}: must succeed, got {done}")
        problems += after(world, target, new)
        seen.append(f"{target.endpoint.name}: all at once")
    return Phase(name="an emergency", detail=", ".join(seen), problems=tuple(problems))


def _pairs(world: World, problems: list[str]) -> Iterator[tuple[ServingStackPlan, str, str]]:
    """Yield each endpoint of the last environment, what it serves, and another version.

    The other one is approved, so that a release does not wait for it.
    """
    last = last_environment(world)
    for model in Context(world.spec).served():
        target = serving.endpoint(world, last.name, model.name)
        old = serving.served_version(world, target)
        others = [item for item in serving.versions(world, model.name)[:2] if item != old]
        if not others:
            problems.append(f"{target.endpoint.name}: needs a second version, got {old} only")
            continue
        serving.approve(world, last, others[0])
        yield target, old, others[0]


def _start(world: World, target: ServingStackPlan, version: str, **more: str) -> str:
    stack = serving.machine(world, target.stack.scope)
    given = {"model": target.endpoint.model, "version": version, **more}
    return start(world, stack.stack.place, stack.pipeline.arn, given)


def _release(world: World, target: ServingStackPlan, version: str, **more: str) -> Ended:
    stack = serving.machine(world, target.stack.scope)
    given = {"model": target.endpoint.model, "version": version, **more}
    return run(world, stack.stack.place, stack.pipeline.arn, given)


def _failed(world: World, target: ServingStackPlan, done: Ended, old: str) -> list[str]:
    problems = []
    if done.status != "FAILED":
        problems.append(f"{target.endpoint.name}: the release must fail, got {done}")
    return problems + after(world, target, old)
