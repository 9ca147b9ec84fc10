import hashlib
import re
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$partition([1..5], 2)", [[1, 2], [3, 4], [5]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$hash('a', 'SHA-256')", hashlib.sha256(b"a").hexdigest()),
        ("$hash('a', 'MD5')", hashlib.md5(b"a").hexdigest()),
        ("$parse('{\"a\": [1]}')", {"a": [1]}),
        ("$random(7) = $random(7)", True),
        ("null", None),
        ("[1]", [1]),
        ("6 / 2", 3),
        ("$states.input.text & '!'", 'say "hi"\n\\o/ é!'),
        ("$count($states.input.missing)", 0),
        ("$sum($states.input.rows.n)", 3),
        ("$exists($states.input.nothing)", True),
    ],
)
def test_expression_yields(world: Any, expression: str, value: Any) -> None:
    data = {"text": 'say "hi"\n\\o/ é', "rows": [{"n": 1}, {"n": 2}], "nothing": None}

    assert world.value(expression, data) == value


def test_uuid_is_new_each_time(world: Any) -> None:
    found = world.value("[$uuid(), $uuid()]")

    assert len(set(found)) == 2
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", item) for item in found)


@pytest.mark.parametrize(
    ("expression", "cause"),
    [
        ("$states.input.missing", "returned nothing (undefined)."),
        ("$undefined", "returned nothing (undefined)."),
        ("function($x) { $x }", "returned an unsupported result type."),
        ("1 +", "failed: "),
        ("$number('x')", "failed: "),
        ("$hash('a', 'CRC')", "failed: $hash knows MD5, SHA-1"),
        ("$eval('1')", "failed: $eval is not supported by Step Functions"),
    ],
)
def test_fails_as_a_query(world: Any, expression: str, cause: str) -> None:
    found = world.value(expression)

    assert found.startswith("States.QueryEvaluationError: ")
    assert f"The JSONata expression '{expression}' {cause}" in found


def test_context_names_the_execution(world: Any) -> None:
    states = {"First": {"Type": "Pass", "Output": "{% $states.context %}", "End": True}}

    execution = world.run(states, {"a": 1})

    context = execution["output"]
    assert context["Execution"]["Id"] == execution["executionArn"]
    assert context["Execution"]["Name"] == execution["executionArn"].rsplit(":", 1)[1] != "None"
    assert context["Execution"]["Input"] == {"a": 1}
    assert context["State"]["Name"] == "First"
    for moment in (context["Execution"]["StartTime"], context["State"]["EnteredTime"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)


def test_variables_hold_any_text(world: Any) -> None:
    text = 'quote " backslash \\ newline \n end'
    states = {
        "Set": {"Type": "Pass", "Assign": {"kept": "{% $states.input.text %}"}, "Next": "Get"},
        "Get": {"Type": "Pass", "Output": "{% {'again': $kept} %}", "End": True},
    }

    assert world.run(states, {"text": text})["output"] == {"again": text}


def test_map_and_choice_evaluate_expressions(world: Any) -> None:
    double = {"Type": "Pass", "Output": "{% $states.input.value * 2 %}", "End": True}
    states = {
        "Each": {
            "Type": "Map",
            "Items": "{% $states.input.values %}",
            "ItemSelector": {"value": "{% $states.context.Map.Item.Value %}"},
            "ItemProcessor": {"StartAt": "Double", "States": {"Double": double}},
            "Next": "Enough",
        },
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $sum($states.input) >= 6 %}", "Next": "Yes"}],
            "Default": "No",
        },
        "Yes": {"Type": "Succeed"},
        "No": {"Type": "Fail", "Error": "TooLittle", "Cause": "{% 'of ' & $states.input[0] %}"},
    }

    assert world.run(states, {"values": [1, 2]})["output"] == [2, 4]
    failed = world.run(states, {"values": [1]})
    assert (failed["error"], failed["cause"]) == ("TooLittle", "of 2")
