"""A small program of somebody else's, run without the engine."""

from collections.abc import Callable

import pytest

from groundplan.blueprints.plan.names import Place
from groundplan.stacks.parity import Answers
from groundplan.stacks.pulumi.recording import Recording, Registration, record

Run = Callable[[Callable[[], object]], Recording]
PLACE = Place(account="111111111111", region="eu-west-1")


@pytest.fixture
def place() -> Place:
    return PLACE


@pytest.fixture
def run(place: Place) -> Run:
    """Run a program and return what it registers; AWS's answers follow from the names."""

    def ran(program: Callable[[], object]) -> Recording:
        return record(program, backend=Answers(place))

    return ran


@pytest.fixture
def child(run: Run) -> Callable[[Callable[[], object], str], Registration]:
    """Run a program and return what it registers under a name."""

    def found(program: Callable[[], object], name: str) -> Registration:
        [item] = [item for item in run(program).registrations if item.name == name]
        return item

    return found
