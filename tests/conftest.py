"""Fixtures that several folders share."""

import pytest
from tests_support import EXAMPLES, example_spec

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.spec import ProjectSpec


@pytest.fixture(scope="session", params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def spec(example: str) -> ProjectSpec:
    loaded: ProjectSpec = example_spec(example)
    return loaded


@pytest.fixture(scope="session")
def decided(spec: ProjectSpec) -> Plan:
    return plan(spec)


@pytest.fixture(scope="session")
def churn() -> Plan:
    return plan(example_spec("churn"))
