"""Releases to one endpoint, with services that the tests play."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from release_services import (
    ALARMS,
    ANN,
    APPROVER,
    BY_LIFE_CYCLE,
    CASES,
    FAR,
    GROUP,
    ME,
    NEW,
    OLD,
    World,
    release_settings,
)

from groundplan.pipelines import (
    ReleaseApproval,
    definition,
    release_pipeline,
)


@pytest.fixture
def world(machine: Any, service_error: Any) -> Callable[..., World]:
    def make(**changes: Any) -> World:
        return World(machine, service_error, release_settings(**changes))

    return make


@pytest.fixture
def facts() -> Any:
    """Names that the tests share with the world."""

    class Facts:
        old, new, me, ann, approver, far = OLD, NEW, ME, ANN, APPROVER, FAR
        group, cases, alarms = GROUP, CASES, ALARMS
        by_life_cycle = BY_LIFE_CYCLE
        by_status = ReleaseApproval(by="status", approver_roles=(APPROVER,))

    return Facts


def tasks(machine: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every Task state, those within a Map too."""
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            yield name, state
        if state["Type"] == "Map":
            yield from tasks(state["ItemProcessor"])


def full_machine() -> dict[str, dict[str, Any]]:
    """The Task states of a machine with all steps."""
    settings = release_settings(approval=BY_LIFE_CYCLE, target_shadow_first=True)
    return dict(tasks(definition(release_pipeline(settings))))


@pytest.fixture
def release_tasks() -> dict[str, dict[str, Any]]:
    return full_machine()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "task" in metafunc.fixturenames:
        metafunc.parametrize("task", list(full_machine()))
