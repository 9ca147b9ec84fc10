"""What a state machine's tasks are called with, assignments included."""

import json
from dataclasses import replace
from typing import Any

import pytest

from groundplan.blueprints.plan import Plan
from groundplan.blueprints.plan.access import every
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.prove.needs.machine import Machine

PLACE = Place(account="111111111111", region="eu-west-1")


@pytest.fixture
def pipeline(churn: Plan) -> PipelinePlan:
    return next(every(churn, PipelinePlan))


def machine(pipeline: PipelinePlan, states: dict[str, Any], **more: Any) -> Machine:
    text = json.dumps({"States": states})
    return Machine(
        replace(pipeline, definition=text, **more),
        PLACE,
        "prod",
        None,
        {Ref("N", "id"): "subnet-0"},
    )


def task(name: str, **arguments: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{name}", "Arguments": arguments}


def test_a_variable_holds_what_any_assignment_gives_it(pipeline: PipelinePlan) -> None:
    states = {
        "Begin": {"Type": "Pass", "Assign": {"job": {"name": "", "keys": ["a/*"]}}},
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $x %}", "Assign": {"job": {"name": "one"}}}],
        },
        "Add": {"Type": "Pass", "Assign": {"job": "{% $merge([$job, {'name': 'two-' & $id}]) %}"}},
        "Describe": task("aws-sdk:x:describe", Name="{% $job.name %}", Key="{% $job.keys[0] %}"),
    }
    [call] = machine(pipeline, states).of("aws-sdk:x:describe")
    assert call.texts("Name") == ("one", "two-*")
    assert call.texts("Key") == ("a/*",)
    assert call.texts("Missing") == ()


def test_a_value_that_goes_on_growing_is_unknown(pipeline: PipelinePlan) -> None:
    states = {
        "Begin": {"Type": "Pass", "Assign": {"text": "a"}},
        "Grow": {"Type": "Pass", "Assign": {"text": "{% $text & 'b' %}"}},
        "Use": task("x:y", Name="{% $text %}"),
    }
    [call] = machine(pipeline, states).calls()
    assert call.texts("Name") == ("*",)


def test_variables_that_refer_to_each_other_hold_what_both_give(pipeline: PipelinePlan) -> None:
    states = {
        "One": {"Type": "Pass", "Assign": {"a": "{% $b %}"}},
        "Two": {"Type": "Pass", "Assign": {"b": "{% $x ? $a : 'end' %}"}},
        "Use": task("x:y", A="{% $a %}", B="{% $b %}"),
    }
    [call] = machine(pipeline, states).calls()
    assert (call.texts("A"), call.texts("B")) == (("end",), ("end",))


def test_tasks_of_branches_and_of_items_are_found(pipeline: PipelinePlan) -> None:
    inner = {"States": {"Delete": task("aws-sdk:x:delete", Name="{% $states.input.name %}")}}
    states = {
        "Each": {"Type": "Map", "ItemProcessor": inner},
        "Both": {"Type": "Parallel", "Branches": [{"States": {"Tell": task("sns:publish")}}]},
    }
    calls = {call.state: call for call in machine(pipeline, states).calls()}
    assert set(calls) == {"Delete", "Tell"}
    assert calls["Delete"].texts("Name") == ("*",)


def test_substitutions_and_options_of_a_command_are_read(pipeline: PipelinePlan) -> None:
    states = {
        "Go": task(
            "x:y", Vpc=["${Subnet}"], Command=["python", "--in", "s3://b/", "--out", "{% 'c' %}"]
        )
    }
    found = machine(pipeline, states, substitutions=(("Subnet", Ref("N", "id")),))
    [call] = found.calls()
    assert call.texts("Vpc") == ("subnet-0",)
    assert found.command(call, "Command") == {"--in": ("s3://b/",), "--out": ("c",)}
