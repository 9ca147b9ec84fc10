"""What AWS's documentation says of policy evaluation, as cases. Each row names its page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from groundplan.blueprints.prove.evaluate import Policies, simulate
from groundplan.blueprints.prove.model import (
    ConditionValues,
    Decision,
    Policy,
    PolicyKind,
    PolicyStatement,
    Request,
)

ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/reader"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/job"
FOREIGN = f"arn:aws:iam::{OTHER}:role/reader"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
OBJECT = "arn:aws:s3:::data/a.csv"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"


def policy(kind: PolicyKind, **statement: Any) -> Policy:
    """Return a policy of one statement, an Allow of everything unless told otherwise."""
    given = {"sid": "1", "effect": "Allow", "actions": ("*",), **statement}
    if kind not in ("trust", "resource") and "not_resources" not in given:
        given.setdefault("resources", ("*",))
    return Policy(kind=kind, name=kind, owner=OBJECT, statements=(PolicyStatement(**given),))


ALL = policy("identity")
NOTHING = policy("boundary", actions=("ec2:DescribeVpcs",))


def grant(*principals: str, **more: Any) -> Policy:
    return policy("resource", principals={"AWS": principals}, **more)


def ask(
    principal: str = ROLE,
    action: str = "s3:GetObject",
    arn: str = OBJECT,
    *,
    owner: str = ACCOUNT,
    context: Mapping[str, str | tuple[str, ...]] | None = None,
    **policies: Any,
) -> Decision:
    request = Request(principal=principal, action=action, resource=arn, context=context or {})
    return simulate(request, Policies(**policies), owner=owner, role=ROLE)


SAME_ACCOUNT: dict[str, tuple[bool, dict[str, Any]]] = {
    # Policy evaluation logic, "Evaluating identity-based policies with resource-based policies"
    "an identity policy alone allows": (True, {"identity": (ALL,)}),
    "a resource policy that names the role alone allows": (True, {"resource": grant(ROLE)}),
    "a resource policy that names the account leaves it to identity policies": (
        False,
        {"resource": grant(ROOT)},
    ),
    "an account id is the account's root": (
        True,
        {"resource": grant(ACCOUNT), "identity": (ALL,), "required": True},
    ),
    "nothing allows": (False, {}),
    # "The difference between explicit and implicit denies"
    "an explicit deny overrides": (
        False,
        {"identity": (ALL, policy("identity", effect="Deny", actions=("s3:Get*",)))},
    ),
    "a deny of the resource overrides": (
        False,
        {"identity": (ALL,), "resource": grant("*", effect="Deny")},
    ),
    # Permissions boundaries for IAM entities
    "a boundary limits identity policies": (False, {"identity": (ALL,), "boundary": NOTHING}),
    "a boundary limits what a resource policy grants to the role": (
        False,
        {"resource": grant(ROLE), "boundary": NOTHING},
    ),
    "a boundary does not limit what it grants to everybody": (
        True,
        {
            "resource": grant("*", condition={"ArnEquals": {"aws:PrincipalArn": (ROLE,)}}),
            "boundary": NOTHING,
        },
    ),
    "a deny with NotPrincipal hits everybody under a boundary": (
        False,
        {
            "identity": (ALL,),
            "boundary": policy("boundary"),
            "resource": policy(
                "resource",
                effect="Deny",
                not_principals={"AWS": (ROOT, ROLE)},
            ),
        },
    ),
    "a deny with NotPrincipal spares a role whose account is named too": (
        True,
        {
            "identity": (ALL,),
            "resource": policy("resource", effect="Deny", not_principals={"AWS": (ROOT, ROLE)}),
        },
    ),
    # Session policies
    "a session policy limits": (False, {"identity": (ALL,), "session": (NOTHING,)}),
    "one of two session policies is enough": (
        True,
        {"identity": (ALL,), "session": (NOTHING, policy("session"))},
    ),
    # Service control policies; SCP evaluation: "each level must allow"
    "service control policies grant nothing": (
        False,
        {"service_control": ((policy("service_control"),),)},
    ),
    "every level must allow": (
        False,
        {
            "identity": (ALL,),
            "service_control": (
                (policy("service_control"),),
                (policy("service_control", actions=("ec2:*",)),),
            ),
        },
    ),
    "one policy of a level is enough": (
        True,
        {
            "identity": (ALL,),
            "service_control": (
                (policy("service_control", actions=("ec2:*",)), policy("service_control")),
            ),
        },
    ),
    "a level without a policy allows nothing": (
        False,
        {"identity": (ALL,), "service_control": ((),)},
    ),
    "service control policies limit what a resource policy grants": (
        False,
        {
            "resource": grant(ROLE),
            "service_control": ((policy("service_control", actions=("ec2:*",)),),),
        },
    ),
}


@pytest.mark.parametrize("name", SAME_ACCOUNT)
def test_one_account(name: str) -> None:
    allowed, policies = SAME_ACCOUNT[name]
    decision = ask(**policies)
    assert decision.allowed is allowed, decision.reason


def test_a_session_that_is_named_is_not_limited() -> None:
    # Policy evaluation logic, resource-based policies, "IAM role session"
    limits: dict[str, Any] = {"boundary": NOTHING, "session": (NOTHING,)}
    assert ask(SESSION, resource=grant(SESSION), **limits).allowed
    assert not ask(SESSION, resource=grant(ROLE), **limits).allowed
    assert ask(SESSION, resource=grant(ROLE)).allowed


@pytest.mark.parametrize(
    ("resource", "identity", "allowed"),
    [
        (grant(FOREIGN), (ALL,), True),
        (grant(f"arn:aws:iam::{OTHER}:root"), (ALL,), True),
        (grant("*"), (ALL,), True),
        (grant(FOREIGN), (), False),
        (grant("*"), (), False),
        (None, (ALL,), False),
        (grant(ROOT), (ALL,), False),
    ],
)
def test_two_accounts(
    resource: Policy | None, identity: tuple[Policy, ...], *, allowed: bool
) -> None:
    # Cross-account policy evaluation logic: both accounts have to allow
    assert ask(FOREIGN, identity=identity, resource=resource).allowed is allowed


@pytest.mark.parametrize(
    ("resource", "identity", "allowed"),
    [
        (grant(ROOT), (ALL,), True),
        (grant(ROOT, condition={"ArnEquals": {"aws:PrincipalArn": (ROLE,)}}), (ALL,), True),
        (grant(ROOT, condition={"ArnEquals": {"aws:PrincipalArn": (FOREIGN,)}}), (ALL,), False),
        (grant(ROOT), (), False),
        (grant(ROLE), (), True),
        (grant(FOREIGN), (ALL,), False),
        (None, (ALL,), False),
    ],
)
def test_keys_are_decided_by_their_policy(
    resource: Policy | None, identity: tuple[Policy, ...], *, allowed: bool
) -> None:
    # KMS Developer Guide, "Key policies in AWS KMS" and "Default key policy"
    decision = ask(
        action="kms:Decrypt", arn=KEY, identity=identity, resource=resource, required=True
    )
    assert decision.allowed is allowed, decision.reason


@pytest.mark.parametrize(
    ("principals", "identity", "allowed"),
    [
        ({"AWS": (ROLE,)}, (), True),
        ({"AWS": (ROOT,)}, (), False),
        ({"AWS": (ROOT,)}, (ALL,), True),
        ({"Service": ("sagemaker.amazonaws.com",)}, (ALL,), False),
    ],
)
def test_assuming_a_role_needs_its_trust(
    principals: Mapping[str, tuple[str, ...]], identity: tuple[Policy, ...], *, allowed: bool
) -> None:
    # IAM User Guide, "Methods to assume a role" and "IAM role principals"
    trust = policy("trust", principals=principals, actions=("sts:AssumeRole",), resources=())
    decision = ask(
        action="sts:AssumeRole", arn=TARGET, identity=identity, resource=trust, required=True
    )
    assert decision.allowed is allowed, decision.reason


def test_a_service_is_allowed_by_the_resource_alone() -> None:
    trust = policy(
        "trust",
        principals={"Service": ("sagemaker.amazonaws.com",)},
        resources=(),
        condition={"StringEquals": {"aws:SourceAccount": (ACCOUNT,)}},
    )

    def assumes(service: str, source: str) -> bool:
        return ask(
            service,
            "sts:AssumeRole",
            TARGET,
            context={"aws:SourceAccount": source},
            resource=trust,
            required=True,
        ).allowed

    assert assumes("sagemaker.amazonaws.com", ACCOUNT)
    assert not assumes("sagemaker.amazonaws.com", OTHER)
    assert not assumes("glue.amazonaws.com", ACCOUNT)


def test_an_identity_provider_is_allowed_by_the_trust_alone() -> None:
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    subject = "token.actions.githubusercontent.com:sub"
    trust = policy(
        "trust",
        principals={"Federated": (provider,)},
        resources=(),
        condition={"StringLike": {subject: ("repo:acme/churn:*",)}},
    )

    def assumes(principal: str, value: str) -> bool:
        return ask(
            principal,
            "sts:AssumeRoleWithWebIdentity",
            TARGET,
            context={subject: value},
            resource=trust,
            required=True,
        ).allowed

    assert assumes(provider, "repo:acme/churn:environment:prod")
    assert not assumes(provider, "repo:acme/other:environment:prod")
    assert not assumes(provider.replace("actions", "elsewhere"), "repo:acme/churn:x")
    assert not assumes(ROLE, "repo:acme/churn:x")


PRESENT: dict[str, tuple[str, ConditionValues, str | tuple[str, ...] | None, bool]] = {
    # Condition operators; Conditions with multiple context keys or values
    "case counts": ("s", {"StringEquals": {"s": ("a", "b")}}, "B", False),
    "case does not count": ("s", {"StringEqualsIgnoreCase": {"s": ("b",)}}, "B", True),
    "no wildcard in StringEquals": ("s", {"StringEquals": {"s": ("a*",)}}, "ab", False),
    "none of them": ("s", {"StringNotEquals": {"s": ("a", "b")}}, "b", False),
    "a missing key matches nothing": ("s", {"StringEquals": {"s": ("a",)}}, None, False),
    "a missing key is not equal": ("s", {"StringNotEquals": {"s": ("a",)}}, None, True),
    "IfExists": ("s", {"StringEqualsIfExists": {"s": ("a",)}}, None, True),
    "IfExists of a key that exists": ("s", {"StringEqualsIfExists": {"s": ("a",)}}, "b", False),
    "Null of a missing key": ("s", {"Null": {"s": ("true",)}}, None, True),
    "Null of a key": ("s", {"Null": {"s": ("false",)}}, "x", True),
    "ForAllValues of none": ("t", {"ForAllValues:StringEquals": {"t": ("a",)}}, None, True),
    "ForAllValues of an empty text": ("t", {"ForAllValues:StringEquals": {"t": ("a",)}}, "", True),
    "ForAllValues": ("t", {"ForAllValues:StringEquals": {"t": ("a", "b")}}, ("a", "c"), False),
    "ForAnyValue of none": ("t", {"ForAnyValue:StringEquals": {"t": ("a",)}}, None, False),
    "ForAnyValue": ("t", {"ForAnyValue:StringEquals": {"t": ("a", "b")}}, ("c", "a"), True),
    "ForAnyValue negated": ("t", {"ForAnyValue:StringNotEquals": {"t": ("a",)}}, ("a", "c"), True),
    "ForAllValues negated": (
        "t",
        {"ForAllValues:StringNotEquals": {"t": ("a",)}},
        ("a", "c"),
        False,
    ),
    "a list needs a quantifier": (
        "kms:ResourceAliases",
        {"StringEquals": {"kms:ResourceAliases": ("alias/a",)}},
        ("alias/a",),
        False,
    ),
    "numbers": ("n", {"NumericLessThan": {"n": ("1.2",)}}, "1.10", True),
    "not a number": ("n", {"NumericLessThan": {"n": ("1.2",)}}, "x", False),
    "dates in zones": (
        "d",
        {"DateEquals": {"d": ("2026-11-21T12:00:00+02:00",)}},
        "2026-11-21T10:00:00Z",
        True,
    ),
    "dates as seconds": (
        "d",
        {"DateGreaterThan": {"d": ("2026-11-21T00:00:00Z",)}},
        "1795305600",
        True,
    ),
    "addresses": ("ip", {"IpAddress": {"ip": ("203.0.113.0/24",)}}, "203.0.113.7", True),
    "one address": ("ip", {"IpAddress": {"ip": ("203.0.113.7",)}}, "203.0.113.8", False),
    "other IP version": ("ip", {"NotIpAddress": {"ip": ("2001:db8::/32",)}}, "203.0.113.7", True),
    "Bool": ("b", {"Bool": {"b": ("true",)}}, "false", False),
    "binary": ("x", {"BinaryEquals": {"x": ("b25l",)}}, "b25l", True),
    "ArnEquals knows wildcards": (
        "arn",
        {"ArnEquals": {"arn": ("arn:aws:s3:::da*",)}},
        "arn:aws:s3:::data",
        True,
    ),
    "a wildcard stays in its part of an ARN": (
        "arn",
        {"ArnLike": {"arn": ("arn:aws:iam::*:role/a",)}},
        "arn:aws:iam::1:x:role/a",
        False,
    ),
    "no ARN": ("arn", {"ArnLike": {"arn": ("arn:aws:s3:::*",)}}, "data", False),
    # Variables and tags
    "a variable": ("s", {"StringEquals": {"s": ("${aws:PrincipalAccount}",)}}, ACCOUNT, True),
    "a default": ("s", {"StringEquals": {"s": ("${aws:PrincipalTag/x, 'y'}",)}}, "y", True),
    "a variable without a value": (
        "s",
        {"StringLike": {"s": ("${aws:PrincipalTag/x}*",)}},
        "y",
        False,
    ),
    "not like a variable without a value": (
        "s",
        {"StringNotLike": {"s": ("${aws:PrincipalTag/x}",)}},
        "y",
        True,
    ),
    "an asterisk itself": ("s", {"StringLike": {"s": ("a${*}*",)}}, "a*b", True),
    "no asterisk": ("s", {"StringLike": {"s": ("a${*}",)}}, "ab", False),
}


@pytest.mark.parametrize("name", PRESENT)
def test_conditions(name: str) -> None:
    key, condition, value, holds = PRESENT[name]
    context = {} if value is None else {key: value}
    conditional = policy("identity", condition=condition)
    assert ask(context=context, identity=(conditional,)).allowed is holds


def test_refuses_an_operator_that_does_not_exist() -> None:
    wrong = policy("identity", condition={"StringMatches": {"s": ("a",)}})
    with pytest.raises(ValueError, match="StringMatches is no condition operator of IAM"):
        ask(identity=(wrong,))


@pytest.mark.parametrize(
    ("pattern", "arn", "matches"),
    [
        # Elements: Resource
        ("arn:aws:s3:::data/*", "arn:aws:s3:::data/a/b", True),
        ("arn:aws:s3:::data/?.csv", OBJECT, True),
        ("arn:aws:s3:::Data/*", OBJECT, False),
        ("arn:aws:s3:*", OBJECT, True),
        ("arn:aws:kms:eu*1:111122223333:key/*", KEY, True),
        ("arn:aws:kms:eu*:key/*", KEY, True),
        ("arn:aws:kms:eu*1:key/*", KEY, False),
        ("arn:aws:s3:::${aws:PrincipalTag/bucket}/*", OBJECT, True),
        ("arn:aws:s3:::${aws:PrincipalTag/none}/*", OBJECT, False),
        ("arn:aws:s3:::${aws:PrincipalTag/none, 'data'}/*", OBJECT, True),
        ("arn:aws:s3:::${aws:PrincipalTag/star}/*", OBJECT, False),
    ],
)
def test_resources(pattern: str, arn: str, *, matches: bool) -> None:
    context = {"aws:PrincipalTag/bucket": "data", "aws:PrincipalTag/star": "*"}
    allow = policy("identity", resources=(pattern,))
    assert ask(arn=arn, context=context, identity=(allow,)).allowed is matches
    others = replace(
        ALL, statements=(replace(allow.statements[0], resources=(), not_resources=(pattern,)),)
    )
    assert ask(arn=arn, context=context, identity=(others,)).allowed is not matches


@pytest.mark.parametrize(
    ("actions", "matches"),
    [
        (("s3:GetObject",), True),
        (("S3:getobject",), True),
        (("s3:Get*",), True),
        (("s3:GetObjec?",), True),
        (("s3:Get",), False),
        (("*",), True),
        (("kms:*", "s3:Put*"), False),
    ],
)
def test_actions(actions: tuple[str, ...], *, matches: bool) -> None:
    assert ask(identity=(policy("identity", actions=actions),)).allowed is matches
    others = policy("identity", actions=(), not_actions=actions)
    assert ask(identity=(others,)).allowed is not matches


def test_a_decision_names_the_statements_that_decided() -> None:
    deny = policy("service_control", effect="Deny", sid="Region")
    decision = ask(identity=(ALL,), service_control=((policy("service_control"), deny),))
    assert decision.reason == "denied by service_control policy service_control, statement Region"
    assert [item.statement.sid for item in decision.statements] == ["Region"]
    decision = ask(identity=(ALL,))
    assert decision.reason == "allowed by identity policy identity, statement 1"
    decision = ask(identity=(ALL,), boundary=NOTHING)
    assert decision.reason == "permission boundary boundary does not allow it"
    assert decision.statements == ()
