"""Both engines record runs in the same place."""

import shutil
from pathlib import Path

import pytest
from tests.parity.engines import ROOT, _source
from tests_support import tracked

from groundplan.stacks.parity import compare, explain

pytestmark = [pytest.mark.heavy, pytest.mark.xdist_group("parity")]


@pytest.mark.parametrize("kind", ["app", "server"])
def test_both_engines_record_runs_alike(tmp_path: Path, kind: str) -> None:
    shutil.copytree(ROOT / "examples" / "churn" / "ml", tmp_path / "ml")
    (tmp_path / "groundplan.yaml").write_text(tracked(kind))
    source = _source(tmp_path / "groundplan.yaml")
    cdk, pulumi = source.cdk(), source.pulumi()

    _, left = explain(compare(cdk, pulumi))
    assert list(map(str, left)) == []
    assert len(list(cdk.of_kind(f"mlflow {kind}"))) == 1
