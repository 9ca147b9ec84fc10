from collections.abc import Callable
from pathlib import Path

import pytest

from groundplan.blueprints.errors import SpecErrors
from groundplan.blueprints.spec import parse_spec

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def full() -> str:
    return (HERE / "full.yaml").read_text()


@pytest.fixture(scope="session")
def smallest() -> str:
    return (HERE / "smallest.yaml").read_text()


@pytest.fixture(scope="session")
def errors() -> Callable[[str], list[str]]:
    """Return the lines of the errors of a spec, without the name of the file."""

    def errors(text: str) -> list[str]:
        try:
            parse_spec(text, "spec")
        except SpecErrors as exc:
            return [line.removeprefix("spec:") for line in str(exc).split("\n")]
        return []

    return errors


@pytest.fixture(scope="session")
def edited(full: str, errors: Callable[[str], list[str]]) -> Callable[..., list[str]]:
    """Return the errors of the full spec after replacements, without their positions."""

    def edited(*edits: tuple[str, str]) -> list[str]:
        text = full
        for old, new in edits:
            assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
            text = text.replace(old, new)
        return [line.split(" ", 1)[1] for line in errors(text)]

    return edited
