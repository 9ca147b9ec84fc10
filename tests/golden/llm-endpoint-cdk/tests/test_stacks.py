"""Every environment's program defines what was planned, without AWS."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from groundplan.blueprints.plan import Plan

ROOT = Path(__file__).parent.parent
DIRECTORIES = sorted(path.parent for path in ROOT.glob("environments/*/cdk.json"))


@pytest.mark.parametrize("directory", DIRECTORIES, ids=lambda path: path.name)
def test_synthesises_the_planned_stacks(directory: Path, decided: Plan, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=directory,
        env=os.environ | {"CDK_OUTDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    made = {
        stack["properties"]["stackName"]
        for manifest in tmp_path.rglob("manifest.json")
        for stack in json.loads(manifest.read_text())["artifacts"].values()
        if stack["type"] == "aws:cloudformation:stack"
    }
    planned = {
        item.stack.name for stage in decided.parts()[directory.name] for item in stage.stacks
    }
    assert planned <= made
