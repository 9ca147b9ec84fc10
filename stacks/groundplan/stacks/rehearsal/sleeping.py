"""Lets endpoints that scale to zero fall asleep, and asks them until they are awake."""

import json
from typing import Any

from botocore.exceptions import ClientError

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.stacks.rehearsal import serving
from groundplan.stacks.rehearsal.emulator.endpoints.components import fall_asleep
from groundplan.stacks.rehearsal.report import Phase
from groundplan.stacks.rehearsal.world import World

ASLEEP = "has no capacity"


def sleepers(world: World) -> tuple[ServingStackPlan, ...]:
    """Return the serving stacks of endpoints that scale to zero."""
    return tuple(stack for stack in world.endpoints() if stack.endpoint.component is not None)


def sleep_and_wake(world: World) -> Phase:
    """Ask a sleeping endpoint: one request fails, which wakes it. Then it sleeps again.

    So the next release meets it asleep, and has to wake it for its own test.
    """
    problems: list[str] = []
    for stack in sleepers(world):
        name, place = stack.endpoint.name, stack.stack.place
        world.say(f"{name} falls asleep and wakes")
        left = fall_asleep(place.account, place.region, name)
        if left:
            problems.append(f"{name}: must have no copy once nothing is asked, got {left}")
        first, second = _ask(world, stack), _ask(world, stack)
        if ASLEEP not in first:
            problems.append(f"{name}: a request must fail while it sleeps, got {first}")
        if second != "answered":
            problems.append(
                f"{name}: must answer once the first request has woken it, got {second}"
            )
        fall_asleep(place.account, place.region, name)
    return Phase(
        name="sleep and wake",
        detail=", ".join(stack.endpoint.name for stack in sleepers(world)),
        problems=tuple(problems),
    )


def _ask(world: World, stack: ServingStackPlan) -> str:
    """Send the first stored case of the version that is served; return what came of it."""
    cases = _cases(world, stack)
    runtime = world.client("sagemaker-runtime", stack.stack.place)
    try:
        runtime.invoke_endpoint(
            EndpointName=stack.endpoint.name,
            InferenceComponentName=stack.endpoint.name,
            ContentType=cases["content_type"],
            Body=cases["cases"][0]["body"].encode(),
        )
    except ClientError as exc:
        return str(exc)
    return "answered"


def _cases(world: World, stack: ServingStackPlan) -> Any:
    tooling = Context(world.spec).tooling
    version = serving.served_version(world, stack)
    package = world.client("sagemaker", tooling).describe_model_package(ModelPackageName=version)
    uri = package["CustomerMetadataProperties"]["groundplan.cases_uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return json.loads(world.client("s3", tooling).get_object(Bucket=bucket, Key=key)["Body"].read())
