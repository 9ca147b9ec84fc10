"""What must hold in every template of every example."""

import json
from typing import Any

import pytest

from groundplan.blueprints.plan import exceptions
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.role import iam_path

pytestmark = pytest.mark.heavy
MOST_REASONS = 10


def resources(assembly: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return every resource with the path of its stack."""
    return [
        (path, item)
        for path, template in assembly.templates.items()
        for item in template["Resources"].values()
    ]


def test_one_stack_for_each_plan(assembly: Any, decided: Plan) -> None:
    planned = {f"{item.stack.scope}/{item.stack.id}": item.stack.name for item in decided.stacks()}
    assert {path: item.stack_name for path, item in assembly.stacks.items()} == planned


def test_stacks_deploy_as_planned(assembly: Any, decided: Plan) -> None:
    for item in decided.stacks():
        plan = item.stack
        found = assembly.stacks[f"{plan.scope}/{plan.id}"]
        environment = found.environment
        assert (environment.account, environment.region) == (plan.place.account, plan.place.region)
        assert found.termination_protection == plan.termination_protection
        assert found.tags == dict(plan.tags)
        role = plan.execution_role_arn or (
            f"arn:${{AWS::Partition}}:iam::{plan.place.account}:role/cdk-{decided.qualifier}"
            f"-cfn-exec-role-{plan.place.account}-{plan.place.region}"
        )
        assert found.cloud_formation_execution_role_arn == role
        before = {dependency.hierarchical_id for dependency in stack_dependencies(found)}
        assert before == {f"{plan.scope}/{id}" for id in plan.depends_on}


def stack_dependencies(artifact: Any) -> list[Any]:
    return [item for item in artifact.dependencies if hasattr(item, "stack_name")]


def test_templates_hold_no_bootstrap_rule(assembly: Any) -> None:
    for template in assembly.templates.values():
        assert "Rules" not in template and "BootstrapVersion" not in template.get("Parameters", {})


def test_no_custom_resource_and_no_function(assembly: Any) -> None:
    types = {item["Type"] for _, item in resources(assembly)}
    assert not {type for type in types if type.startswith(("Custom::", "AWS::Lambda::"))}
    assert "AWS::CloudFormation::CustomResource" not in types
    assert "AWS::CDK::Metadata" not in types


def test_no_full_access_and_no_inline_policy(assembly: Any) -> None:
    for path, template in assembly.templates.items():
        text = json.dumps(template)
        assert "FullAccess" not in text and "AdministratorAccess" not in text, path
    assert not [item for _, item in resources(assembly) if item["Type"] == "AWS::IAM::Policy"]
    for _, item in resources(assembly):
        if item["Type"] == "AWS::IAM::Role":
            assert "Policies" not in item["Properties"]
            for attached in item["Properties"].get("ManagedPolicyArns", []):
                assert list(attached) == ["Ref"]


def test_every_role_is_bounded_and_under_the_project_s_path(assembly: Any, decided: Plan) -> None:
    found = [
        item["Properties"] for _, item in resources(assembly) if item["Type"] == "AWS::IAM::Role"
    ]
    assert found
    assert all(role["Path"] == iam_path(decided.project) for role in found)
    assert all(role["PermissionsBoundary"].startswith("arn:aws:iam::") for role in found)


def test_serving_stacks_hold_no_iam(assembly: Any) -> None:
    serving = [
        item["Type"] for path, item in resources(assembly) if path.split("/")[1][:8] == "serving-"
    ]
    assert serving or any("/scoring" in path for path in assembly.templates)
    assert not [type for type in serving if type.startswith("AWS::IAM::")]


def test_no_unacknowledged_nag_finding(assembly: Any) -> None:
    assert assembly.findings == ()


def test_acknowledgments_come_from_named_exceptions(assembly: Any) -> None:
    named = {value for value in vars(exceptions).values() if isinstance(value, str)}
    assert assembly.reasons and assembly.reasons <= named
    assert len(assembly.reasons) <= MOST_REASONS


def test_no_path_of_this_machine(assembly: Any, spec_file: Any) -> None:
    root = str(spec_file.parents[2])
    for file in assembly.directory.rglob("*.json"):
        text = file.read_text()
        assert root not in text and str(assembly.directory) not in text, file.name
