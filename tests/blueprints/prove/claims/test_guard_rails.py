"""A guard rail that is taken away, loosened or too tight is found."""

from dataclasses import replace
from functools import cache

import pytest
from benchmarks.prove_plant import gone, in_guard_rails, in_resource
from tests_support import example_spec

from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.claims.guard_rails import CLAIM
from groundplan.blueprints.prove.model import PolicyStatement


@cache
def churn() -> Case:
    return case(example_spec("churn"))


def rails() -> list[str]:
    plan = churn().plan.guard_rails
    assert plan is not None
    return [rail.statement.sid for policy in plan.policies for rail in policy.rails]


def test_it_holds_where_there_are_rails_and_says_where_there_are_none(example: str) -> None:
    whole = case(example_spec(example))
    verdict = CLAIM.check(whole)
    assert verdict.findings == ()
    if whole.plan.guard_rails is None:
        assert verdict.evidence == (
            "the spec asks for no service control policies, so there are none",
        )


def test_each_rail_that_is_taken_away_is_missed() -> None:
    for sid in rails():
        findings = CLAIM.check(in_guard_rails(sid, gone)(churn())).findings
        assert findings, sid
        assert findings[0].problem.startswith("nothing stops "), sid
        assert findings[0].fix.startswith("deny "), sid


def test_the_bucket_of_the_trail_keeps_it_without_any_rail() -> None:
    bucket = "churn-trail-333333333333"
    said = CLAIM.check(in_resource(bucket, "KeepTrail", gone)(churn())).findings
    assert [one.fix for one in said] == [
        "deny s3:DeleteBucket to everybody",
        "deny s3:DeleteObject to everybody",
        "deny s3:DeleteObjectVersion to everybody",
    ]


def unconditional(statement: PolicyStatement) -> PolicyStatement:
    return replace(statement, condition={})


@pytest.mark.parametrize("sid", ["KeepStage0", "KeepLogging", "KeepBuckets", "EncryptUploads"])
def test_a_rail_that_stops_those_whose_work_it_is_is_too_tight(sid: str) -> None:
    findings = CLAIM.check(in_guard_rails(sid, unconditional)(churn())).findings
    assert findings
    assert "is refused to those whose work or choice it is" in findings[0].problem
