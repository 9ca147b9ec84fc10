"""The main job on real input: every example is deployed, trained, released, broken and torn down."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import ROOT

from groundplan.stacks.rehearsal import RehearsalOptions, rehearse

PHASES = [
    "cdk synth",
    "stage 0",
    "cdk bootstrap",
    "cdk deploy",
    "check through the service APIs",
    "deploy again",
    "images",
    "data uploaded",
    "training",
    "training, nothing changed",
    "release",
    "check through the service APIs",
    "monitoring",
    "deploy after release",
    "training",
    "second release",
    "failed releases",
    "a failed rollback",
    "two releases at once",
    "an emergency",
    "drift",
    "no spot capacity",
    "bad data",
    "changed spec, missed gate",
    "teardown",
]
MONITORED = ("drift", "monitoring")
FAULTS = (
    "a failed rollback",
    "two releases at once",
    "an emergency",
    "drift",
    "no spot capacity",
    "bad data",
    "changed spec, missed gate",
)


@pytest.mark.heavy
def test_example_lives_as_planned(example: str) -> None:
    if example == "nightly":
        pytest.skip("it has no endpoint; test_scoring rehearses it")
    faults = example != "sandbox"
    report = rehearse(
        ROOT / "examples" / example / "groundplan.yaml", RehearsalOptions(faults=faults)
    )

    assert report.problems == ()
    left_out = () if faults else (*FAULTS, *MONITORED)
    assert [phase.name for phase in report.phases] == [
        name for name in PHASES if name not in left_out
    ]
    seen = {phase.name: phase.detail for phase in report.phases}
    assert any("IAM" in item for item in report.uncovered)
    assert "RolledBack" in seen["failed releases"]
    endpoints = {"churn": 2, "sandbox": 1, "vision": 3}[example]
    assert f"{endpoints} of {endpoints} endpoint" in seen["release"]
    if example == "churn":
        assert "prod (approved by model-approver)" in seen["release"]
        assert "prod: ApprovalExpired" in seen["second release"]
    if faults:
        assert "GateNotMet" in seen["changed spec, missed gate"]
        assert "DataQualityFailed" in seen["bad data"]


@pytest.mark.heavy
def test_fails_when_a_script_crashes(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    shutil.copytree(ROOT / "examples" / "sandbox", folder)
    (folder / "ml" / "train.py").write_text("raise SystemExit('no luck')\n")
    done = subprocess.run(
        [sys.executable, "-m", "groundplan.blueprints.cli", "rehearse",
         str(folder / "groundplan.yaml"), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )  # fmt: skip

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    report = json.loads(done.stdout)
    assert not report["ok"]
    assert report["phases"][-1]["name"] == "training"
    assert "TrainFailed" in done.stderr
