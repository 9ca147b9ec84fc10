"""Whatever spec validates gives a plan for which every claim holds.

``GROUNDPLAN_FUZZ_SPECS=500`` tries more specs than a test run has time for, other ones each time.
"""

import os
from typing import Any

from arbitrary_specs import arbitrary_specs
from hypothesis import HealthCheck, event, given, settings

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.prove.case import case
from groundplan.blueprints.prove.claims import CLAIMS
from groundplan.blueprints.spec import validate_spec

ASKED = os.environ.get("GROUNDPLAN_FUZZ_SPECS")
SPECS = 6
"""Specs of a test run, each time the same."""


@settings(
    max_examples=int(ASKED) if ASKED else SPECS,
    derandomize=ASKED is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(arbitrary_specs())
def test_every_claim_holds_for_any_spec(tree: dict[str, Any]) -> None:
    spec = validate_spec(tree)
    try:
        found = case(spec)
    except PlanError as refused:
        event(f"refused: {refused.problem}")
        return
    event("planned")
    for claim in CLAIMS:
        verdict = claim.check(found)
        assert not verdict.findings, f"{claim.id}: {verdict.findings[0]}"
