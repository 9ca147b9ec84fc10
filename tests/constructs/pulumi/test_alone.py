"""Each component as its docstring uses it: in a small program of somebody else's, alone."""

import doctest
import inspect
from typing import Any

import pulumi
import pytest

import groundplan.constructs.pulumi as components
from groundplan.blueprints.plan import (
    alarms,
    batch_capacity,
    budget,
    code_pipeline,
    container_repository,
    data_bucket,
    encryption_key,
    endpoint,
    event_bus,
    event_rule,
    image_build,
    lock_table,
    log_group,
    mlflow,
    model_registry,
    monitoring_schedule,
    network,
    pipeline,
    role,
    spot_training,
    undelivered,
)
from groundplan.blueprints.plan.names import Place
from groundplan.constructs.errors import ConstructError
from groundplan.stacks.parity import inventory_of_program
from groundplan.stacks.pulumi.recording import Recording, record

PLANNERS = (
    alarms,
    batch_capacity,
    budget,
    code_pipeline,
    container_repository,
    data_bucket,
    encryption_key,
    endpoint,
    event_bus,
    event_rule,
    image_build,
    lock_table,
    log_group,
    mlflow,
    model_registry,
    monitoring_schedule,
    network,
    pipeline,
    role,
    spot_training,
    undelivered,
)
COMPONENTS = sorted(name for name in components.__all__ if not name.endswith("Args"))

CHILDREN = {
    "AlarmTopic": ["Email0", "Policy", "Resource"],
    "Alarms": ["Failed"],
    "BatchCapacity": ["Queue", "Resource"],
    "Budget": ["Resource"],
    "CodePipeline": ["Connection", "Deploy", "DeployRole-Resource", "Resource", "Role-Resource"],
    "ContainerRepository": ["Lifecycle", "Resource"],
    "DataBucket": [
        "Encryption",
        "Lifecycle",
        "Logging",
        "Notifications",
        "Ownership",
        "Policy",
        "PublicAccess",
        "Resource",
        "Versioning",
    ],
    "EncryptionKey": ["Alias", "Resource"],
    "Endpoint": ["Config", "Errors", "Model", "Resource"],
    "EventBus": ["Resource"],
    "EventRule": ["Resource", "Role-Attachment1", "Role-Policy1", "Role-Resource", "Target"],
    "ImageBuild": ["Resource", "Role-Resource", "Rule", "RuleTarget", "TriggerRole-Resource"],
    "LockTable": ["Resource"],
    "LogGroup": ["Resource"],
    "Mlflow": ["Resource", "Role-Attachment1", "Role-Policy1", "Role-Resource"],
    "ModelRegistry": ["Resource"],
    "MonitoringSchedule": ["Resource"],
    "Network": [
        "EcrApiEndpoint",
        "EcrDkrEndpoint",
        "Endpoints",
        "FlowLog",
        "KmsEndpoint",
        "LogsEndpoint",
        "MonitoringEndpoint",
        "Routes",
        "S3Endpoint",
        "SagemakerApiEndpoint",
        "SagemakerRuntimeEndpoint",
        "StsEndpoint",
        "Subnet0",
        "Subnet0Routes",
        "Subnet1",
        "Subnet1Routes",
        "Vpc",
        "Workload",
    ],
    "Pipeline": ["Resource", "Role-Resource"],
    "Role": ["Attachment1", "Policy1", "Resource"],
    "SpotTraining": ["ProcessingRole-Resource", "TrainingRole-Resource"],
    "UndeliveredEvents": ["Alarm", "Policy", "Resource"],
}
"""Names of the children of each docstring's component, which are part of the public contract."""


def ran(name: str, run: Any, place: Place) -> tuple[Recording, Any]:
    """Run the example of a component's docstring; return what it registers, and the component."""
    flow_log = network.FlowLogPlan(
        log_group_name="/reports/flow",
        log_group_arn="arn:aws:logs:eu-west-1:111111111111:log-group:/reports/flow",
        role_arn="arn:aws:iam::111111111111:role/flow",
    )
    known = {key: item for module in PLANNERS for key, item in vars(module).items()}
    names = {**known, **vars(components), "place": place, "flow_log": flow_log}
    made = getattr(components, name)
    [test] = [
        found
        for found in doctest.DocTestFinder(recurse=False).find(made, name, globs=names)
        if found.examples
    ]
    results: list[Any] = []

    def program() -> None:
        results.append(doctest.DocTestRunner().run(test, clear_globs=False))

    recording = run(program)
    [result] = results
    assert result.attempted > 0 and result.failed == 0
    return recording, [item for item in test.globs.values() if type(item) is made][-1]


@pytest.mark.parametrize("name", COMPONENTS)
def test_example(name: str, run: Any, place: Place) -> None:
    recording, component = ran(name, run, place)
    [own] = [
        item for item in recording.registrations if item.urn.endswith(f":{name}::{component._name}")
    ]
    assert own.type == f"groundplan:constructs:{name}"
    under = [item for item in recording.registrations if _within(item.urn, own.urn, recording)]
    names = sorted(item.name.removeprefix(f"{component._name}-") for item in under if item.custom)
    assert names == CHILDREN[name]
    assert all(item.name.startswith(f"{component._name}-") for item in under)
    assert inventory_of_program(recording.registrations, place).items


def _within(urn: str, whole: str, recording: Recording) -> bool:
    parents = {item.urn: item.parent for item in recording.registrations}
    above = parents[urn]
    while above and above != whole:
        above = parents[above]
    return above == whole


@pytest.mark.parametrize("name", COMPONENTS)
def test_outputs_are_typed_and_known(name: str, run: Any, place: Place) -> None:
    _, component = ran(name, run, place)
    declared = {
        key: hint
        for key, hint in inspect.get_annotations(type(component)).items()
        if "Output" in str(hint)
    }
    assert declared, "a component has outputs"
    for key, hint in declared.items():
        value = getattr(component, key)
        each = value if isinstance(value, list) else [value]
        assert all(isinstance(item, pulumi.Output) for item in each), key
        assert str(hint).count("str") == 1, f"{key} is a text"


@pytest.mark.parametrize("name", COMPONENTS)
def test_fails_on_another_plan(name: str, run: Any) -> None:
    made = getattr(components, name)
    arguments = getattr(components, f"{name}Args")
    needed = {
        key: "x"
        for key, item in inspect.signature(arguments).parameters.items()
        if item.default is inspect.Parameter.empty and key != "plan"
    }
    kind = inspect.get_annotations(arguments)["plan"].__name__

    with pytest.raises(ConstructError) as error:
        record(lambda: made("it", arguments(plan={"name": "it"}, **needed)))
    assert str(error.value).startswith(
        f"it.plan: must be a {kind}, got {{'name': 'it'}}; pass what"
    )
