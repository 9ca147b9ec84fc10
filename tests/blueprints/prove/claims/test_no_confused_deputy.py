"""Nobody acts through somebody whom the project trusts for another purpose."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from tests_support import EXAMPLES, example_spec

from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case, Finding
from groundplan.blueprints.prove.claims.no_confused_deputy import CLAIM, check_roles
from groundplan.blueprints.prove.model import Policy, PolicyStatement

TRAINING = "role/groundplan/churn/churn-prod-churn-training"
DEPLOYER = "333333333333:role/groundplan-stage-0/churn/churn-deployer"
GITHUB = "token.actions.githubusercontent.com"
Change = Callable[[PolicyStatement], PolicyStatement]


@cache
def example(name: str) -> Case:
    return case(example_spec(name))


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_policy_of_an_example_trusts_too_much(name: str) -> None:
    verdict = CLAIM.check(example(name))
    assert verdict.findings == ()
    assert verdict.checked > 50


def in_trust(end: str, change: Change) -> list[Finding]:
    found = example("churn")
    role = next(item for item in found.world.roles if item.arn.endswith(end))
    assert role.trust is not None
    trust = replace(role.trust, statements=tuple(map(change, role.trust.statements)))
    now = replace(role, trust=trust)
    roles = tuple(now if item.arn == now.arn else item for item in found.world.roles)
    changed = Case(spec=found.spec, plan=found.plan, world=replace(found.world, roles=roles))
    return list(check_roles(changed, [now]))


def in_resource(end: str, sid: str, change: Change) -> list[Finding]:
    found = example("churn")
    resource = next(item for item in found.world.resources if item.arn.endswith(end))
    policy: Policy | None = resource.policy
    assert policy is not None
    statements = tuple(change(item) if item.sid == sid else item for item in policy.statements)
    assert statements != policy.statements
    now = replace(resource, policy=replace(policy, statements=statements))
    resources = tuple(now if item.arn == now.arn else item for item in found.world.resources)
    changed = replace(found.world, resources=resources)
    return list(CLAIM.check(Case(spec=found.spec, plan=found.plan, world=changed)).findings)


def conditions(
    statement: PolicyStatement, operator: str, key: str, *values: str
) -> PolicyStatement:
    keys = {name: held for name, held in statement.condition[operator].items() if name != key}
    if values:
        keys[key] = values
    return replace(statement, condition={**statement.condition, operator: keys})


@pytest.mark.parametrize(
    ("operator", "key"), [("StringEquals", "aws:SourceAccount"), ("ArnLike", "aws:SourceArn")]
)
def test_fails_when_a_service_may_act_for_anybody(operator: str, key: str) -> None:
    [finding] = in_trust(TRAINING, lambda item: conditions(item, operator, key))
    assert finding.where == "trust policy trust, statement Assume"
    assert finding.problem == f"sagemaker.amazonaws.com may act for anybody: no condition on {key}"
    assert finding.fix == f"add {key} with what it acts for in account 333333333333"


def test_fails_when_a_service_may_act_for_another_account() -> None:
    arn = "arn:aws:sagemaker:eu-west-1:*:training-job/*"
    [finding] = in_trust(TRAINING, lambda item: conditions(item, "ArnLike", "aws:SourceArn", arn))
    assert finding.problem == (
        f"sagemaker.amazonaws.com may act for {arn}, which is not sagemaker's in account 333333333333"
    )


def test_fails_when_a_service_may_act_for_other_projects() -> None:
    arn = "arn:aws:states:eu-west-1:333333333333:stateMachine:*"
    [finding] = in_trust(
        "role/groundplan/churn/churn-prod-release",
        lambda item: conditions(item, "ArnLike", "aws:SourceArn", arn),
    )
    assert finding.problem == (
        f"states.amazonaws.com may act for {arn}, which is not limited to the project"
    )


def test_fails_when_an_unknown_service_is_trusted() -> None:
    service = {"Service": ("lambda.amazonaws.com",)}
    [finding] = in_trust(TRAINING, lambda item: replace(item, principals=service))
    assert finding.problem == "lambda.amazonaws.com is trusted, and does nothing for the project"


@pytest.mark.parametrize(
    ("principal", "problem"),
    [
        ("*", "admits everybody"),
        ("arn:aws:iam::999999999999:root", "admits all of account 999999999999"),
        (
            "arn:aws:iam::999999999999:role/vendor",
            "admits arn:aws:iam::999999999999:role/vendor, who has no part in the project",
        ),
    ],
)
def test_fails_when_a_trust_admits_others(principal: str, problem: str) -> None:
    findings = in_trust(
        TRAINING,
        lambda item: replace(item, principals={"AWS": (principal,)}, condition={}),
    )
    assert problem in [item.problem for item in findings]


def test_fails_when_an_external_id_is_let_through() -> None:
    [finding] = in_trust(
        "deploy-role-333333333333-eu-west-1",
        lambda item: conditions(item, "Null", "sts:ExternalId"),
    )
    assert finding.problem == ("may be assumed for a third party: an external id is not refused")


def test_fails_when_a_bus_admits_a_whole_account() -> None:
    findings = in_resource(
        "event-bus/churn-prod-events",
        "PutFrom222222222222",
        lambda item: replace(item, condition={}),
    )
    assert [item.problem for item in findings] == ["admits all of account 222222222222"]


def test_fails_when_a_key_does_not_ask_for_the_organisation() -> None:
    findings = in_resource(
        "key/churn-data-customers",
        "ReadObjects",
        lambda item: conditions(item, "StringEquals", "aws:PrincipalOrgID"),
    )
    [finding] = findings
    assert finding.problem == "admits roles without asking for their organisation"
    assert finding.fix == "add StringEquals aws:PrincipalOrgID o-a1b2c3d4e5"


def test_fails_when_a_topic_takes_any_alarm() -> None:
    findings = in_resource(
        "333333333333:churn-prod-alerts", "AlarmsPublish", lambda item: replace(item, condition={})
    )
    assert {item.problem for item in findings} == {
        f"cloudwatch.amazonaws.com may act for anybody: no condition on {key}"
        for key in ("aws:SourceAccount", "aws:SourceArn")
    }


@pytest.mark.parametrize("claim", ["aud", "ref", "sub", "repository_id", "repository_owner_id"])
def test_fails_when_a_claim_of_ci_is_not_compared(claim: str) -> None:
    key = f"{GITHUB}:{claim}"
    findings = in_trust(DEPLOYER, lambda item: conditions(item, "StringEquals", key))
    assert any(item.problem.startswith(f"a token with {key} ") for item in findings)
    assert all(item.subject.endswith("churn-deployer") for item in findings)
