"""What somebody could try is found from the statements that mention it."""

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prove_support import DATA, PROD, REGION, example

from groundplan.blueprints.prove.attempts import Attempts, satisfying
from groundplan.blueprints.prove.globs import common, matches
from groundplan.blueprints.prove.model import ConditionValues

TEXTS = st.text(alphabet="ab:/", max_size=8)
PATTERNS = st.text(alphabet="ab:/*?", max_size=8)


@given(PATTERNS, PATTERNS)
def test_what_two_patterns_have_in_common_matches_both(first: str, second: str) -> None:
    found = common(first, second)
    if found is not None:
        assert fnmatchcase(found, first)
        assert fnmatchcase(found, second)


@given(PATTERNS, PATTERNS, TEXTS)
def test_nothing_in_common_means_that_no_text_matches_both(
    first: str, second: str, text: str
) -> None:
    if fnmatchcase(text, first) and fnmatchcase(text, second):
        assert common(first, second) is not None


@given(PATTERNS, TEXTS)
def test_matching_is_that_of_the_standard_library(pattern: str, text: str) -> None:
    assert matches(pattern, text) == fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::*", "arn:aws:s3:::b/x"),
        ("arn:aws:s3:::b/*", "*", "arn:aws:s3:::b/x"),
        ("arn:aws:s3:::b/train/*", "arn:aws:s3:::b/*/model", "arn:aws:s3:::b/train/x/model"),
        ("a*", "b*", None),
    ],
)
def test_an_example_is_an_object_rather_than_nothing(
    first: str, second: str, text: str | None
) -> None:
    found = common(first, second)
    assert (found is None) == (text is None)
    if text is not None and "model" not in text:
        assert found == text


def test_conditions_that_a_caller_chooses_are_met_and_others_are_not() -> None:
    condition: ConditionValues = {
        "StringEquals": {"kms:ViaService": ("s3.x", "sqs.x"), "aws:PrincipalOrgID": ("o-1",)},
        "StringLike": {"s3:prefix": ("train/*",)},
        "Null": {"sts:ExternalId": ("true",), "aws:RequestTag/a": ("false",)},
        "ArnEquals": {"aws:PrincipalArn": ("arn:aws:iam::1:role/a",)},
    }
    assert satisfying(condition) == {
        "kms:ViaService": "s3.x",
        "s3:prefix": "train/x",
        "aws:RequestTag/a": "x",
    }


def test_a_role_is_tried_under_the_conditions_of_its_statements() -> None:
    trial = Attempts(example().world)
    role = f"arn:aws:iam::{PROD}:role/groundplan/churn/churn-prod-churn-training"
    found = trial.allowed(
        role, "kms:Decrypt", f"arn:aws:kms:{REGION}:{PROD}:key/churn-data-customers"
    )
    assert found is not None
    assert found.request.context == {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    assert trial.allowed(role, "s3:GetObject", f"{DATA}/train/*") is not None
    assert trial.allowed(role, "s3:DeleteObject", f"{DATA}/*") is None


def test_nothing_rests_on_service_control_policies() -> None:
    world = example("vision").world
    assert world.service_control
    alone = replace(world, service_control={})
    role = next(one.arn for one in world.roles if one.arn.endswith("-dev-release"))
    resource = "arn:aws:sagemaker:us-east-1:333333333333:endpoint/plate-vision-dev-plate-reader"
    tries = [
        Attempts(one).allowed(role, "sagemaker:InvokeEndpoint", resource) for one in (world, alone)
    ]
    assert [one is not None for one in tries] == [True, True]
