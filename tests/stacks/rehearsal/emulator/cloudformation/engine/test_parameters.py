from typing import Any

import pytest

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ValidationError
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.parameters import (
    Parameter,
    resolve_parameters,
)


def _resolve(declared: Any, given: dict[str, str], previous: Any = None) -> dict[str, Parameter]:
    request = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    return resolve_parameters(declared, request, previous or {}, lambda name: f"value of {name}")


@pytest.mark.parametrize(
    ("declaration", "value", "resolved"),
    [
        ({"Type": "String"}, "a,b", "a,b"),
        ({"Type": "Number"}, "3", "3"),
        ({"Type": "CommaDelimitedList"}, "a, b", ["a", "b"]),
        ({"Type": "AWS::EC2::VPC::Id"}, "vpc-1", "vpc-1"),
        ({"Type": "AWS::SSM::Parameter::Value<String>"}, "/x", "value of /x"),
        ({"Type": "AWS::SSM::Parameter::Value<List<String>>"}, "/x", ["value of /x"]),
    ],
)
def test_types(declaration: Any, value: str, resolved: Any) -> None:
    assert _resolve({"P": declaration}, {"P": value})["P"].resolved == resolved


def test_defaults_are_text() -> None:
    declared = {"A": {"Type": "String", "Default": True}, "B": {"Type": "Number", "Default": 3}}
    found = _resolve(declared, {})
    assert (found["A"].resolved, found["B"].resolved) == ("true", "3")


@pytest.mark.parametrize(
    ("declaration", "value", "message"),
    [
        (
            {"Type": "String", "AllowedValues": ["a", "b"]},
            "c",
            "Parameter 'P' must be one of AllowedValues: a, b, got 'c'",
        ),
        (
            {"Type": "String", "AllowedPattern": "[a-z]+"},
            "A",
            "Parameter 'P' must match pattern [a-z]+, got 'A'",
        ),
        (
            {"Type": "String", "MinLength": 2},
            "a",
            "Parameter 'P' must contain at least 2 characters, got 'a'",
        ),
        (
            {"Type": "String", "MaxLength": 2},
            "abc",
            "Parameter 'P' must contain at most 2 characters, got 'abc'",
        ),
        ({"Type": "Number"}, "x", "Parameter 'P' must be a number, got 'x'"),
        (
            {"Type": "Number", "MaxValue": 3},
            "4",
            "Parameter 'P' must be between 4.0 and 3, got '4'",
        ),
        ({"Type": "Wrong"}, "x", "Parameter type is not emulated: Wrong of P"),
    ],
)
def test_fails_on_a_value_that_is_not_allowed(declaration: Any, value: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _resolve({"P": declaration}, {"P": value})
    assert caught.value.message == message


def test_fails_on_missing_and_unknown_parameters() -> None:
    with pytest.raises(ValidationError) as caught:
        _resolve({"P": {"Type": "String"}}, {})
    assert caught.value.message == "Parameters: [P] must have values"
    with pytest.raises(ValidationError) as caught:
        _resolve({}, {"P": "x"})
    assert caught.value.message == "Parameters: [P] do not exist in the template"


def test_fails_without_a_previous_value() -> None:
    request = [{"ParameterKey": "P", "UsePreviousValue": True}]
    with pytest.raises(ValidationError) as caught:
        resolve_parameters({"P": {"Type": "String"}}, request, {}, str)
    assert caught.value.message == "Invalid value for parameter P: there is no previous value"
