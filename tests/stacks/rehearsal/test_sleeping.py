"""An endpoint that scales to zero lives its whole life, asleep when the second version comes."""

import shutil
from pathlib import Path

import pytest
from tests_support import ROOT

from groundplan.stacks.rehearsal import rehearse


@pytest.mark.heavy
def test_an_endpoint_that_scales_to_zero_lives_as_planned(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    shutil.copytree(ROOT / "examples" / "sandbox", folder)
    spec = folder / "groundplan.yaml"
    asleep = "serving: {sizing: {allow_errors_while_waking: true}}"
    text = spec.read_text().replace("serving: {}", asleep)
    assert asleep in text
    spec.write_text(text)

    report = rehearse(spec)

    assert report.problems == ()
    seen = {phase.name: phase.detail for phase in report.phases}
    assert seen["sleep and wake"] == "sandbox-dev-cultivar"
    assert seen["second release"] == "dev: SUCCEEDED"
    assert seen["failed releases"].count("RolledBack") == 2
    assert "teardown" in seen
