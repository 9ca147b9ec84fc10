"""Integrations and their arguments against the models of the APIs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from groundplan.stacks.rehearsal.asl.graph import scopes
from groundplan.stacks.rehearsal.asl.problem import Problem
from groundplan.stacks.rehearsal.emulator.step_functions.services import operation_model
from groundplan.stacks.rehearsal.emulator.step_functions.shapes import pascal

_RESOURCE = re.compile(
    r"arn:[a-z-]+:states:::(?P<sdk>aws-sdk:)?(?P<service>[a-z0-9]+):(?P<action>[A-Za-z0-9]+)"
    r"(?:\.(?P<pattern>sync(?::2)?|waitForTaskToken))?"
)
SYNC_RESULTS = {
    ("batch", "submitJob"): ("batch", "describeJobs"),
    ("codebuild", "startBuild"): ("codebuild", "batchGetBuilds"),
    ("sagemaker", "createHyperParameterTuningJob"): (
        "sagemaker",
        "describeHyperParameterTuningJob",
    ),
    ("sagemaker", "createProcessingJob"): ("sagemaker", "describeProcessingJob"),
    ("sagemaker", "createTrainingJob"): ("sagemaker", "describeTrainingJob"),
    ("sagemaker", "createTransformJob"): ("sagemaker", "describeTransformJob"),
    ("states", "startExecution"): ("states", "describeExecution"),
}
"""What a task that waits ends with: the answer of this call."""
OPTIMISED = {
    ("batch", "submitJob"),
    ("codebuild", "startBuild"),
    ("dynamodb", "deleteItem"),
    ("dynamodb", "getItem"),
    ("dynamodb", "putItem"),
    ("dynamodb", "updateItem"),
    ("events", "putEvents"),
    ("sagemaker", "createEndpoint"),
    ("sagemaker", "createEndpointConfig"),
    ("sagemaker", "createHyperParameterTuningJob"),
    ("sagemaker", "createModel"),
    ("sagemaker", "createProcessingJob"),
    ("sagemaker", "createTrainingJob"),
    ("sagemaker", "createTransformJob"),
    ("sagemaker", "updateEndpoint"),
    ("sns", "publish"),
    ("sqs", "sendMessage"),
    ("states", "startExecution"),
}
"""The optimised integrations of AWS that a machine here may use."""
_NUMBERS = ("integer", "long", "float", "double")


def is_code(value: object) -> bool:
    """Whether a value is JSONata."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def operation_of(resource: str) -> OperationModel:
    """The operation that a task state calls.

    Raises:
        ValueError: There is none, or Step Functions does not offer it in that way.
    """
    match = _RESOURCE.fullmatch(resource)
    if match is None:
        raise ValueError(f"no integration: {resource}")
    key = (match["service"], match["action"])
    if match["sdk"] is None and key not in OPTIMISED:
        raise ValueError(f"{':'.join(key)} is no optimised integration, only one of the SDK")
    if match["pattern"] in ("sync", "sync:2") and (match["sdk"] or key not in SYNC_RESULTS):
        raise ValueError(f"{':'.join(key)} cannot be waited for")
    try:
        return operation_model(*key)
    except UnknownServiceError as exc:
        raise ValueError(f"no service {match['service']}") from exc


def result_shape(resource: str) -> Shape | None:
    """What a task's result looks like; ``None``: unknown."""
    match = _RESOURCE.fullmatch(resource)
    if match is None or match["pattern"] == "waitForTaskToken":
        return None
    key = (match["service"], match["action"])
    if match["pattern"] is not None:
        key = SYNC_RESULTS.get(key, key)
        if key[0] in ("batch", "codebuild"):
            return None  # one element of the answer
    try:
        return operation_model(*key).output_shape
    except (UnknownServiceError, ValueError):
        return None  # reported where the integration is checked


def check(machine: Mapping[str, Any]) -> Iterator[Problem]:
    """Integrations that do not exist, and arguments that do not fit their operation."""
    for scope in scopes(machine):
        for name, state in scope["States"].items():
            if state["Type"] == "Task":
                yield from _check_task(name, state)


def _check_task(name: str, state: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        operation = operation_of(state["Resource"])
    except ValueError as exc:
        yield Problem(name, str(exc))
        return
    arguments = state.get("Arguments", {})
    if operation.input_shape is not None and not is_code(arguments):
        for text in _misfits(arguments, operation.input_shape, "Arguments"):
            yield Problem(name, text)


def _misfits(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if is_code(value):
        return
    if isinstance(shape, StructureShape):
        yield from _structure(value, shape, path)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{path} must be a list, got {value!r}"
            return
        for index, item in enumerate(value):
            yield from _misfits(item, shape.member, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        if not isinstance(value, dict):
            yield f"{path} must be an object, got {value!r}"
            return
        for key, item in value.items():
            yield from _misfits(item, shape.value, f"{path}.{key}")
    else:
        yield from _scalar(value, shape, path)


def _structure(value: Any, shape: StructureShape, path: str) -> Iterator[str]:
    if getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, dict):
        yield f"{path} must be an object, got {value!r}"
        return
    members = {pascal(name): name for name in shape.members}
    for key, item in value.items():
        if key in members:
            yield from _misfits(item, shape.members[members[key]], f"{path}.{key}")
        else:
            yield f"{path} has no member {key}"
    for name in shape.required_members:
        generated = shape.members[name].metadata.get("idempotencyToken", False)
        if pascal(name) not in value and not generated:
            yield f"{path} lacks {pascal(name)}"


def _scalar(value: Any, shape: Shape, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "string":
        # Step Functions writes JSON where an API wants a text
        if not isinstance(value, str | dict | list):
            yield f"{path} must be a text, got {value!r}"
        elif isinstance(value, str):
            yield from _text(value, shape, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{path} must be true or false, got {value!r}"
    elif kind in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield f"{path} must be a number, got {value!r}"
            return
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if (low is not None and value < low) or (high is not None and value > high):
            yield f"{path} must be from {low} to {high}, got {value!r}"


def _text(value: str, shape: Shape, path: str) -> Iterator[str]:
    if "{%" in value:
        yield f"{path} is not evaluated, since it does not begin and end with its marks: {value!r}"
    if "${" in value:
        return  # a placeholder
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield f"{path} must be one of {', '.join(allowed)}, got {value!r}"
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if len(value) < low or (high is not None and len(value) > high):
        yield f"{path} must have {low} to {high} characters, got {value!r}"
