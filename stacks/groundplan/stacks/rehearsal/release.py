"""Releases a model to every environment, and fails to in both ways that AWS fails."""

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.endpoint import NO_MODEL
from groundplan.blueprints.plan.stacks import ServingStackPlan
from groundplan.stacks.rehearsal.day_zero import deploy
from groundplan.stacks.rehearsal.report import Phase, counted
from groundplan.stacks.rehearsal.world import World

WAIT = {"Delay": 1, "MaxAttempts": 60}


def approve_newest(world: World, model: str) -> str:
    """Approve the newest version of a model and return its ARN."""
    group = next(
        registry
        for stack in world.stacks()
        for registry in getattr(stack, "registries", ())
        if registry.name == Context(world.spec).registry_name(model)
    )
    place = world.plan.stages[0].place
    registry = world.client("sagemaker", place)
    listed = registry.list_model_packages(
        ModelPackageGroupName=group.name, SortBy="CreationTime", SortOrder="Descending"
    )["ModelPackageSummaryList"]
    newest = max(listed, key=lambda item: item["ModelPackageVersion"])
    arn: str = newest["ModelPackageArn"]
    registry.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    return arn


def set_version(world: World, stack: ServingStackPlan, version: str) -> str:
    """Release by UpdateStack: the previous template, new parameters. Return the stack's status."""
    head = stack.stack
    cloudformation = world.client("cloudformation", head.place)
    cloudformation.update_stack(
        StackName=head.name,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "ModelVersion", "ParameterValue": version},
            {"ParameterKey": "ShadowModelVersion", "ParameterValue": NO_MODEL},
            {"ParameterKey": "Rollout", "ParameterValue": "planned"},
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    try:
        cloudformation.get_waiter("stack_update_complete").wait(
            StackName=head.name, WaiterConfig=WAIT
        )
    except WaiterError:
        pass  # the status below says how it ended
    status: str = _stack(world, stack)["StackStatus"]
    return status


def served_version(world: World, stack: ServingStackPlan) -> str:
    """Return the model package that the endpoint really serves, or ``none``."""
    sagemaker = world.client("sagemaker", stack.stack.place)
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=stack.endpoint.name)
    except ClientError:
        return NO_MODEL
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    version: str = model["PrimaryContainer"]["ModelPackageName"]
    return version


def asked_version(world: World, stack: ServingStackPlan) -> str:
    """Return the version in the stack's parameters."""
    parameters = _stack(world, stack)["Parameters"]
    found: str = next(
        item["ParameterValue"] for item in parameters if item["ParameterKey"] == "ModelVersion"
    )
    return found


def _stack(world: World, stack: ServingStackPlan) -> Any:
    head = stack.stack
    cloudformation = world.client("cloudformation", head.place)
    return cloudformation.describe_stacks(StackName=head.name)["Stacks"][0]


def release(world: World) -> Phase:
    """Serve the newest version everywhere; success is what the endpoint serves."""
    problems, names = [], []
    for stack in world.endpoints():
        endpoint = stack.endpoint
        world.say(f"release to {endpoint.name}")
        version = approve_newest(world, endpoint.model)
        status = set_version(world, stack, version)
        served = served_version(world, stack)
        if status != "UPDATE_COMPLETE" or served != version:
            problems.append(f"{endpoint.name}: must serve {version}, got {status} with {served}")
            continue
        world.client("ssm", stack.stack.place).put_parameter(
            Name=endpoint.live_parameter, Value=version, Type="String", Overwrite=True
        )
        names.append(endpoint.name)
    return Phase(name="release", detail=", ".join(names), problems=tuple(problems))


def deploy_after_release(world: World, assembly: Path) -> Phase:
    """Deploy the serving stacks again: the model that is served must stay."""
    problems = []
    before = {stack.endpoint.name: served_version(world, stack) for stack in world.endpoints()}
    for stage in world.plan.stages:
        if any(isinstance(stack, ServingStackPlan) for stack in stage.stacks):
            deploy(world, assembly, stage, ("serving-*",))
    for stack in world.endpoints():
        name = stack.endpoint.name
        served = served_version(world, stack)
        if served != before[name]:
            problems.append(f"{name}: a deployment must not change the model, got {served}")
    return Phase(
        name="deploy after release",
        detail=f"{counted(len(before), 'endpoint')} as before",
        problems=tuple(problems),
    )


def fail_to_release(world: World) -> Phase:
    """Release a second version while UpdateEndpoint fails, in both forms.

    In one the stack rolls back. In the other the stack reports success while a guardrail has put
    the endpoint back on its old config, so that only DescribeEndpoint tells.
    """
    problems, seen = [], []
    for stack in world.endpoints():
        name = stack.endpoint.name
        old = served_version(world, stack)
        new = approve_newest(world, stack.endpoint.model)
        if new == old:
            problems.append(f"{name}: a failed release needs a second version, got {new} only")
            continue
        world.say(f"failed releases to {name}")
        world.emulator.faults.endpoint_update = "fails"
        status = set_version(world, stack, new)
        served = served_version(world, stack)
        if (status, served, asked_version(world, stack)) != ("UPDATE_ROLLBACK_COMPLETE", old, old):
            problems.append(f"{name}: must roll back to {old}, got {status} with {served}")
        world.emulator.faults.endpoint_update = "rolls_back_silently"
        status = set_version(world, stack, new)
        served = served_version(world, stack)
        if (status, served) != ("UPDATE_COMPLETE", old):
            problems.append(f"{name}: must still serve {old}, got {status} with {served}")
        status = set_version(world, stack, old)
        if served_version(world, stack) != old or status != "UPDATE_COMPLETE":
            problems.append(f"{name}: must be repaired to {old}, got {status}")
        seen.append(name)
    return Phase(
        name="failed releases",
        detail=f"{', '.join(seen)}: rolled back, and told by DescribeEndpoint",
        problems=tuple(problems),
    )
