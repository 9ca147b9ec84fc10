"""Which API a task state names, and how its errors are called."""

import re
from functools import cache

import botocore.session
from botocore.exceptions import ClientError
from botocore.model import OperationModel, ServiceModel

_CLIENTS = {
    "applicationautoscaling": "application-autoscaling",
    "cloudwatchlogs": "logs",
    "costexplorer": "ce",
    "eventbridge": "events",
    "sagemakerruntime": "sagemaker-runtime",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}
"""Names of Step Functions that differ from those of boto3."""

_OPTIMISED = {
    "batch": "Batch",
    "dynamodb": "DynamoDB",
    "events": "EventBridge",
    "sagemaker": "SageMaker",
    "sns": "SNS",
    "states": "StepFunctions",
}
"""Name in errors of each optimised integration that this emulator has."""


@cache
def service_model(name: str) -> ServiceModel:
    """The API model of a service by its name in a resource ARN.

    Raises:
        botocore.exceptions.UnknownServiceError: There is no such service.
    """
    model: ServiceModel = botocore.session.get_session().get_service_model(client_name(name))
    return model


def client_name(name: str) -> str:
    """The service's name in boto3."""
    return _CLIENTS.get(name, name)


def operation_model(service: str, action: str) -> OperationModel:
    """The operation of a camelCase API action.

    Raises:
        ValueError: The service has no such action.
    """
    model = service_model(service)
    operation = action[:1].upper() + action[1:]
    if operation not in model.operation_names:
        raise ValueError(f"The service '{service}' has no API action '{action}'")
    return model.operation_model(operation)


def error_name(service: str, *, optimised: bool, error: ClientError) -> str:
    """The error's name in Retry and Catch, ``SageMaker.ResourceInUseException`` for example.

    Errors that the API model does not define have the name of the SDK's general exception.
    """
    code = str(error.response["Error"]["Code"]).rsplit("#", 1)[-1]
    model = service_model(service)
    prefix = _OPTIMISED[service] if optimised else _prefix(model.service_id)
    for shape in model.error_shapes:
        if code in (shape.name, getattr(shape, "error_code", None)):
            return f"{prefix}.{shape.name.removesuffix('Exception')}Exception"
    general = "AWS" if service == "batch" else "Amazon"
    return f"{prefix}.{general if optimised else ''}{prefix}Exception"


def _prefix(service_id: object) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|[0-9]+", str(service_id))
    return "".join(word.capitalize() for word in words)
