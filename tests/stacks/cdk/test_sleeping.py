"""A project whose endpoint scales to zero: cdk-nag and cfn-lint find nothing in it."""

import json
from typing import Any

import pytest
from tests_support import lint

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("cdk-asleep")]


def test_checkers_find_nothing_in_an_endpoint_that_sleeps(asleep: Any) -> None:
    template = asleep.templates["dev/serving-cultivar"]
    types = {item["Type"] for item in template["Resources"].values()}
    assert "AWS::SageMaker::InferenceComponent" in types
    assert asleep.findings == ()
    assert lint(json.dumps(template), "eu-west-1") == []


def test_the_component_logs_to_a_group_of_its_own_under_the_environment_s_key(asleep: Any) -> None:
    state = asleep.templates["dev/state"]
    groups = [
        item["Properties"]
        for item in state["Resources"].values()
        if item["Type"] == "AWS::Logs::LogGroup"
    ]
    [group] = [item for item in groups if "InferenceComponents" in item["LogGroupName"]]
    assert group["LogGroupName"] == "/aws/sagemaker/InferenceComponents/sandbox-dev-cultivar"
    assert "KmsKeyId" in group
