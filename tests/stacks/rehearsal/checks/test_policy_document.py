import json
from typing import Any

import pytest

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.ref import Ref
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Comparison
from groundplan.stacks.rehearsal.checks.policy_document import compare_policy

PLACE = Place(account="111111111111", region="eu-west-1")
KEY = Ref("Key", "arn")
PLANNED = PolicyDocument(
    statements=(
        Statement(
            sid="Read",
            actions=("s3:GetObject", "s3:ListBucket"),
            resources=("arn:aws:s3:::data",),
            principals={"AWS": PLACE.root},
            condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        ),
        Statement(
            sid="DenyForeignKey",
            effect="Deny",
            actions=("s3:PutObject",),
            resources=("*",),
            principals={"*": "*"},
            condition={"StringNotEquals": {"s3:key": KEY}, "Bool": {"aws:Via": "false"}},
        ),
    )
)
SHOWN: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "DenyForeignKey",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": ["s3:PutObject"],
            "Resource": ["*"],
            "Condition": {"Bool": {"AWS:Via": False}, "StringNotEquals": {"s3:key": ["the-key"]}},
        },
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Principal": {"AWS": ["111111111111"]},
            "Action": ["s3:ListBucket", "S3:GetObject"],
            "Resource": "arn:aws:s3:::data",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5"]}},
        },
    ],
}


def differences(found: Any, planned: PolicyDocument | None = PLANNED) -> list[str]:
    account = Account(
        lambda service: pytest.fail(f"{service} is not needed"),
        place=PLACE,
        tags={},
        keys={},
        values={KEY: "the-key"},
    )
    compared = compare_policy("policy", planned, found, account)
    return [str(item) for entry in compared if not (item := Comparison("unit", *entry)).same]


@pytest.mark.parametrize("found", [SHOWN, json.dumps(SHOWN)])
def test_same_meaning_is_no_difference(found: Any) -> None:
    assert differences(found) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"Effect": "Deny"}, '{"Effect": "Allow"}, found {"Effect": "Deny"}'),
        (
            {"Action": "s3:*"},
            '{"Action": ["s3:getobject", "s3:listbucket"]}, found {"Action": ["s3:*"]}',
        ),
        (
            {"Principal": {"AWS": ["222222222222"]}},
            (
                '{"Principal": {"AWS": ["arn:aws:iam::111111111111:root"]}}, '
                'found {"Principal": {"AWS": ["arn:aws:iam::222222222222:root"]}}'
            ),
        ),
        (
            {"Resource": "*"},
            '{"Resource": ["arn:aws:s3:::data"]}, found {"Resource": ["*"]}',
        ),
        (
            {"Condition": {}},
            (
                '{"Condition": {"StringEquals": {"aws:principalorgid": ["o-a1b2c3d4e5"]}}}, '
                'found {"Condition": {}}'
            ),
        ),
        (
            {"Condition": {"StringLike": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}},
            (
                '{"Condition": {"StringEquals": {"aws:principalorgid": ["o-a1b2c3d4e5"]}}}, '
                'found {"Condition": {"StringLike": {"aws:principalorgid": ["o-a1b2c3d4e5"]}}}'
            ),
        ),
    ],
)
def test_fails_when_a_statement_means_something_else(change: Any, expected: str) -> None:
    first, second = SHOWN["Statement"]
    found = {"Statement": [first, {**second, **change}]}
    assert differences(found) == [f"unit: policy.Read: planned {expected}"]


def test_fails_when_a_statement_is_missing_or_too_many() -> None:
    more = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    assert differences({"Statement": [SHOWN["Statement"][1], more]})[0] == (
        'unit: policy.statements: planned ["DenyForeignKey", "Read"], found ["Read", "statement 1"]'
    )
    twice = {"Statement": [*SHOWN["Statement"], {**more, "Sid": "Read"}]}
    assert differences(twice) == [
        (
            'unit: policy.statements: planned ["DenyForeignKey", "Read"], '
            'found ["DenyForeignKey", "Read", "Read 2"]'
        )
    ]


def test_fails_when_there_is_a_policy_where_none_is_planned() -> None:
    assert differences(None, None) == []
    assert differences(SHOWN, None) == [
        'unit: policy: planned null, found ["DenyForeignKey", "Read"]'
    ]


def test_fails_when_there_is_no_policy() -> None:
    assert differences(None)[0] == (
        'unit: policy.statements: planned ["DenyForeignKey", "Read"], found []'
    )
