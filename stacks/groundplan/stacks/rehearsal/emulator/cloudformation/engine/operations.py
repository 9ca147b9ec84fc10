"""Operations that change stacks, as CloudFormation's API has them."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from moto.cloudformation.utils import get_stack_from_s3_url

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.change_set import ChangeSet
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.deployment import (
    Deployment,
    delete_stack,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import (
    AlreadyExists,
    ChangeSetNotFound,
    ResourceFailed,
    ValidationError,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.policy import check_policy
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.preview import preview
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.region import Region
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.rollback import roll_back
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.stack import Stack
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.target import Target, prepare
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.template import Template

Request = Mapping[str, Any]
UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)


def create(region: Region, request: Request) -> dict[str, Any]:
    """CreateStack."""
    if region.find(request["StackName"]):
        raise AlreadyExists(f"Stack [{request['StackName']}] already exists")
    stack = _new_stack(region, request["StackName"], "CREATE_IN_PROGRESS")
    target = _target(region, stack, request)
    stack.policy = _policy(request, "StackPolicyBody")
    stack.protected = request.get("EnableTerminationProtection", False)
    region.stacks[stack.id] = stack
    _deploy(region, stack, target, request)
    return {"StackId": stack.id}


def update(region: Region, request: Request) -> dict[str, Any]:
    """UpdateStack."""
    stack = region.get(request["StackName"])
    _check_updatable(stack)
    target = _target(region, stack, request)
    if not target.differs_from(stack):
        raise ValidationError("No updates are to be performed.")
    stack.policy = _policy(request, "StackPolicyBody") or stack.policy
    _deploy(region, stack, target, request)
    return {"StackId": stack.id}


def delete(region: Region, request: Request) -> dict[str, Any]:
    """DeleteStack."""
    stack = region.find(request["StackName"])
    if stack is None or stack.deleted is not None:
        return {}
    if stack.protected:
        raise ValidationError(
            f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )
    spared = frozenset(request.get("RetainResources", ()))
    if spared and stack.status != "DELETE_FAILED":
        raise ValidationError(
            "Invalid operation on stack: RetainResources needs a stack in DELETE_FAILED"
        )
    _begin(stack, request)
    delete_stack(region, stack, spared)
    return {}


def create_change_set(region: Region, request: Request) -> dict[str, Any]:
    """CreateChangeSet."""
    kind = request.get("ChangeSetType", "UPDATE")
    stack = region.find(request["StackName"])
    if kind == "CREATE":
        if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise AlreadyExists(f"Stack [{stack.name}] already exists and cannot be created again")
        stack = stack or _new_stack(region, request["StackName"], "")
    elif kind == "UPDATE":
        stack = region.get(request["StackName"])
        _check_updatable(stack)
    else:
        raise ValidationError(f"Change set type is not emulated: {kind}")
    target = _target(region, stack, request)
    changes = preview(stack, target)
    if kind == "CREATE" and stack.id not in region.stacks:
        region.stacks[stack.id] = stack
        stack.report("REVIEW_IN_PROGRESS", "User Initiated")
    name = request["ChangeSetName"]
    change_set = ChangeSet(
        id=region.account.arn("cloudformation", f"changeSet/{name}/{_number(region, name)}"),
        name=name,
        kind=kind,
        stack=stack,
        target=target,
        request=request,
        changes=changes,
    )
    if not target.differs_from(stack):
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.reason = NO_CHANGES
    region.change_sets[change_set.id] = change_set
    return {"Id": change_set.id, "StackId": stack.id}


def execute_change_set(region: Region, request: Request) -> dict[str, Any]:
    """ExecuteChangeSet."""
    change_set = find_change_set(region, request)
    if change_set.execution_status != "AVAILABLE":
        raise ValidationError(
            f"ChangeSet [{change_set.id}] cannot be executed in its current status of "
            f"[{change_set.status}]"
        )
    stack = change_set.stack
    if change_set.kind == "UPDATE":
        _check_updatable(stack)
    for other in region.change_sets.values():
        if other.stack is stack:
            other.execution_status = "OBSOLETE"
    change_set.execution_status = "EXECUTE_COMPLETE"
    _deploy(region, stack, change_set.target, {**change_set.request, **request})
    return {}


def delete_change_set(region: Region, request: Request) -> dict[str, Any]:
    """DeleteChangeSet; one that does not exist is as good as deleted."""
    with suppress(ChangeSetNotFound):
        del region.change_sets[find_change_set(region, request).id]
    return {}


def set_stack_policy(region: Region, request: Request) -> dict[str, Any]:
    """SetStackPolicy."""
    region.get(request["StackName"]).policy = _policy(request, "StackPolicyBody")
    return {}


def update_termination_protection(region: Region, request: Request) -> dict[str, Any]:
    """UpdateTerminationProtection."""
    stack = region.get(request["StackName"])
    stack.protected = request["EnableTerminationProtection"]
    return {"StackId": stack.id}


def find_change_set(region: Region, request: Request) -> ChangeSet:
    """The change set that a request names, the newest of its name.

    Raises:
        ChangeSetNotFound: There is none.
    """
    name = request["ChangeSetName"]
    for change_set in reversed(region.change_sets.values()):
        stacks = (change_set.stack.name, change_set.stack.id)
        named = change_set.name == name and request.get("StackName") in stacks
        if change_set.id == name or named:
            return change_set
    raise ChangeSetNotFound(f"ChangeSet [{name}] does not exist")


def template_body(region: Region, request: Request) -> str:
    """Text of the template in a request.

    Raises:
        ValidationError: The request has none.
    """
    if "TemplateBody" in request:
        return str(request["TemplateBody"])
    if "TemplateURL" in request:
        account = region.account
        return get_stack_from_s3_url(request["TemplateURL"], account.id, account.partition)
    raise ValidationError("Either Template URL or Template Body must be specified.")


def _new_stack(region: Region, name: str, status: str) -> Stack:
    id = region.account.arn("cloudformation", f"stack/{name}/{_number(region, name)}")
    return Stack(id=id, name=name, status=status)


def _number(region: Region, name: str) -> uuid.UUID:
    """Random looking, and the same in each run."""
    count = len(region.stacks) + len(region.change_sets)
    seed = f"{region.account.id}/{region.account.region}/{name}/{count}"
    return uuid.uuid5(uuid.NAMESPACE_URL, seed)


def _check_updatable(stack: Stack) -> None:
    if stack.status not in UPDATABLE:
        raise ValidationError(
            f"Stack:{stack.id} is in {stack.status} state and can not be updated."
        )


def _target(region: Region, stack: Stack, request: Request) -> Target:
    if request.get("UsePreviousTemplate"):
        if stack.template is None:
            raise ValidationError("UsePreviousTemplate needs a stack that has a template.")
        template = stack.template
    else:
        template = Template(template_body(region, request))
    tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]} if request.get("Tags") else None
    return prepare(
        region,
        stack,
        template,
        request.get("Parameters", []),
        stack.tags if tags is None else tags,
        request.get("Capabilities", []),
    )


def _policy(request: Request, key: str) -> str | None:
    policy = request.get(key)
    if policy is not None:
        check_policy(policy)
    return policy


def _begin(stack: Stack, request: Request) -> None:
    stack.token = request.get("ClientRequestToken")
    stack.role = request.get("RoleARN", stack.role)


def _deploy(region: Region, stack: Stack, target: Target, request: Request) -> None:
    first = stack.template is None
    verb = "CREATE" if first else "UPDATE"
    _begin(stack, request)
    during = _policy(request, "StackPolicyDuringUpdateBody")
    stack.report(f"{verb}_IN_PROGRESS", "User Initiated")
    deployment = Deployment(
        region,
        stack,
        target,
        policy=during or stack.policy,
        imports_existing=request.get("ImportExistingResources", False),
    )
    try:
        deployment.apply()
    except ResourceFailed as exc:
        prefix = "" if first else "UPDATE_"
        roll_back(region, stack, deployment.roll_back, str(exc), prefix=prefix)
        if first:
            stack.template, stack.parameters = target.template, dict(target.parameters)
        return
    stack.template, stack.parameters = target.template, dict(target.parameters)
    stack.tags, stack.capabilities = dict(target.tags), list(request.get("Capabilities", []))
    stack.outputs, stack.imports = deployment.outputs, deployment.imports
    if not first:
        stack.updated = stack.events[-1].time
        stack.report("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    deployment.clean_up()
    stack.report(f"{verb}_COMPLETE")
