"""Fixtures that several folders share."""

import os

# two workers, the emulator and its jobs share the machine: more threads only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from tests_support import EXAMPLES, example_spec

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.spec import ProjectSpec

collect_ignore = ["golden"]  # has the tests of generated repositories, which run there


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, so that no worker ends with one of them while the other is idle."""
    items.sort(key=lambda item: item.path.name != "test_rehearsal.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that Pulumi's real engine, or a browser, was wanted and is not here."""
    skipped = terminalreporter.stats.get("skipped", [])
    unseen = sum("NOT TRIED IN A BROWSER" in str(item.longrepr) for item in skipped)
    if unseen:
        line = f"{unseen} tests of pages in a browser were not run: see the skip reasons"
        terminalreporter.write_line(line, yellow=True, bold=True)
    untried = sum("NOT TRIED WITH THE REAL ENGINE" in str(item.longrepr) for item in skipped)
    if untried:
        line = f"{untried} tests of Pulumi's real engine were not run: see the skip reasons"
        terminalreporter.write_line(line, yellow=True, bold=True)


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
