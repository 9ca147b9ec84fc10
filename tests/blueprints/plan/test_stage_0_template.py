import json
from typing import Any

import pytest
from cfnlint.api import lint_all

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.stage_0 import Stage0Plan, plan_stage_0, template, template_hash
from groundplan.blueprints.spec import DeliverySpec

BODY_BYTES = 51_200


def planned(**changes: Any) -> Stage0Plan:
    options: dict[str, Any] = {
        "project": "churn",
        "place": Place(account="111111111111", region="eu-west-1"),
        "scopes": ("tooling", "data", "prod"),
        "endpoints": (("prod", "churn"),),
        "delivery": DeliverySpec(repository="acme/churn"),
        "tags": {"groundplan:scope": "churn-stage-0"},
    }
    return plan_stage_0(**(options | changes))


def resources(plan: Stage0Plan, kind: str) -> dict[str, Any]:
    found = template(plan)["Resources"].items()
    return {id: item["Properties"] for id, item in found if item["Type"] == f"AWS::{kind}"}


def test_ids_of_resources_are_pinned() -> None:
    assert list(template(planned())["Resources"]) == [
        "Boundary",
        "DeploymentBoundary",
        "DeploymentPolicy1",
        "DeploymentPolicy2",
        "DeploymentPolicy3",
        "DeployProdChurnPolicy1",
        "DeployProdChurn",
        "DeployerPolicy1",
        "Deployer",
        "OidcProvider",
        "JobLogsKey",
        "JobLogsKeyAlias",
        "ProcessingJobs",
        "TrainingJobs",
        "TransformJobs",
        "Analyzer",
    ]


def test_every_role_has_the_boundary_and_customer_managed_policies_only() -> None:
    plan = planned()
    roles = resources(plan, "IAM::Role")
    assert set(roles) == {"DeployProdChurn", "Deployer"}
    policies = resources(plan, "IAM::ManagedPolicy")
    for properties in roles.values():
        assert properties["PermissionsBoundary"] == plan.deployment_boundary.arn
        assert {item["Ref"] for item in properties["ManagedPolicyArns"]} <= set(policies)
        assert properties["ManagedPolicyArns"]
        assert "Policies" not in properties
    assert {item["Path"] for item in (*roles.values(), *policies.values())} == {
        "/groundplan-stage-0/churn/"
    }


def test_nothing_of_aws_own_policies_is_attached() -> None:
    text = json.dumps(template(planned()))
    assert "FullAccess" not in text
    assert "AdministratorAccess" not in text
    assert ":iam::aws:policy" not in text


def test_every_statement_that_allows_something_has_its_reason() -> None:
    found = template(planned())["Resources"].values()
    for item in found:
        if item["Type"] == "AWS::IAM::ManagedPolicy":
            allowed = {
                statement["Sid"]
                for statement in item["Properties"]["PolicyDocument"]["Statement"]
                if statement["Effect"] == "Allow"
            }
            assert set(item["Metadata"]["groundplan:reasons"]) == allowed


def test_what_an_account_has_once_survives_the_stack() -> None:
    kept = [
        id
        for id, item in template(planned())["Resources"].items()
        if item["DeletionPolicy"] == item["UpdateReplacePolicy"] == "Retain"
    ]
    assert kept == [
        "OidcProvider", "JobLogsKey", "JobLogsKeyAlias", "ProcessingJobs", "TrainingJobs",
        "TransformJobs",
    ]  # fmt: skip


def test_job_logs_have_a_key_and_an_end() -> None:
    groups = resources(planned(log_retention_days=90), "Logs::LogGroup")
    assert {item["LogGroupName"] for item in groups.values()} == {
        "/aws/sagemaker/ProcessingJobs",
        "/aws/sagemaker/TrainingJobs",
        "/aws/sagemaker/TransformJobs",
    }
    for item in groups.values():
        assert item["RetentionInDays"] == 90
        assert item["KmsKeyId"] == {"Fn::GetAtt": ["JobLogsKey", "Arn"]}
    key = resources(planned(), "KMS::Key")["JobLogsKey"]
    assert key["EnableKeyRotation"] is True
    logs = key["KeyPolicy"]["Statement"][1]
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    arns = logs["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]
    prefix = "arn:aws:logs:eu-west-1:111111111111:log-group:"
    assert sorted(arns) == sorted(f"{prefix}{item['LogGroupName']}" for item in groups.values())


@pytest.mark.parametrize(
    ("changes", "absent"),
    [
        ({"oidc_provider": "existing"}, {"OidcProvider"}),
        ({"log_groups": "existing"}, {"JobLogsKey", "JobLogsKeyAlias", "TrainingJobs"}),
        ({"delivery": None}, {"OidcProvider", "Deployer", "DeployerPolicy1"}),
        ({"permissions_boundary": "arn:aws:iam::111111111111:policy/acme"}, {"Boundary"}),
    ],
)
def test_what_exists_is_not_made(changes: dict[str, Any], absent: set[str]) -> None:
    everything = set(template(planned())["Resources"])
    assert absent <= everything
    assert not absent & set(template(planned(**changes))["Resources"])


def test_existing_log_groups_are_named() -> None:
    assert "/aws/sagemaker/TrainingJobs" in planned(log_groups="existing").existing_log_groups
    assert planned().existing_log_groups == ()


def test_the_hash_follows_the_template() -> None:
    first = planned()
    body = template(first)
    assert body["Outputs"]["TemplateHash"]["Value"] == template_hash(first)
    assert template_hash(first) == template_hash(planned())
    more = planned(endpoints=(("prod", "churn"), ("prod", "fraud")))
    assert template_hash(more) != template_hash(first)


def test_a_new_endpoint_changes_nothing_of_the_others() -> None:
    before = template(planned())["Resources"]
    after = template(planned(endpoints=(("prod", "churn"), ("prod", "fraud"))))["Resources"]
    assert {id: after[id] for id in before} == before
    assert set(after) - set(before) == {"DeployProdFraud", "DeployProdFraudPolicy1"}


def test_a_production_account_of_two_endpoints_needs_no_bucket() -> None:
    plan = planned(scopes=("data", "prod"), endpoints=(("prod", "churn"), ("prod", "fraud")))
    assert len(json.dumps(template(plan), separators=(",", ":"))) <= BODY_BYTES


def lint(body: dict[str, Any]) -> list[str]:
    found = lint_all(json.dumps(body))
    return [match.rule.id for match in found if match.rule.severity in ("error", "warning")]


def test_cfn_lint_finds_nothing() -> None:
    assert lint(template(planned())) == []


def test_cfn_lint_would_find_a_mistake() -> None:
    body = template(planned())
    body["Resources"]["Deployer"]["Properties"]["ManagedPolicyArns"] = [{"Ref": "Nothing"}]
    assert lint(body) == ["E1020"]
