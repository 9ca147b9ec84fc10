from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from groundplan.stacks.rehearsal.emulator.cloudformation.engine.errors import ValidationError
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resolver import Resolver


@dataclass(frozen=True)
class Made:
    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


def _resolver(**template: Any) -> Resolver:
    return Resolver(
        template=template,
        pseudo={"AWS::Region": "eu-west-1", "AWS::AccountId": "111111111111"},
        parameters={"Stage": "test", "Names": ["a", "b"], "Count": "2"},
        resources={"Bucket": Made("data", {"Arn": "arn:aws:s3:::data"})},
        zones=lambda region: [f"{region}a", f"{region}b"],
        read_ssm=lambda name: f"value of {name}",
        import_value=lambda name: f"export {name}",
    )


@pytest.mark.parametrize(
    ("tree", "value"),
    [
        ({"Ref": "Stage"}, "test"),
        ({"Ref": "Bucket"}, "data"),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws:s3:::data"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "arn:aws:s3:::data"),
        ({"Fn::Sub": "${Bucket.Arn}/${Stage}/${!Kept}"}, "arn:aws:s3:::data/test/${Kept}"),
        ({"Fn::Sub": ["${A}-${Stage}", {"A": {"Ref": "Count"}}]}, "2-test"),
        ({"Fn::Join": ["", ["x", {"Ref": "Stage"}, 1, True]]}, "xtest1true"),
        ({"Fn::Select": ["1", {"Ref": "Names"}]}, "b"),
        ({"Fn::Split": ["/", "a/b"]}, ["a", "b"]),
        ({"Fn::Base64": "x"}, "eA=="),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b"]),
        ({"Fn::Cidr": ["10.0.0.0/24", 2, 6]}, ["10.0.0.0/26", "10.0.0.64/26"]),
        ({"Fn::ImportValue": {"Fn::Sub": "x-${Stage}"}}, "export x-test"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Type"]}, "ml.m5.large"),
        ({"Fn::If": ["IsTest", "yes", {"Ref": "Missing"}]}, "yes"),
        ({"A": {"Ref": "AWS::NoValue"}, "B": [{"Ref": "AWS::NoValue"}, 1]}, {"B": [1]}),
        ("{{resolve:ssm:/live}}", "value of /live"),
        ({"Fn::Sub": "{{resolve:ssm:/${Stage}}}"}, "value of /test"),
        (
            {"Condition": {"StringEquals": {"a": {"Ref": "Stage"}}}},
            {"Condition": {"StringEquals": {"a": "test"}}},
        ),
    ],
)
def test_evaluates(tree: Any, value: Any) -> None:
    resolver = _resolver(
        Conditions={"IsTest": {"Fn::Equals": [{"Ref": "Stage"}, "test"]}},
        Mappings={"Sizes": {"test": {"Type": "ml.m5.large"}}},
    )
    assert resolver.value(tree) == value


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"Ref": "Missing"}, "Unresolved resource dependencies [Missing]"),
        (
            {"Fn::GetAtt": ["Bucket", "Name"]},
            "Template error: resource Bucket does not support attribute type Name in Fn::GetAtt",
        ),
        ({"Fn::ForEach::X": []}, "Template error: Fn::ForEach::X is not emulated"),
        ({"Fn::Transform": {}}, "Template error: Fn::Transform is not emulated"),
        ({"Fn::If": ["None", 1, 2]}, "Template error: unknown condition None"),
        (
            {"Fn::Select": [5, ["a"]]},
            'Template error: Fn::Select cannot be evaluated: [5, ["a"]]',
        ),
        (
            "{{resolve:secretsmanager:x}}",
            "Dynamic reference is not emulated: {{resolve:secretsmanager:x}}",
        ),
    ],
)
def test_fails_instead_of_skipping(tree: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _resolver().value(tree)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Equals": [True, "true"]}, True),
        ({"Fn::Equals": [2, {"Ref": "Count"}]}, True),
        ({"Fn::Not": [{"Condition": "Yes"}]}, False),
        ({"Fn::And": [{"Condition": "Yes"}, {"Fn::Equals": ["a", "b"]}]}, False),
        ({"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Condition": "Yes"}]}, True),
        ({"Fn::Contains": [["1", "2"], {"Ref": "Count"}]}, True),
    ],
)
def test_conditions(condition: Any, holds: bool) -> None:
    conditions = {"Yes": {"Fn::Equals": ["a", "a"]}, "Asked": condition}
    assert _resolver(Conditions=conditions).condition("Asked") is holds


def test_fails_on_a_rule_that_does_not_hold() -> None:
    rule = {
        "Assertions": [
            {
                "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "Count"}]}]},
                "AssertDescription": "too old",
            }
        ]
    }
    with pytest.raises(ValidationError) as caught:
        _resolver(Rules={"Version": rule}).check_rules()
    assert caught.value.message == ("Template parameters validation failed: rule Version: too old")
