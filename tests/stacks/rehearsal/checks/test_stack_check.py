from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.ref import Ref
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Comparison
from groundplan.stacks.rehearsal.checks.stack_check import units

PLACE = Place(account="111111111111", region="eu-west-1")


@dataclass(frozen=True)
class Unknown:
    id: str


@dataclass(frozen=True)
class Holder:
    held: tuple[Unknown, ...]


def refusing(code: str, message: str) -> Account:
    client = boto3.client(
        "iam", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    stub = Stubber(client)
    stub.add_client_error("get_role", code, message)
    stub.activate()
    return Account(lambda service: client, place=PLACE, tags={}, keys={})


def test_fails_when_a_unit_has_no_check() -> None:
    holder: Any = Holder((Unknown("A"),))
    with pytest.raises(TypeError) as caught:
        list(units(holder))
    assert str(caught.value) == ("Holder.held: a unit needs a check, got Unknown; add it to CHECKS")


def test_what_does_not_exist_is_an_empty_answer() -> None:
    account = refusing("NoSuchEntity", "The role cannot be found")
    assert account.read("iam", "get_role", RoleName="gone") == {}


def test_fails_when_a_service_refuses_to_show() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        refusing("AccessDenied", "not allowed").read("iam", "get_role", RoleName="secret")


def test_a_ref_that_nothing_resolves_equals_nothing() -> None:
    account = refusing("NoSuchEntity", "unused")
    value = account.resolve({"key": Ref("Elsewhere", "arn")})
    assert value == {"key": "{Elsewhere.arn}"}


def test_a_given_value_resolves_a_ref() -> None:
    ref = Ref("Network", "subnet_id_0")
    account = Account(lambda service: None, place=PLACE, tags={}, keys={}, values={ref: "subnet-1"})
    assert account.resolve([ref]) == ["subnet-1"]


def test_a_difference_shows_only_what_differs() -> None:
    planned = {"same": 1, "inner": {"same": [1], "other": "a"}, "gone": True}
    found = {"same": 1, "inner": {"same": [1], "other": "b"}}
    assert str(Comparison("stack/unit", "definition", planned, found)) == (
        'stack/unit: definition: planned {"gone": true, "inner": {"other": "a"}}, '
        'found {"inner": {"other": "b"}}'
    )
    assert Comparison("stack/unit", "list", (1, 2), [1, 2]).same
