"""The account and region that a stack deploys to, and how its services are called."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ResourceFailed

UNDOING = ("Delete", "Deregister", "Detach", "Disassociate", "Remove", "Revoke", "Unsubscribe")
GONE = ("Could not find", "NoSuch", "NotFound", "does not exist")
ClientFactory = Callable[[str, str, str], Any]
"""Service, account and region -> a boto3 client."""


class Account:
    """One account in one region, reached through its service APIs as its users reach it.

    botocore checks every request against AWS's own model of the service: a property that does not
    exist there is an error, never dropped.
    """

    partition = "aws"

    def __init__(self, client_for: ClientFactory, id: str, region: str) -> None:
        self._client_for = client_for
        self.id = id
        self.region = region

    def arn(self, service: str, resource: str) -> str:
        """ARN of a regional resource of this account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call an API operation.

        Args:
            service: As boto3 names it.
            operation: In the API's own CamelCase.
            **parameters: The request, spelt as CloudFormation or as the API spells it; ``None`` is
                left out. Texts become numbers and trees become JSON where the API wants that.

        What an operation shall take away may be gone already: that is no error.

        Raises:
            ResourceFailed: The service refuses.
        """
        client = self._client_for(service, self.id, self.region)
        shape = client.meta.service_model.operation_model(operation).input_shape
        request = {name: value for name, value in parameters.items() if value is not None}
        names = client.meta.method_to_api_mapping
        method = next(name for name, api in names.items() if api == operation)
        try:
            response: dict[str, Any] = getattr(client, method)(**to_shape(request, shape))
        except (BotoCoreError, ClientError, ValueError) as exc:
            if operation.startswith(UNDOING) and _says_gone(exc):
                return {}
            raise ResourceFailed(f"{service}:{operation}: {exc}") from exc
        return response


def _says_gone(error: Exception) -> bool:
    return isinstance(error, ClientError) and any(sign in str(error) for sign in GONE)


def to_shape(value: Any, shape: Shape | None) -> Any:
    """``value`` in the form that ``shape`` of a service's model asks for."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        spelling = {name.lower(): name for name in shape.members}
        spelt = [(spelling.get(key.lower()) or key, item) for key, item in value.items()]
        return {key: to_shape(item, shape.members.get(key)) for key, item in spelt}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [to_shape(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: to_shape(item, shape.value) for key, item in value.items()}
    return _scalar(value, shape.type_name if shape else "")


def _scalar(value: Any, kind: str) -> Any:
    if kind == "string" and isinstance(value, dict | list):
        return json.dumps(value)
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if kind in ("integer", "long") and isinstance(value, str):
        return int(value)
    if kind in ("float", "double") and isinstance(value, str):
        return float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
