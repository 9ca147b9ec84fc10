"""Every resource of a plan is in its inventory, once, so that a diff can name its change."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests_support import EXAMPLES, example_spec

from groundplan.blueprints.diff.inventory import CREATE_ONLY, inventory
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.ref import to_json

HOLDERS = {"Alarms", "DataVersions", "Duty", "ModelMonitoring", "SpotTraining", "Stack", "Stage"}
"""Types with an id that are no resource: they hold resources, or are part of one."""


def units(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$type" in value and isinstance(value.get("id"), str):
            yield value["$type"]
        for item in value.values():
            yield from units(item)
    elif isinstance(value, list):
        for item in value:
            yield from units(item)


@pytest.mark.parametrize("name", EXAMPLES)
def test_holds_every_unit_once(name: str) -> None:
    whole = to_json(plan(example_spec(name)))
    planned = [kind for kind in units(whole["stages"]) if kind not in HOLDERS]

    found = inventory(whole)

    assert sorted(item.type for item in found.values()) == sorted(planned)
    assert set(planned) <= set(CREATE_ONLY)
