"""A small interpreter of state machines whose services are functions of the test.

It checks every request against botocore's input shapes, so that a test that passes a state has also
proved its arguments.
"""

import copy
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from jsonata import Jsonata

from groundplan.pipelines import Rung, TrainingPipelineSettings
from groundplan.pipelines.steps import MetricBound

SESSION = botocore.session.get_session()
EXECUTION_ID = "arn:aws:states:eu-west-1:333333333333:execution:churn-prod-training:run-1"
CLIENTS = {"sagemakerruntime": "sagemaker-runtime", "sfn": "stepfunctions"}
Service = Callable[[dict[str, Any]], Mapping[str, Any]]


FUNCTIONS = {
    "hash": lambda text, algorithm: hashlib.new(
        algorithm.replace("-", ""), text.encode()
    ).hexdigest(),
    "parse": json.loads,
}


@cache
def _program(expression: str) -> Any:
    return Jsonata(expression)


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression, with the functions that Step Functions adds to JSONata."""
    functions = {name: Jsonata.JLambda(function) for name, function in FUNCTIONS.items()}
    value = _program(expression).evaluate(None, functions | copy.deepcopy(dict(variables)))
    assert value is not None, f"undefined: {expression}"
    return json.loads(json.dumps(value))


class ServiceError(Exception):
    """An error that a service answers with."""

    def __init__(self, name: str, cause: str = "") -> None:
        super().__init__(name, cause)
        self.output = {"Error": name, "Cause": cause}


@dataclass
class Machine:
    """Runs a definition to its end and remembers where it went."""

    definition: Mapping[str, Any]
    services: Mapping[str, Service]
    execution_input: Mapping[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    retries: int = 0
    execution_id: str = EXECUTION_ID

    def run(self, limit: int = 500) -> dict[str, Any]:
        """The output of the Succeed state, or ``Error`` and ``Cause`` of the Fail state."""
        return dict(self._execute(self.definition, {}, limit))

    def _execute(self, definition: Mapping[str, Any], given: Any, limit: int) -> Any:
        name: str = definition["StartAt"]
        while len(self.path) < limit:
            self.path.append(name)
            state = definition["States"][name]
            states = {"input": given, "context": self._context(0)}
            if state["Type"] == "Fail":
                return {key: self._evaluated(state[key], states) for key in ("Error", "Cause")}
            if state["Type"] == "Succeed":
                return self._evaluated(state["Output"], states)
            chosen = state
            if state["Type"] == "Choice":
                rules = (r for r in state["Choices"] if self._evaluated(r["Condition"], states))
                chosen = next(rules, state)
            elif state["Type"] == "Task":
                chosen = self._task(state, states)
            elif state["Type"] == "Map":
                states["result"] = self._map(state, states, limit)
            elif state["Type"] == "Wait":
                self.waited.append(self._evaluated(state["Seconds"], states))
            assigned = self._evaluated(chosen.get("Assign", {}), states)
            given = self._evaluated(chosen.get("Output", "{% $states.input %}"), states)
            self.variables |= assigned
            if chosen.get("End"):
                return given
            name = chosen["Next"] if "Next" in chosen else chosen["Default"]
        raise AssertionError(f"no end within {limit} states: {self.path[-12:]}")

    def _map(self, state: Mapping[str, Any], states: dict[str, Any], limit: int) -> list[Any]:
        """One item after the other; what they assign is their own."""
        outer, results = self.variables, []
        for item in self._evaluated(state["Items"], states):
            self.variables = dict(outer)
            results.append(self._execute(state["ItemProcessor"], item, limit))
        self.variables = outer
        return results

    def _task(self, state: Mapping[str, Any], states: dict[str, Any]) -> Mapping[str, Any]:
        attempts: dict[int, int] = {}
        self.retries = 0
        while True:
            states["context"] = self._context(self.retries)
            arguments = self._evaluated(state["Arguments"], states)
            try:
                states["result"] = self._call(state["Resource"], arguments)
                return state
            except ServiceError as error:
                states["errorOutput"] = error.output
                for index, retrier in enumerate(state.get("Retry", [])):
                    if _matches(retrier, error):
                        attempts[index] = attempts.get(index, 0) + 1
                        again = attempts[index] <= retrier["MaxAttempts"]
                        break
                else:
                    again = False
                if not again:
                    return next(c for c in state["Catch"] if _matches(c, error))
                self.retries += 1

    def _call(self, resource: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
        integration = resource.split(":states:::")[1]
        service, action = integration.removeprefix("aws-sdk:").removesuffix(".sync").split(":")
        model = SESSION.get_service_model(CLIENTS.get(service, service))
        shape = model.operation_model(action[:1].upper() + action[1:]).input_shape
        assert shape is not None
        written = _as_written(integration, arguments)
        report = ParamValidator().validate(_named_as_in(shape, written), shape)
        assert not report.has_errors(), report.generate_report()
        for key, value in arguments.items():
            if key.endswith("JobName"):
                assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", value), value
        self.calls.append((integration, arguments))
        return self.services[action](arguments)

    def _context(self, retry_count: int) -> dict[str, Any]:
        execution = {
            "Id": self.execution_id,
            "Input": dict(self.execution_input),
            "StartTime": "2026-11-21T03:00:00.000Z",
        }
        return {"Execution": execution, "State": {"RetryCount": retry_count}}

    def _evaluated(self, value: Any, states: Mapping[str, Any]) -> Any:
        if isinstance(value, dict):
            return {key: self._evaluated(item, states) for key, item in value.items()}
        if isinstance(value, list):
            return [self._evaluated(item, states) for item in value]
        if isinstance(value, str) and value.startswith("{%"):
            return evaluate(value[2:-2].strip(), {**self.variables, "states": states})
        return value


def _as_written(integration: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Step Functions writes an object that is to be an event's detail, or a body, as JSON."""
    if integration == "events:putEvents":
        entries = [
            entry | {"Detail": json.dumps(entry["Detail"])} for entry in arguments["Entries"]
        ]
        return arguments | {"Entries": entries}
    if "Body" in arguments and isinstance(arguments["Body"], dict):
        return arguments | {"Body": json.dumps(arguments["Body"])}
    return arguments


def _named_as_in(shape: Any, value: Any) -> Any:
    """Step Functions writes every name in PascalCase, whatever the API's own case."""
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {name[:1].upper() + name[1:]: name for name in shape.members}
        return {
            names.get(key, key): _named_as_in(shape.members[names[key]], item)
            if key in names
            else item
            for key, item in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_named_as_in(shape.member, item) for item in value]
    return value


def _matches(rule: Mapping[str, Any], error: ServiceError) -> bool:
    names = rule["ErrorEquals"]
    name = error.output["Error"]
    task_failed = "States.TaskFailed" in names and name != "States.Timeout"
    return name in names or "States.ALL" in names or task_failed


@pytest.fixture(name="evaluate")
def evaluate_fixture() -> Callable[[str, Mapping[str, Any]], Any]:
    return evaluate


@pytest.fixture
def machine() -> type[Machine]:
    return Machine


@pytest.fixture
def service_error() -> type[ServiceError]:
    return ServiceError


@pytest.fixture
def settings() -> TrainingPipelineSettings:
    return TrainingPipelineSettings(
        project="churn",
        environment="prod",
        model="churn",
        region="eu-west-1",
        account="333333333333",
        partition="aws",
        job_prefix="churn-prod-churn",
        training_role_arn="arn:aws:iam::333333333333:role/groundplan/churn/training",
        processing_role_arn="arn:aws:iam::333333333333:role/groundplan/churn/processing",
        image_registry_account="111111111111",
        image_repository="churn/churn",
        serving_image_repository="churn/churn",
        dataset_uri="s3://churn-customers/current/",
        artifacts_uri="s3://churn-artifacts/models/churn/",
        evaluations_uri="s3://churn-artifacts/evaluations/churn/",
        work_uri="s3://churn-prod-work/churn/",
        artifacts_kms_key_id="arn:aws:kms:eu-west-1:111111111111:alias/churn-artifacts",
        work_kms_key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod-work",
        volume_kms_key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod-volumes",
        ladder=(
            Rung(instance_type="ml.g5.xlarge", spot=True, volume_key=False),
            Rung(instance_type="ml.m5.xlarge", spot=False, volume_key=True),
        ),
        patience_seconds=180,
        max_wait_seconds=7200,
        max_runtime_seconds=3600,
        hyperparameters=(("label", "churned"), ("learning_rate", "0.1")),
        processing_instance_type="ml.m5.large",
        processing_volume_key=True,
        quality_rules='[{"column":"age","max":120,"min":18,"type":"integer"}]',
        bounds=(MetricBound(metric="auc", min=0.8), MetricBound(metric="log_loss", max=0.5)),
        model_package_group_arn=(
            "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn-churn"
        ),
        topic_arn="arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts",
        event_bus_arn="arn:aws:events:eu-west-1:333333333333:event-bus/churn-prod-events",
        subnet_ids=("${SubnetId0}", "${SubnetId1}"),
        security_group_ids=("${SecurityGroupId0}",),
        tags=(("groundplan:environment", "prod"), ("groundplan:project", "churn")),
    )
