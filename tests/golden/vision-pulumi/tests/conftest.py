"""What the tests share."""

from pathlib import Path

import pytest

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.spec import ProjectSpec, load_spec

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def spec() -> ProjectSpec:
    """What is wanted."""
    return load_spec(ROOT / "groundplan.yaml")


@pytest.fixture(scope="session")
def decided(spec: ProjectSpec) -> Plan:
    """What is decided."""
    return plan(spec, engine="pulumi")
