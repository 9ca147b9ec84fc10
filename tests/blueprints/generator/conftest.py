"""Generated repositories of examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundplan.blueprints.generator import Generated, generate

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Generated]:
    """Generate an example into a directory that is not there yet."""

    def run(example: str, **options: Any) -> Generated:
        return generate(EXAMPLES / example / "groundplan.yaml", tmp_path / "made", **options)

    return run
