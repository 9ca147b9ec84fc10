"""Holes that a careless engineer could make are named by the claim that is about them."""

from collections import Counter
from functools import cache

import pytest
from benchmarks.prove_hole import Hole
from benchmarks.prove_holes import ALL, CLAIMS_PAGE, PAGE, claims_table, findings, told
from tests_support import example_spec

from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claim import Case
from groundplan.blueprints.prove.claims import CLAIMS


@cache
def churn() -> Case:
    return case(example_spec("churn"))


@pytest.mark.parametrize("hole", ALL, ids=lambda hole: f"{hole.claim}: {hole.mistake}")
def test_a_hole_is_named_with_its_smallest_fix_as_the_page_shows(hole: Hole) -> None:
    finding = told(hole, findings(hole, churn(), CLAIMS))
    assert finding.fix
    page = PAGE.read_text("utf-8")
    said = finding.problem.replace("|", "\\|")
    assert f"| {hole.claim} | {hole.mistake} |" in page, "run python -m benchmarks.prove_holes"
    assert said in page, "run python -m benchmarks.prove_holes"


def test_every_claim_has_a_hole() -> None:
    planted = Counter(hole.claim for hole in ALL)
    assert set(planted) == {claim.id for claim in CLAIMS}
    assert planted["no-privilege-escalation"] >= 20


def test_the_page_for_reviewers_lists_every_claim() -> None:
    assert claims_table(CLAIMS) in CLAIMS_PAGE.read_text("utf-8"), (
        "run python -m benchmarks.prove_holes"
    )
