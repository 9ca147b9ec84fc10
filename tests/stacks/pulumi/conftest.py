"""The parts of the examples, recorded once a session."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from groundplan.blueprints.plan import Plan, plan
from groundplan.blueprints.spec import load_spec
from groundplan.stacks.pulumi import add_project
from groundplan.stacks.pulumi.recording import Nothing, Recording, Registration, record

ROOT = Path(__file__).parents[3]
EXAMPLES = ("churn", "nightly", "sandbox", "vision")
PACKAGE = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn-churn/1"


class Account(Nothing):
    """Answers as AWS does, with what it assigns and programs read."""

    def create(self, registration: Registration) -> tuple[str, Mapping[str, Any]]:
        id, state = super().create(registration)
        return id, {"keyId": id, "name": id, "url": f"https://{id}", **state}

    def call(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        assert token == "aws:index/getAvailabilityZones:getAvailabilityZones"
        return {"id": "eu-west-1", "names": ["eu-west-1a", "eu-west-1b", "eu-west-1c"]}


@cache
def planned(example: str) -> Plan:
    return plan(load_spec(ROOT / "examples" / example / "groundplan.yaml"), engine="pulumi")


@cache
def recorded(example: str, part: str) -> Recording:
    """Record a part, each endpoint with a model."""
    spec = ROOT / "examples" / example / "groundplan.yaml"
    models = {item.name for item in load_spec(spec).models}
    return record(
        lambda: add_project(spec, part=part),
        stack=part,
        config={f"groundplan:modelVersion.{model}": PACKAGE for model in sorted(models)},
        backend=Account(),
    )


def all_parts() -> list[tuple[str, str]]:
    return [(example, part) for example in EXAMPLES for part in planned(example).parts()]


@pytest.fixture(scope="session")
def plan_of() -> Callable[[str], Plan]:
    return planned


@pytest.fixture(scope="session")
def recording_of() -> Callable[[str, str], Recording]:
    return recorded


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes ``project`` and ``part`` runs for each part of each example."""
    if {"project", "part"} <= set(metafunc.fixturenames):
        metafunc.parametrize(("project", "part"), all_parts())
