"""Every environment's program defines what was planned, without AWS."""

import runpy
from pathlib import Path

import pytest

from groundplan.blueprints.plan import Plan
from groundplan.stacks.pulumi.recording import record

ROOT = Path(__file__).parent.parent
DIRECTORIES = sorted(path.parent for path in ROOT.glob("environments/*/Pulumi.yaml"))


@pytest.mark.parametrize("directory", DIRECTORIES, ids=lambda path: path.name)
def test_program_defines_the_planned_stacks(directory: Path, decided: Plan) -> None:
    program = directory / "__main__.py"
    found = record(
        lambda: runpy.run_path(str(program)),
        stack=directory.name,
        config={"groundplan:spec": str(ROOT / "groundplan.yaml")},
    )

    registered = found.registrations
    stacks = {item.name for item in registered if item.type.startswith("groundplan:stacks:")}
    planned = {
        f"{stage.id}-{item.stack.id}"
        for stage in decided.parts()[directory.name]
        for item in stage.stacks
    }
    assert planned <= stacks
