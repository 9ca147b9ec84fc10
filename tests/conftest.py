"""Fixtures that several folders share."""

from pathlib import Path

import pytest

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.spec import ProjectSpec, load_spec

ROOT = Path(__file__).parent.parent
EXAMPLES = ("churn", "sandbox", "vision")


def example_spec(name: str) -> ProjectSpec:
    return load_spec(ROOT / "examples" / name / "groundplan.yaml")


@pytest.fixture(scope="session", params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def spec(example: str) -> ProjectSpec:
    return example_spec(example)


@pytest.fixture(scope="session")
def decided(spec: ProjectSpec) -> Plan:
    return plan(spec)


@pytest.fixture(scope="session")
def churn() -> Plan:
    return plan(example_spec("churn"))
