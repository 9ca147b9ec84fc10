"""Batch scoring on real data, from day 0 to its end: both ways, a second time, and their faults."""

import pytest
from tests_support import ROOT

from groundplan.stacks.rehearsal import rehearse


@pytest.mark.heavy
def test_both_ways_predict_what_the_model_says_and_survive_their_faults() -> None:
    report = rehearse(ROOT / "examples" / "nightly" / "groundplan.yaml")

    assert report.problems == ()
    seen = {phase.name: phase.detail for phase in report.phases}
    phases = ["scoring without a model", "scoring", "scoring again", "scoring faults", "teardown"]
    assert [name for name in seen if name in phases] == phases
    assert seen["scoring"] == (
        "diagnosis: 3 files by a transform job on ml.m5.large; "
        "progression: 3 files by a batch job on FARGATE_SPOT"
    )
    assert "diagnosis: ended with ScoreFailed, and people were told" in seen["scoring faults"]
    assert "progression: scored in the second attempt" in seen["scoring faults"]
