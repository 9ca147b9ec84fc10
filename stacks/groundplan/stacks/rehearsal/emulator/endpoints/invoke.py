"""InvokeEndpoint: asks the model that an endpoint really serves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from groundplan.stacks.rehearsal.emulator.endpoints import components
from groundplan.stacks.rehearsal.emulator.endpoints.containers import (
    ATTRIBUTES,
    Answer,
    ContainerError,
    Containers,
    served_by,
)

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

_COMPONENT = "X-Amzn-SageMaker-Inference-Component"
_PASSED_ON = ("Content-Type", "Accept")


class NoEndpoint(ServiceException):
    """There is no such endpoint or variant."""

    code = "ValidationError"


class ModelError(ServiceException):
    """The container refuses or does not answer."""

    code = "ModelError"

    def __init__(self, message: str, status: int, said: str) -> None:
        super().__init__(message)
        self.OriginalStatusCode = status
        self.OriginalMessage = said


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Answer with models until the context ends; then stop them."""
    containers = Containers(emulator)

    def invoke_endpoint(self: Any) -> tuple[int, dict[str, str], bytes]:
        name = self.path.split("/")[2]
        backend = sagemaker_backends[self.current_account][self.region]
        if name not in backend.endpoints:
            raise NoEndpoint(f"Endpoint {name} of account {self.current_account} not found.")
        endpoint: Any = backend.endpoints[name]
        config = backend.endpoint_configs[endpoint.endpoint_config_name]
        variant = _variant(name, config, self.headers.get("X-Amzn-SageMaker-Target-Variant"))
        model = _model(backend, name, variant, self.headers.get(_COMPONENT))
        body = self.body if isinstance(self.body, bytes) else str(self.body).encode()
        headers = {key: self.headers[key] for key in _PASSED_ON if key in self.headers}
        try:
            served = served_by(backend, model)
            container = containers.get(
                self.current_account, self.region, endpoint.endpoint_config_name, served
            )
            answer = container.ask(body, headers)
        except (ContainerError, AWSValidationException, ClientError) as exc:
            raise ModelError(f"{variant['VariantName']} does not answer: {exc}", 500, "") from exc
        if answer.status >= 400:
            said = answer.body.decode(errors="replace")
            raise ModelError(
                f"Received client error ({answer.status}) from {variant['VariantName']} with "
                f'message "{said}".',
                answer.status,
                said,
            )
        shown = _skewed(answer) if name in emulator.faults.skew else answer.body
        return (
            200,
            {
                "Content-Type": answer.content_type,
                "x-Amzn-Invoked-Production-Variant": variant["VariantName"],
                **({ATTRIBUTES: answer.attributes} if answer.attributes else {}),
            },
            shown,
        )

    with mock.patch.object(SageMakerRuntimeResponse, "invoke_endpoint", invoke_endpoint):
        try:
            yield
        finally:
            containers.stop()


def _model(backend: Any, endpoint: str, variant: Any, component: str | None) -> str:
    """The model of the variant, or of the inference component that is named where there are some."""
    if "ModelName" in variant:
        return str(variant["ModelName"])
    if component is None:
        raise NoEndpoint(f"Endpoint {endpoint} hosts inference components; the request names none.")
    try:
        return str(components.asked(backend, endpoint, component).specification["ModelName"])
    except AWSValidationException as exc:
        raise NoEndpoint(exc.message) from exc


def _variant(endpoint: str, config: Any, wanted: str | None) -> Any:
    """The variant that is asked for, or else the one with the most weight."""
    variants = config.production_variants
    if wanted is None:
        return max(variants, key=lambda item: item.get("InitialVariantWeight", 1.0))
    for variant in variants:
        if variant["VariantName"] == wanted:
            return variant
    raise NoEndpoint(f"Variant {wanted} of endpoint {endpoint} not found.")


def _skewed(answer: Answer) -> bytes:
    """The answer of a model that is not the one that was trained."""
    try:
        return json.dumps(_other(json.loads(answer.body))).encode()
    except ValueError:
        return answer.body + b"?"


def _other(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _other(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_other(item) for item in value]
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}?"
