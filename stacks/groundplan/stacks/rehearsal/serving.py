"""What endpoints serve, what their stacks were asked for, and who approves a version."""

from typing import Any

from botocore.exceptions import ClientError, WaiterError

from groundplan.blueprints.plan.approvals import PRODUCTION_STAGE, approval_for
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.endpoint import NO_MODEL
from groundplan.blueprints.plan.stacks import ReleaseStackPlan, ServingStackPlan
from groundplan.blueprints.spec import EnvironmentSpec
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.world import World

WAIT = {"Delay": 1, "MaxAttempts": 60}


def versions(world: World, model: str) -> tuple[str, ...]:
    """Return the ARNs of a model's versions, oldest first."""
    context = Context(world.spec)
    listed = world.client("sagemaker", context.tooling).list_model_packages(
        ModelPackageGroupName=context.registry_name(model), MaxResults=100
    )["ModelPackageSummaryList"]
    return tuple(
        item["ModelPackageArn"] for item in sorted(listed, key=lambda i: i["ModelPackageVersion"])
    )


def approver(world: World, environment: EnvironmentSpec) -> str:
    """Return the name of the role that approves for an environment here."""
    asked = approval_for(Context(world.spec), environment)
    roles = asked.approver_roles if asked is not None else ()
    return roles[0].rpartition("/")[2] if roles else "an administrator"


def approve(world: World, environment: EnvironmentSpec, version: str) -> None:
    """Approve a version for an environment as one of its approvers.

    Where the spec names nobody, an administrator of the tooling account does.
    """
    context = Context(world.spec)
    asked = approval_for(context, environment)
    place = context.tooling
    role = next(iter(asked.approver_roles), None) if asked is not None else None
    registry = world.emulator.client("sagemaker", place.account, place.region, role)
    if asked is not None and asked.by == "life_cycle":
        answer: dict[str, Any] = {
            "ModelLifeCycle": {"Stage": PRODUCTION_STAGE, "StageStatus": "Approved"}
        }
    else:
        answer = {"ModelApprovalStatus": "Approved"}
    registry.update_model_package(ModelPackageArn=version, **answer)


def machine(world: World, environment: str) -> ReleaseStackPlan:
    """Return the release stack of an environment."""
    return next(
        stack
        for stack in world.stacks()
        if isinstance(stack, ReleaseStackPlan) and stack.stack.scope == environment
    )


def endpoint(world: World, environment: str, model: str) -> ServingStackPlan:
    """Return the serving stack of a model in an environment."""
    return next(
        stack
        for stack in world.endpoints()
        if stack.stack.scope == environment and stack.endpoint.model == model
    )


def served_version(world: World, stack: ServingStackPlan) -> str:
    """Return the model package that the endpoint really serves, or ``none``."""
    sagemaker = world.client("sagemaker", stack.stack.place)
    try:
        found = sagemaker.describe_endpoint(EndpointName=stack.endpoint.name)
    except ClientError:
        return NO_MODEL
    component = stack.endpoint.component
    if component is not None:
        shown = sagemaker.describe_inference_component(InferenceComponentName=component.name)
        served = shown["Specification"]["ModelName"]
    else:
        config = sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
        served = config["ProductionVariants"][0]["ModelName"]
    model = sagemaker.describe_model(ModelName=served)
    version: str = model["PrimaryContainer"]["ModelPackageName"]
    return version


def asked_version(world: World, stack: ServingStackPlan) -> str | None:
    """Return the version that the endpoint was last asked for, as the engine knows it."""
    account = _account(world, stack)
    return account.stack.asked(stack.endpoint, account).version


def unrest(world: World, stack: ServingStackPlan) -> str | None:
    """Return what an endpoint or its stack is at, or ``None``: it is at rest."""
    account = _account(world, stack)
    shown = account.read("sagemaker", "describe_endpoint", EndpointName=stack.endpoint.name)
    status = shown.get("EndpointStatus", "InService")
    return account.stack.unrest(account) or (None if status == "InService" else str(status))


def _account(world: World, stack: ServingStackPlan) -> Account:
    place = stack.stack.place
    return Account(
        lambda service: world.client(service, place),
        place=place,
        tags={},
        keys={},
        stack=world.deployer.deployed(world, stack),
    )


def recorded_version(world: World, stack: ServingStackPlan) -> str:
    """Return the version that the last release has recorded as live."""
    parameters = world.client("ssm", stack.stack.place)
    try:
        found: str = parameters.get_parameter(Name=stack.endpoint.live_parameter)["Parameter"][
            "Value"
        ]
    except ClientError:
        return NO_MODEL
    return found


def lock_holder(world: World, stack: ServingStackPlan) -> str | None:
    """Return the execution that holds the lock of releases to an endpoint."""
    environment = next(e for e in world.spec.environments if e.name == stack.stack.scope)
    table = Context(world.spec).lock_table_name(environment)
    found = world.client("dynamodb", stack.stack.place).get_item(
        TableName=table, Key={"id": {"S": f"release-{stack.endpoint.name}"}}
    )
    return str(found["Item"]["holder"]["S"]) if "Item" in found else None


def described(world: World, stack: ServingStackPlan) -> Any:
    """Return what CloudFormation shows of a serving stack."""
    head = stack.stack
    cloudformation = world.client("cloudformation", head.place)
    return cloudformation.describe_stacks(StackName=head.name)["Stacks"][0]


def update_by_hand(world: World, stack: ServingStackPlan, version: str) -> str:
    """Update a serving stack past the release machine, and return the stack's status."""
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
    status: str = described(world, stack)["StackStatus"]
    return status
