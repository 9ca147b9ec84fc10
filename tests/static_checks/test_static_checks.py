"""Every finding of every pack is mended, or accepted where it is for a reason that a plan names."""

from pathlib import Path

import pytest
from tests.static_checks.checkers import Checked, check_everything, cloudsplaining
from tests.static_checks.findings import PACKS, accepted_by_plan
from tests.static_checks.page import page
from tests_support import EXAMPLES

from groundplan.blueprints.plan import Plan, exceptions

PAGE = Path(__file__).parents[2] / "docs" / "static-checks.md"
MOST_REASONS = 10
ELSEWHERE = {"AwsSolutions-S1"}
"""Found at a log bucket only where the buckets that log to it are in no stack of its own."""

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("static-checks")]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    return check_everything(tmp_path_factory.mktemp("static-checks"))


def test_nothing_is_left(checked: Checked) -> None:
    assert [item for item in checked.findings if item.reason is None] == []


def test_every_checker_looks(checked: Checked) -> None:
    """Each finds what is accepted; cfn-lint finds nothing, and is shown to look elsewhere."""
    for example in EXAMPLES:
        own = {item.pack for item in checked.findings if item.example == example}
        assert own == set(PACKS) - {"cfn-lint"}


def test_nothing_is_accepted_that_nobody_finds(checked: Checked) -> None:
    assert [item for _, item in checked.unused if item.rule not in ELSEWHERE] == []


def test_reasons_are_named_and_few(checked: Checked) -> None:
    named = {value for value in vars(exceptions).values() if isinstance(value, str)}
    for example in EXAMPLES:
        reasons = {item.reason for item in checked.findings if item.example == example}
        assert reasons <= named
        assert len(reasons) <= MOST_REASONS


def test_the_page_is_up_to_date(checked: Checked) -> None:
    assert PAGE.read_text("utf-8") == page(checked)


def test_an_exception_holds_for_its_resource_and_rule_only(churn: Plan) -> None:
    rule = "NIST.800.53.R5-VPCDefaultSecurityGroupClosed"
    places = ["prod/network/Network/Vpc", "prod/network/Network2/Vpc", "prod/training/Vpc"]
    found, _ = accepted_by_plan("churn", [(rule, place) for place in places], churn)
    assert [item.reason is not None for item in found] == [True, False, False]
    found, _ = accepted_by_plan("churn", [("AwsSolutions-VPC7", places[0])], churn)
    assert found[0].reason is None


def test_a_planted_weakness_is_found_unless_its_own_resource_accepts_it() -> None:
    weak = {"Effect": "Allow", "Action": ["s3:GetObject", "iam:PassRole"], "Resource": "*"}
    policy = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [weak]}},
    }
    skip = [{"id": "cloudsplaining-DataExfiltration", "comment": "public pictures"}]
    accepting = {**policy, "Metadata": {"cloudsplaining": {"skip": skip}}}
    resources = {"Resources": {"Weak": policy, "Accepting": accepting}}
    found = list(cloudsplaining({"planted": {"t": resources}}))
    assert {(item.rule, item.place, item.reason) for item in found} >= {
        ("cloudsplaining-DataExfiltration[s3:GetObject]", "t Weak", None),
        ("cloudsplaining-ResourceExposure[iam:PassRole]", "t Weak", None),
        ("cloudsplaining-DataExfiltration", "t Accepting", "public pictures"),
        ("cloudsplaining-ResourceExposure[iam:PassRole]", "t Accepting", None),
    }
