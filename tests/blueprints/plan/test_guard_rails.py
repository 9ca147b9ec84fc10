"""Service control policies: whom they bind, what AWS takes, and that they can be left out."""

import json
from dataclasses import replace

import pytest
from cfnlint.api import lint_all
from tests_support import example_spec

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.plan.guard_rails import (
    GuardRailScope,
    GuardRailsPlan,
    guard_rails_template,
    plan_guard_rails,
)
from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.spec import ProjectSpec

SCOPE = GuardRailScope(
    project="churn",
    partition="aws",
    region="eu-west-1",
    accounts=("111111111111", "222222222222"),
    allowed_regions=("eu-west-1",),
    administrators=("arn:aws:iam::*:role/Administrator",),
    issuer="gitlab.com",
)


def governed(**changes: object) -> ProjectSpec:
    spec = example_spec("churn")
    governance = spec.governance.model_copy(update=changes)
    found: ProjectSpec = spec.model_copy(update={"governance": governance})
    return found


def rails(decided: Plan) -> GuardRailsPlan:
    assert decided.guard_rails is not None
    return decided.guard_rails


def test_they_bind_the_projects_accounts_and_no_others() -> None:
    decided = plan(example_spec("vision"))
    accounts = tuple(place.account for place in decided.places())
    assert len(accounts) == 5
    assert {policy.targets for policy in rails(decided).policies} == {accounts}


@pytest.mark.parametrize(
    ("organization_id", "wanted", "written"),
    [
        ("o-a1b2c3d4e5", None, True),
        ("o-a1b2c3d4e5", False, False),
        (None, None, False),
        (None, True, True),
    ],
)
def test_they_are_for_organisations_and_who_asks(
    organization_id: str | None, wanted: bool | None, written: bool
) -> None:
    spec = governed(service_control_policies=wanted)
    decided = plan(spec.model_copy(update={"organization_id": organization_id}))
    assert (decided.guard_rails is not None) is written


def test_they_only_deny_and_each_says_why() -> None:
    for policy in plan_guard_rails(SCOPE).policies:
        for rail in policy.rails:
            assert rail.statement.effect == "Deny"
            assert rail.statement.principals is None
            assert rail.reason


def test_policies_are_within_what_organizations_takes() -> None:
    long = "arn:aws:iam::*:role/" + "a-long-name-of-a-role" * 3
    accounts = tuple(f"{index:012}" for index in range(1, 9))
    for scope in (SCOPE, replace(SCOPE, administrators=(long,) * 2, accounts=accounts)):
        policies = plan_guard_rails(scope).policies
        assert len(policies) <= 4
        for policy in policies:
            text = json.dumps(policy.document.to_json(), separators=(",", ":"))
            assert len(text) <= 5120
        sids = [rail.statement.sid for policy in policies for rail in policy.rails]
        assert len(set(sids)) == len(sids) == 20


def test_fails_when_so_many_administer_that_a_policy_is_too_long() -> None:
    many = tuple(f"arn:aws:iam::*:role/{'x' * 480}{index}" for index in range(10))
    with pytest.raises(PlanError) as caught:
        plan_guard_rails(replace(SCOPE, administrators=many))
    assert str(caught.value).startswith("governance: the service control policy NoPublicAccess")


def test_the_identity_provider_of_ci_is_kept_and_no_other() -> None:
    kept = next(
        rail.statement
        for policy in plan_guard_rails(SCOPE).policies
        for rail in policy.rails
        if rail.statement.sid == "KeepStage0"
    )
    providers = [item for item in kept.resources if "oidc-provider" in str(item)]
    assert providers == ["arn:aws:iam::*:oidc-provider/gitlab.com"]


def test_a_statement_about_all_but_some_actions_says_so() -> None:
    statement = plan_guard_rails(SCOPE).policies[0].rails[0].statement
    shown = PolicyDocument(statements=(statement,)).to_json()["Statement"]
    assert isinstance(shown, list)
    first = shown[0]
    assert isinstance(first, dict)
    assert "Action" not in first
    assert "iam:*" in str(first["NotAction"])
    assert "sagemaker" not in str(first["NotAction"])


def test_administrators_are_those_of_the_spec() -> None:
    mine = "arn:aws:iam::*:role/Platform"
    text = json.dumps(guard_rails_template(rails(plan(governed(administrators=(mine,))))))
    assert mine in text
    assert "OrganizationAccountAccessRole" not in text


def test_cfn_lint_finds_nothing_and_would_find_a_mistake() -> None:
    def lint(body: dict[str, object]) -> list[str]:
        found = lint_all(json.dumps(body))
        return [match.rule.id for match in found if match.rule.severity in ("error", "warning")]

    template = guard_rails_template(plan_guard_rails(SCOPE))
    assert lint(template) == []
    template["Resources"]["GuardRails1"]["Properties"]["Type"] = "NO_POLICY"
    assert lint(template) == ["E3030"]
