"""What the security review rests on holds for the spec as it is now."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_claim_holds() -> None:
    command = [sys.executable, "-m", "groundplan.blueprints.cli", "prove", "groundplan.yaml"]
    done = subprocess.run(
        [*command, "--engine", "pulumi", "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    claims = json.loads(done.stdout)["claims"]
    assert [item["id"] for item in claims if not item["holds"]] == []
