"""Reports on the examples, each made once."""

from functools import cache

import pytest
from tests_support import ROOT, example_spec

from groundplan.blueprints.catalogue import price_book
from groundplan.blueprints.plan.engine import Engine
from groundplan.blueprints.report import Content, content


@cache
def _content(name: str, engine: Engine) -> Content:
    path = ROOT / "examples" / name / "groundplan.yaml"
    return content(
        example_spec(name),
        source=path.read_text("utf-8"),
        file_name=path.name,
        book=price_book(),
        engine=engine,
    )


@pytest.fixture
def sandbox() -> Content:
    return _content("sandbox", "cdk")


@pytest.fixture(params=["cdk", pytest.param("pulumi", marks=pytest.mark.heavy)])
def reported(example: str, request: pytest.FixtureRequest) -> Content:
    return _content(example, request.param)
