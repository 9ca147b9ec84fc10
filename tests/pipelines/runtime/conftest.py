"""Carries pipelines out with the runtime, on services that the test plays.

The services are those of the interpreter of state machines, so that both can be compared. Requests
are checked against botocore's input shapes.
"""

import importlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from groundplan.pipelines import Pipeline
from groundplan.pipelines.embedding import RUNTIME, described, encoded
from groundplan.pipelines.programs import PROGRAMS
from groundplan.pipelines.runtime.base import Run, StepFailed, perform, wanted

SESSION = botocore.session.get_session()
EXECUTION_ID = "arn:aws:states:eu-west-1:333333333333:execution:churn-prod-training:run-1"
Service = Callable[[dict[str, Any]], Mapping[str, Any]]


@dataclass
class FakeAws:
    """boto3's clients, as far as the runtime uses them; ``calls`` are its requests, as sent."""

    services: Mapping[str, Service]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def client(self, service: str) -> "FakeClient":
        return FakeClient(service, self)

    def requests(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.calls if name == operation]


class FakeClient:
    def __init__(self, service: str, aws: FakeAws) -> None:
        self.exceptions = SimpleNamespace(ClientError=ClientError)
        self._model = SESSION.get_service_model(service)
        self.meta = SimpleNamespace(service_model=self._model)
        self._aws = aws
        self._operations = {xform_name(name): name for name in self._model.operation_names}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = self._operations[method]

        def call(**request: Any) -> Any:
            shapes = self._model.operation_model(operation)
            assert shapes.input_shape is not None
            report = ParamValidator().validate(request, shapes.input_shape)
            assert not report.has_errors(), f"{operation}: {report.generate_report()}"
            self._aws.calls.append((operation, request))
            name = operation[:1].lower() + operation[1:]
            try:
                answer = self._aws.services[name](_pascal(request))
            except Exception as error:
                output = getattr(error, "output", None)
                if output is None:
                    raise
                response = {"Error": {"Code": output["Error"], "Message": output["Cause"]}}
                raise ClientError(response, operation) from error  # type: ignore[arg-type]
            answer = _named_as_in(shapes.output_shape, answer)
            if "Body" in answer:
                answer = {**answer, "Body": io.BytesIO(answer["Body"].encode())}
            return answer

        return call

    def get_paginator(self, method: str) -> Any:
        def paginate(**request: Any) -> Iterator[Any]:
            yield getattr(self, method)(**request)

        return SimpleNamespace(paginate=paginate)


def _pascal(request: Any) -> Any:
    return {name[:1].upper() + name[1:]: value for name, value in request.items()}


def _named_as_in(shape: Any, value: Any) -> Any:
    if shape is not None and shape.type_name == "structure" and isinstance(value, Mapping):
        names = {name[:1].upper() + name[1:]: name for name in shape.members}
        return {
            names.get(key, key): _named_as_in(shape.members.get(names.get(key)), item)
            for key, item in value.items()
        }
    if shape is not None and shape.type_name == "list" and isinstance(value, list):
        return [_named_as_in(shape.member, item) for item in value]
    return value


@dataclass
class Execution:
    """One run of a pipeline, step after step."""

    pipeline: Pipeline
    aws: FakeAws
    parameters: Mapping[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)

    def run(self) -> dict[str, Any]:
        given = {item.name: item.default for item in self.pipeline.parameters}
        run = Run(
            execution_id=EXECUTION_ID,
            start_time="2026-11-21T03:00:00.000Z",
            parameters=given
            | {"SubnetId0": "${SubnetId0}", "SubnetId1": "${SubnetId1}"}
            | {"SecurityGroupId0": "${SecurityGroupId0}"}
            | dict(self.parameters),
            outputs=self.outputs,
            client=self.aws.client,
            sleep=self.slept.append,
        )
        try:
            for step in self.pipeline.order():
                self.outputs[step.id] = self.step(step, run)
        except StepFailed as error:
            run.failure = {"step": step.id, "error": error.error, "cause": error.cause}
            for handler in self.pipeline.on_failure:
                self.outputs[handler.id] = self.step(handler, run)
            return {"Error": error.error, "Cause": error.cause}
        outputs = {name: encoded(value) for name, value in self.pipeline.outputs}
        return dict(run.value(outputs))

    @staticmethod
    def step(step: Any, run: Run) -> dict[str, Any]:
        module, name = PROGRAMS[type(step)]
        function = getattr(importlib.import_module(f"{RUNTIME}.{module}"), name)
        data = json.loads(json.dumps(described(step)))
        return perform(function, data, run) if wanted(data, run) else {}


@pytest.fixture
def execution() -> type[Execution]:
    return Execution


@pytest.fixture
def fake_aws() -> type[FakeAws]:
    return FakeAws
