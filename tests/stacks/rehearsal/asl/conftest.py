"""Every state machine of every example."""

from typing import Any

import pytest
from tests_support import EXAMPLES, example_spec, found

from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.pipeline import PipelinePlan


@pytest.fixture(scope="session")
def machines() -> dict[str, Any]:
    """Example and machine -> its plan."""
    return {
        f"{example}/{machine.name}": machine
        for example in EXAMPLES
        for machine in found(plan(example_spec(example)), PipelinePlan)
    }
