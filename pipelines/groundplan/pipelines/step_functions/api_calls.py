"""What a state machine does in AWS, so that its role can be given exactly that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.step_functions.compiler import definition

# IAM names that differ from the API's.
_RENAMED = {
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
}
# Prefixes of IAM actions that differ from the SDK's names of services.
_SERVICES = {
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sagemakerruntime": "sagemaker",
    "sfn": "states",
}
# A `.sync` task is told of its job's end by a managed EventBridge rule, and stops the job when it is
# stopped itself.
_WAITS = ("events:DescribeRule", "events:PutRule", "events:PutTargets")
_SYNC: dict[str, tuple[str, ...]] = {
    "batch:SubmitJob": ("batch:DescribeJobs", "batch:TerminateJob", *_WAITS),
    "sagemaker:CreateProcessingJob": (
        "sagemaker:DescribeProcessingJob",
        "sagemaker:StopProcessingJob",
        *_WAITS,
    ),
    "sagemaker:CreateTransformJob": (
        "sagemaker:DescribeTransformJob",
        "sagemaker:StopTransformJob",
        *_WAITS,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call that a state makes.

    ``actions`` are the IAM actions that it needs, ``arguments`` what it is given: literals, JSONata,
    or JSONata as a whole.
    """

    state: str
    actions: tuple[str, ...]
    arguments: Any


def api_calls(pipeline: Pipeline) -> tuple[str, ...]:
    """The IAM actions that the state machine's role needs, sorted.

    ``kms:Decrypt`` stands for reading the reports, which a customer-managed key encrypts.

    Raises:
        KeyError: If a step waits for a job in a way that has no known actions.
    """
    found = {action for request in requests(definition(pipeline)) for action in request.actions}
    return tuple(sorted(found | ({"kms:Decrypt"} if "s3:GetObject" in found else set())))


def requests(machine: Mapping[str, Any]) -> Iterator[Request]:
    """Every call that the states of a definition make, those of inner machines too.

    Raises:
        KeyError: If a state waits for a job in a way that has no known actions.
    """
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            yield Request(state=name, actions=tuple(_actions(state)), arguments=state["Arguments"])
        for inner in (*state.get("Branches", ()), state.get("ItemProcessor")):
            if inner is not None:
                yield from requests(inner)


def iam_action(service: str, action: str) -> str:
    """The IAM action of a call, by the SDK's names of its service and itself."""
    found = f"{_SERVICES.get(service, service)}:{action[:1].upper()}{action[1:]}"
    return _RENAMED.get(found, found)


def _actions(task: Mapping[str, Any]) -> Iterator[str]:
    integration = str(task["Resource"]).split(":states:::", 1)[1].removeprefix("aws-sdk:")
    service, call = integration.split(":", 1)
    name, _, pattern = call.partition(".")
    action = iam_action(service, name)
    yield action
    if pattern:
        yield from _SYNC[action]
    arguments = task["Arguments"]
    if isinstance(arguments, str) and "'Tags'" in arguments:
        yield f"{action.partition(':')[0]}:AddTags"
    if isinstance(arguments, dict):
        if "Tags" in arguments:
            yield (
                "batch:TagResource" if service == "batch" else f"{action.partition(':')[0]}:AddTags"
            )
        inner = [
            arguments.get(name, {}) for name in ("ContainerProperties", "TrainingJobDefinition")
        ]
        if {"ExecutionRoleArn", "RoleArn"} & set().union(arguments, *inner):
            yield "iam:PassRole"
