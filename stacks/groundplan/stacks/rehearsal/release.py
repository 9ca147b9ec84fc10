"""Lets models travel: from the registry by events to each environment, with approvals in between."""

from groundplan.blueprints.plan.approvals import approval_for, approved_on_registration
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.release_events import release_chain, told_by_registry
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.blueprints.spec import EnvironmentSpec
from groundplan.pipelines.step_functions.served import ENDPOINT_MISSING
from groundplan.stacks.rehearsal import answers, serving
from groundplan.stacks.rehearsal.executions import ended, find, run, running
from groundplan.stacks.rehearsal.report import Phase, counted
from groundplan.stacks.rehearsal.world import World


def release(world: World) -> Phase:
    """Follow the newest version of every model through all environments; success is what is served."""
    problems: list[str] = []
    seen, tagged = [], []
    for model in Context(world.spec).served():
        version = serving.versions(world, model.name)[-1]
        for environment in travels(world, model.name, version, problems):
            who = _arrives(world, environment, model.name, version, problems)
            seen.append(f"{environment.name} ({who})")
            target = serving.endpoint(world, environment.name, model.name)
            tagged.append(answers.tagged(world, target, version, problems))
    named = f"{sum(tagged)} of {counted(len(tagged), 'endpoint')} with version and data in answers"
    return Phase(name="release", detail=", ".join((*seen, named)), problems=tuple(problems))


def travels(
    world: World, model: str, version: str, problems: list[str]
) -> tuple[EnvironmentSpec, ...]:
    """Let a version begin its way, with an approval where one is needed; return where it goes."""
    context = Context(world.spec)
    first = told_by_registry(context)
    if not approved_on_registration(context):
        asker = next(item for item in first if item.stage != "development")
        started = find(
            world,
            serving.machine(world, asker.name).stack.place,
            serving.machine(world, asker.name).pipeline.arn,
            lambda given: given["version"] == version,
            seconds=0,
        )
        if started is not None:
            problems.append(f"{model}: no release may start before its approval, got {started}")
        serving.approve(world, asker, version)
    return (*first, *release_chain(context)[1:])


def _arrives(
    world: World, environment: EnvironmentSpec, model: str, version: str, problems: list[str]
) -> str:
    """Await one environment's release, approving where it waits; return who approved."""
    world.say(f"release of {model} to {environment.name}")
    execution = started(world, environment, model, version, problems)
    if execution is None:
        return "never started"
    place = serving.machine(world, environment.name).stack.place
    target = serving.endpoint(world, environment.name, model)
    who = "by itself"
    asked = approval_for(Context(world.spec), environment)
    if asked is not None and asked.by == "status":
        who = f"approved by {serving.approver(world, environment)}"
    if asked is not None and asked.by == "life_cycle":
        if not running(world, place, execution):
            problems.append(f"{target.endpoint.name}: must wait for its approval, got its end")
        serving.approve(world, environment, version)
        who = f"approved by {serving.approver(world, environment)}"
    done = ended(world, place, execution)
    if done.error == ENDPOINT_MISSING and not world.deployer.releases_by_stack:
        # The first version of an endpoint that a deployment makes.
        world.deployer.set_up_endpoint(world, target, version)
        given = {"model": model, "version": version}
        done = run(world, place, serving.machine(world, environment.name).pipeline.arn, given)
    if done.status != "SUCCEEDED":
        problems.append(f"{target.endpoint.name}: the release must succeed, got {done}")
    problems += after(world, target, version)
    return who


def started(
    world: World, environment: EnvironmentSpec, model: str, version: str, problems: list[str]
) -> str | None:
    """Return the execution that events have started for a version."""
    stack = serving.machine(world, environment.name)
    found = find(
        world,
        stack.stack.place,
        stack.pipeline.arn,
        lambda given: given["model"] == model and given["version"] == version,
    )
    if found is None:
        lost = [f"{item.rule_arn} {item.reason}" for item in world.emulator.undelivered()]
        problems.append(
            f"{stack.pipeline.name}: an event must start it with {version}, got nothing"
            + "".join(f"; {item}" for item in lost)
        )
    return found


def after(world: World, stack: ServingStackPlan, version: str) -> list[str]:
    """Return what is wrong once a release has ended and ``version`` must be served."""
    name = stack.endpoint.name
    found = {
        "serve": serving.served_version(world, stack),
        "be asked to serve": serving.asked_version(world, stack),
        "be recorded to serve": serving.recorded_version(world, stack),
    }
    problems = [
        f"{name}: must {what} {version}, got {value}"
        for what, value in found.items()
        if value != version
    ]
    status = serving.unrest(world, stack)
    if status is not None:
        problems.append(f"{name}: must be at rest, got {status}")
    holder = serving.lock_holder(world, stack)
    if holder is not None:
        problems.append(f"{name}: the lock must be given back, got {holder}")
    return problems


def settle(world: World) -> None:
    """Await the end of every release; one that waits for an approval of its own is stopped."""
    context = Context(world.spec)
    for environment in (*told_by_registry(context), *release_chain(context)[1:]):
        stack = serving.machine(world, environment.name)
        machines = world.client("stepfunctions", stack.stack.place)
        asked = approval_for(context, environment)
        for item in machines.list_executions(
            stateMachineArn=stack.pipeline.arn, statusFilter="RUNNING"
        )["executions"]:
            if asked is not None and asked.by == "life_cycle":
                machines.stop_execution(executionArn=item["executionArn"], cause="nobody approves")
            ended(world, stack.stack.place, item["executionArn"])


def deploy_after_release(world: World) -> Phase:
    """Deploy what endpoints are in again: the model that is served must stay."""
    problems = []
    before = {
        stack.endpoint.name: serving.served_version(world, stack) for stack in world.endpoints()
    }
    world.deployer.deploy_endpoints(world)
    for stack in world.endpoints():
        name = stack.endpoint.name
        served = serving.served_version(world, stack)
        if served != before[name]:
            problems.append(f"{name}: a deployment must not change the model, got {served}")
    return Phase(
        name="deploy after release",
        detail=f"{counted(len(before), 'endpoint')} as before",
        problems=tuple(problems),
    )
