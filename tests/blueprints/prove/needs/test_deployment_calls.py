"""What the proof knows of CloudFormation's handlers is what cfn-lint knows today."""

import json

from handler_calls import FILE, TYPES, calls

from groundplan.blueprints.prove.needs.deployment_calls import (
    BEYOND,
    NO_PROPERTY,
    WITHHELD,
    kinds,
    source,
    types,
    without_effect,
)
from groundplan.blueprints.prove.needs.deployment_calls import calls as known


def test_the_file_is_what_the_linter_says() -> None:
    written = json.loads(FILE.read_text(encoding="utf-8"))
    assert {key: value for key, value in written.items() if key != "source"} == calls(), (
        "run python tests/handler_calls.py, with source and date"
    )
    assert "2026" in source()


def test_every_exception_is_about_a_type_in_the_stacks() -> None:
    all_types = {f"AWS::{item}" for item in TYPES.split()}
    assert set(types()) == all_types
    assert set(BEYOND) | set(NO_PROPERTY) | set(WITHHELD) <= all_types


def test_calls_are_those_of_the_handlers_without_what_no_stack_sets() -> None:
    assert "iam:PutRolePolicy" not in known("AWS::IAM::Role")
    assert "s3:DeleteObject" not in known("AWS::S3::Bucket")
    assert "kms:CreateGrant" in known("AWS::SageMaker::EndpointConfig")


def test_an_action_on_another_kind_of_resource_allows_nothing() -> None:
    subnets = "arn:aws:ec2:eu-west-1:111111111111:subnet/*"
    assert kinds("ec2:CreateVpc") is not None
    assert without_effect("ec2:CreateRouteTable", subnets)
    assert not without_effect("ec2:CreateSubnet", subnets)
    assert not without_effect("ec2:CreateSubnet", "*")
    assert kinds("events:PutPermission") == ()
