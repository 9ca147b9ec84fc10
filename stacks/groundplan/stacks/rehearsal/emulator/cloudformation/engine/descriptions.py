"""Operations that read stacks, as CloudFormation's API has them."""

from collections.abc import Mapping
from typing import Any

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.change_set import ChangeSet
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ValidationError
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.operations import (
    find_change_set,
    template_body,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.region import Region
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.stack import Stack, StackResource
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.template import Template

Request = Mapping[str, Any]


def stacks(region: Region, request: Request) -> dict[str, Any]:
    """DescribeStacks."""
    if "StackName" in request:
        return {"Stacks": [_stack(region.get(request["StackName"]))]}
    return {"Stacks": [_stack(stack) for stack in region.stacks.values() if not stack.deleted]}


def summaries(region: Region, request: Request) -> dict[str, Any]:
    """ListStacks."""
    wanted = request.get("StackStatusFilter")
    return {
        "StackSummaries": [
            _summary(stack)
            for stack in region.stacks.values()
            if not wanted or stack.status in wanted
        ]
    }


def events(region: Region, request: Request) -> dict[str, Any]:
    """DescribeStackEvents, newest first."""
    stack = region.get(request["StackName"])
    return {
        "StackEvents": [
            {
                "StackId": stack.id,
                "StackName": stack.name,
                "EventId": f"{stack.id.rsplit('/', 1)[1]}-{event.id:06}",
                "LogicalResourceId": event.logical_id,
                "PhysicalResourceId": event.physical_id,
                "ResourceType": event.type,
                "ResourceStatus": event.status,
                "ResourceStatusReason": event.reason or None,
                "ClientRequestToken": event.token,
                "Timestamp": event.time,
            }
            for event in reversed(stack.events)
        ]
    }


def resources(region: Region, request: Request) -> dict[str, Any]:
    """DescribeStackResources."""
    stack = region.get(request["StackName"])
    wanted = request.get("LogicalResourceId")
    return {
        "StackResources": [
            _resource(stack, item) | {"Timestamp": item.time}
            for item in stack.resources.values()
            if wanted in (None, item.logical_id)
        ]
    }


def resource(region: Region, request: Request) -> dict[str, Any]:
    """DescribeStackResource."""
    stack = region.get(request["StackName"])
    wanted = request["LogicalResourceId"]
    if wanted not in stack.resources:
        raise ValidationError(f"Resource {wanted} does not exist for stack {stack.name}")
    item = stack.resources[wanted]
    return {"StackResourceDetail": _resource(stack, item) | {"LastUpdatedTimestamp": item.time}}


def resource_summaries(region: Region, request: Request) -> dict[str, Any]:
    """ListStackResources."""
    stack = region.get(request["StackName"])
    return {
        "StackResourceSummaries": [
            _resource(stack, item) | {"LastUpdatedTimestamp": item.time}
            for item in stack.resources.values()
        ]
    }


def template(region: Region, request: Request) -> dict[str, Any]:
    """GetTemplate."""
    if "ChangeSetName" in request:
        found: Template | None = find_change_set(region, request).target.template
    else:
        found = region.get(request["StackName"]).template
    return {"TemplateBody": "" if found is None else found.body}


def template_summary(region: Region, request: Request) -> dict[str, Any]:
    """GetTemplateSummary."""
    stack = region.get(request["StackName"]) if "StackName" in request else None
    found = stack.template if stack else Template(template_body(region, request))
    if found is None:
        raise ValidationError("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
    types = sorted({item["Type"] for item in found.section("Resources").values()})
    return {
        "Description": found.description,
        "ResourceTypes": types,
        "Parameters": [
            {
                "ParameterKey": key,
                "ParameterType": declared["Type"],
                "DefaultValue": None if "Default" not in declared else str(declared["Default"]),
                "NoEcho": str(declared.get("NoEcho", False)).lower() == "true",
                "Description": declared.get("Description"),
            }
            for key, declared in found.section("Parameters").items()
        ],
    }


def exports(region: Region, request: Request) -> dict[str, Any]:
    """ListExports."""
    return {
        "Exports": [
            {"ExportingStackId": stack.id, "Name": name, "Value": value}
            for name, (stack, value) in sorted(region.exports().items())
        ]
    }


def imports(region: Region, request: Request) -> dict[str, Any]:
    """ListImports."""
    users = region.importers(request["ExportName"])
    if not users:
        raise ValidationError(f"Export '{request['ExportName']}' is not imported by any stack.")
    return {"Imports": users}


def stack_policy(region: Region, request: Request) -> dict[str, Any]:
    """GetStackPolicy."""
    return {"StackPolicyBody": region.get(request["StackName"]).policy}


def change_set(region: Region, request: Request) -> dict[str, Any]:
    """DescribeChangeSet."""
    found = find_change_set(region, request)
    return _change_set(found) | {
        "Changes": found.changes,
        "Capabilities": found.request.get("Capabilities", []),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": parameter.value}
            for key, parameter in found.target.parameters.items()
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in found.target.tags.items()],
    }


def change_sets(region: Region, request: Request) -> dict[str, Any]:
    """ListChangeSets."""
    stack = region.get(request["StackName"])
    found = (item for item in region.change_sets.values() if item.stack is stack)
    return {"Summaries": [_change_set(item) for item in found]}


def _change_set(found: ChangeSet) -> dict[str, Any]:
    return {
        "ChangeSetId": found.id,
        "ChangeSetName": found.name,
        "StackId": found.stack.id,
        "StackName": found.stack.name,
        "Status": found.status,
        "StatusReason": found.reason or None,
        "ExecutionStatus": found.execution_status,
        "Description": found.request.get("Description"),
        "CreationTime": found.created,
    }


def _summary(stack: Stack) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason or None,
        "TemplateDescription": stack.template.description if stack.template else None,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
    }


def _stack(stack: Stack) -> dict[str, Any]:
    return _summary(stack) | {
        "Description": stack.template.description if stack.template else None,
        "Capabilities": stack.capabilities,
        "DisableRollback": False,
        "EnableTerminationProtection": stack.protected,
        "RoleARN": stack.role,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        "Parameters": [
            {
                "ParameterKey": key,
                "ParameterValue": "****" if parameter.no_echo else parameter.value,
                "ResolvedValue": str(parameter.resolved) if parameter.from_ssm else None,
            }
            for key, parameter in stack.parameters.items()
        ],
        "Outputs": [
            {
                "OutputKey": output.key,
                "OutputValue": output.value,
                "Description": output.description,
                "ExportName": output.export,
            }
            for output in stack.outputs
        ],
    }


def _resource(stack: Stack, item: StackResource) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "LogicalResourceId": item.logical_id,
        "PhysicalResourceId": item.physical_id,
        "ResourceType": item.type,
        "ResourceStatus": item.status,
        "ResourceStatusReason": item.reason or None,
    }
