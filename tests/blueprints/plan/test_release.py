"""How a model travels from the registry to production, and who has a say in it."""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest
from moto.events.models import EventPattern
from tests_support import ROOT, example_spec, found

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.approvals import approved_on_registration, approver_policy
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.policy import Statement
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import (
    DeliveryStackPlan,
    RegistryStackPlan,
    ReleaseStackPlan,
    ServingStackPlan,
    StateStackPlan,
)
from groundplan.blueprints.spec import ProjectSpec, load_spec

APPROVER = "arn:aws:iam::999999999999:role/approver"
Changed = Callable[..., ProjectSpec]


@pytest.fixture
def changed(tmp_path: Any) -> Changed:
    """Load the churn example with replacements in its text."""

    def load(*edits: tuple[str, str]) -> ProjectSpec:
        text = (ROOT / "examples/churn/groundplan.yaml").read_text("utf-8")
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "groundplan.yaml"
        path.write_text(text, "utf-8")
        return load_spec(path)

    return load


STAGING = "  - {name: staging, account: staging, region: eu-west-1, stage: staging}\n"
NO_STAGING = ((STAGING, ""), ("    staging: automatic\n", ""))
PRODUCTION = """    production:
      approver_roles: ["arn:aws:iam::111111111111:role/model-approver"]
      expires_hours: 48
"""


def pattern(rule: EventRulePlan) -> Any:
    return rule.event_pattern


def rules(decided: Plan) -> dict[str, EventRulePlan]:
    return {rule.name: rule for rule in found(decided, EventRulePlan)}


def release(decided: Plan, environment: str) -> ReleaseStackPlan:
    [stack] = [
        item
        for item in decided.stacks()
        if isinstance(item, ReleaseStackPlan) and item.stack.scope == environment
    ]
    return stack


def text(decided: Plan, environment: str) -> str:
    return release(decided, environment).pipeline.definition


def test_the_registrys_event_reaches_development_and_the_first_of_the_chain_only() -> None:
    decided = plan(example_spec("vision"))
    [delivery] = [item for item in decided.stacks() if isinstance(item, DeliveryStackPlan)]
    assert [rule.target_arn.rpartition("/")[2] for rule in delivery.rules] == [
        "plate-vision-dev-events",
        "plate-vision-staging-events",
    ]
    for rule in delivery.rules:
        assert rule.bus_name is None
        assert pattern(rule)["account"] == ["111111111111"]


def test_each_environment_starts_by_the_success_of_the_one_before() -> None:
    found_rules = rules(plan(example_spec("vision")))
    forward = found_rules["plate-vision-staging-released-prod"]
    assert forward.bus_name == "plate-vision-staging-events"
    assert forward.target_arn.endswith(":555555555555:event-bus/plate-vision-prod-events")
    start = found_rules["plate-vision-prod-plate-reader-release"]
    assert start.target_arn.endswith(":stateMachine:plate-vision-prod-release")
    assert pattern(start)["source"] == ["groundplan.plate-vision"]
    assert pattern(start)["account"] == ["444444444444"]
    assert "plate-vision-prod-released-dev" not in found_rules


def test_an_emergency_goes_no_further_than_its_environment(churn: Plan) -> None:
    for name in ("churn-staging-released-prod", "churn-prod-churn-release"):
        detail = pattern(rules(churn)[name])["detail"]
        assert detail["emergency"] == ["no"]


def test_a_change_of_an_approved_version_other_than_its_approval_releases_nothing(
    churn: Plan,
) -> None:
    rule = rules(churn)["churn-staging-churn-release"]
    takes = EventPattern.load(json.dumps(rule.event_pattern))
    detail = {"ModelPackageGroupName": "churn-churn", "ModelApprovalStatus": "Approved"}
    event: Any = {
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Model Package State Change",
        "account": "111111111111",
    }

    def starts(**more: Any) -> bool:
        whole: Any = {**event, "detail": {**detail, **more}}
        return bool(takes.matches_event(whole))

    assert starts()
    assert starts(UpdatedModelPackageFields=["ModelApprovalStatus"])
    assert not starts(UpdatedModelPackageFields=["ModelLifeCycle"])
    assert not starts(ModelApprovalStatus="PendingManualApproval")
    assert not starts(ModelPackageGroupName="churn-other")


def test_a_release_gets_the_version_of_the_event(churn: Plan) -> None:
    first, later = (rules(churn)[f"churn-{item}-churn-release"] for item in ("staging", "prod"))
    assert first.input_paths == (("version", "$.detail.ModelPackageArn"),)
    assert later.input_paths == (("version", "$.detail.model_package_arn"),)
    assert first.input_template == '{"model": "churn", "version": <version>}'


def test_a_bus_admits_the_forwarding_roles_of_other_accounts_and_no_more(churn: Plan) -> None:
    buses = {
        item.stack.scope: item.bus for item in churn.stacks() if isinstance(item, StateStackPlan)
    }
    builds, released = buses["prod"].statements
    for statement, role in (
        (builds, "arn:aws:iam::111111111111:role/groundplan/churn/churn-tooling-built-rule"),
        (
            released,
            "arn:aws:iam::222222222222:role/groundplan/churn/churn-staging-released-prod-rule",
        ),
    ):
        assert statement.condition == {"ArnEquals": {"aws:PrincipalArn": [role]}}
    [statement] = buses["staging"].statements
    assert statement.principals == {"AWS": "arn:aws:iam::111111111111:root"}


def test_staging_needs_the_status_and_production_the_life_cycle(churn: Plan) -> None:
    assert "ModelLifeCycle" not in text(churn, "staging")
    assert "model-approver" in text(churn, "prod")
    assert "ModelLifeCycle" in text(churn, "prod")


@pytest.mark.parametrize(
    ("edits", "approved", "life_cycle"),
    [
        ((), True, True),
        ((("staging: automatic", f"staging: {{approver_roles: ['{APPROVER}']}}"),), False, True),
        (((PRODUCTION, "    production: automatic\n"),), True, False),
        (((PRODUCTION, ""),), True, True),
        (NO_STAGING, False, False),
        ((*NO_STAGING, (PRODUCTION, "    production: automatic\n")), True, False),
    ],
    ids=[
        "as the example",
        "staging by request",
        "production automatic",
        "production by anybody",
        "production alone",
        "nobody asked",
    ],
)
def test_who_is_asked_decides_how_a_version_is_registered(
    edits: tuple[tuple[str, str], ...], approved: bool, life_cycle: bool, changed: Changed
) -> None:
    spec = changed(*edits)
    assert approved_on_registration(Context(spec)) is approved
    decided = plan(spec)
    assert ("ModelLifeCycle" in text(decided, "prod")) is life_cycle
    [training] = [
        item.definition
        for item in found(decided, type(release(decided, "prod").pipeline))
        if item.name.endswith("-training")
    ]
    assert ('"ModelApprovalStatus":"PendingManualApproval"' in training) is not approved


def test_in_development_nobody_is_asked() -> None:
    assert approved_on_registration(Context(example_spec("sandbox")))


def statements(decided: Plan) -> tuple[Statement, ...]:
    [registry] = [item for item in decided.stacks() if isinstance(item, RegistryStackPlan)]
    assert registry.registries[0].policy is not None
    return registry.registries[0].policy.statements


def test_approvers_may_write_their_own_answer_only() -> None:
    writes = {
        item.sid: item
        for item in statements(plan(example_spec("vision")))
        if "sagemaker:UpdateModelPackage" in item.actions
    }
    assert writes["ApproveStaging"].condition == {
        "ArnEquals": {"aws:PrincipalArn": ["arn:aws:iam::444444444444:role/perception-lead"]},
        "StringEquals": {"sagemaker:ModelApprovalStatus": ["Approved", "Rejected"]},
        "Null": {"sagemaker:ModelLifeCycle:Stage": "true"},
    }
    assert writes["ApproveProduction"].condition == {
        "ArnEquals": {"aws:PrincipalArn": ["arn:aws:iam::555555555555:role/gate-operations"]},
        "StringEquals": {
            "sagemaker:ModelLifeCycle:Stage": "Production",
            "sagemaker:ModelLifeCycle:StageStatus": ["Approved", "Rejected"],
        },
        "Null": {"sagemaker:ModelApprovalStatus": "true"},
    }
    assert set(writes) == {"ApproveStaging", "ApproveProduction"}


def test_the_policy_for_approvers_allows_what_the_registry_does() -> None:
    spec = example_spec("vision")
    theirs = approver_policy(Context(spec), "production").statements[1]
    [ours] = [item for item in statements(plan(spec)) if item.sid == "ApproveProduction"]
    assert theirs.actions == ours.actions and theirs.resources == ours.resources
    assert theirs.condition == {k: v for k, v in ours.condition.items() if k != "ArnEquals"}


def test_no_role_of_the_project_may_approve(decided: Plan) -> None:
    for role in found(decided, RolePlan):
        for duty in role.duties:
            assert "sagemaker:UpdateModelPackage" not in duty.actions, f"{role.name} {duty.id}"
    for stage_0 in decided.stage_0:
        assert stage_0.boundary is not None
        for statement in stage_0.boundary.document.statements:
            assert not any(
                fnmatchcase("sagemaker:UpdateModelPackage", action) for action in statement.actions
            ) or (statement.effect == "Deny")


def test_a_release_updates_the_serving_stacks_of_its_environment_and_no_other(churn: Plan) -> None:
    role = release(churn, "prod").pipeline.role
    stacks = {
        resource
        for duty in role.duties
        if "cloudformation:UpdateStack" in duty.actions
        for resource in duty.resources
    }
    assert stacks == {
        "arn:aws:cloudformation:eu-west-1:333333333333:stack/churn-prod-serving-churn/*"
    }
    deleting = [duty for duty in role.duties if "sagemaker:DeleteModel" in duty.actions]
    assert [duty.condition for duty in deleting] == [
        {"StringEquals": {"aws:ResourceTag/groundplan:endpoint": "churn-prod-churn"}}
    ]
    assert not any("iam:PassRole" in duty.actions for duty in role.duties)


def test_shadow_first_is_part_of_the_release_where_it_is_asked_for() -> None:
    decided = plan(example_spec("vision"))
    shadows = {
        item.stack.scope: item.endpoint.rollout.shadow_seconds
        for item in decided.stacks()
        if isinstance(item, ServingStackPlan)
    }
    assert shadows == {"dev": None, "staging": None, "prod": 1800}
    assert r"\"shadow_first\": \"yes\"" in text(decided, "prod")
    assert r"\"shadow_first\": \"yes\"" not in text(decided, "staging")


def test_alarms_on_the_version_in_shadow_end_its_release() -> None:
    decided = plan(example_spec("vision"))
    [stack] = [
        item
        for item in decided.stacks()
        if isinstance(item, ServingStackPlan) and item.endpoint.shadow_alarms
    ]
    assert [alarm.dimensions["VariantName"] for alarm in stack.endpoint.shadow_alarms] == [
        "shadow",
        "shadow",
    ]
    role = release(decided, "prod").pipeline.role
    watched = {
        resource.partition(":alarm:")[2]
        for duty in role.duties
        if "cloudwatch:DescribeAlarms" in duty.actions
        for resource in duty.resources
    }
    assert watched == {
        f"plate-vision-prod-plate-reader-{item}"
        for item in ("errors", "latency", "shadow-errors", "shadow-latency")
    }


def test_every_rule_keeps_what_it_cannot_deliver(decided: Plan) -> None:
    for stack in decided.stacks():
        if isinstance(stack, ReleaseStackPlan | DeliveryStackPlan):
            assert {rule.dead_letter_queue_arn for rule in stack.rules} == {stack.undelivered.arn}
            [keep] = [s for s in stack.undelivered.policy.statements if s.effect == "Allow"]
            assert keep.condition == {
                "ArnEquals": {"aws:SourceArn": sorted(rule.arn for rule in stack.rules)}
            }


def test_environments_in_one_account_do_not_share_buses_or_rules() -> None:
    spec = example_spec("vision")
    account = "111111111111"
    one = spec.model_copy(update={"accounts": dict.fromkeys(spec.accounts, account)})
    decided = plan(one)
    arns = [rule.arn for rule in found(decided, EventRulePlan)]
    assert len(set(arns)) == len(arns) > 5
    assert all(":111111111111:" in arn for arn in arns)
