"""``groundplan prices`` as a user calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.price_files import price, write_offer
from tests_support import ROOT


def groundplan(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "groundplan.blueprints.cli", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "random"},
    )


def test_import_then_show(tmp_path: Path) -> None:
    write_offer(tmp_path / "index.json", ["ml.m5.xlarge"], ["sa-east-1"])

    done = groundplan("prices", "import", "index.json", cwd=tmp_path)
    asked = ("prices", "show", "--region", "sa-east-1", "--component", "hosting")
    before = groundplan(*asked, cwd=tmp_path)
    after = groundplan(*asked, "--prices", "prices.csv", "--format", "json", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "prices.csv: kept 5 prices, skipped 3 rows\n"
        "  3 a component without a place in a plan, such as notebooks\n"
    )
    assert before.returncode == 1
    assert "none is known, got 'hosting sa-east-1'; import AWS's own" in before.stderr
    [shown] = json.loads(after.stdout)
    assert shown["usd"] == str(price("ml.m5.xlarge", "hosting", "sa-east-1").normalize())


def test_fails_without_a_trace_on_a_cut_file(tmp_path: Path) -> None:
    path = write_offer(tmp_path / "index.json", ["ml.m5.xlarge"], ["sa-east-1"])
    path.write_bytes(path.read_bytes()[:-5])

    done = groundplan("prices", "import", "index.json", "--out", "out.csv", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("index.json: this price file is cut off, or is not JSON, got")
    assert done.stderr.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["index.json"]


@pytest.mark.parametrize(
    ("option", "value", "near"),
    [
        ("instance", "ml.m5.xlrge", "ml.m5.xlarge"),
        ("region", "eu-wst-1", "eu-west-1"),
        ("component", "hostin", "hosting"),
    ],
)
def test_fails_on_a_name_that_is_not_one(option: str, value: str, near: str) -> None:
    done = groundplan("prices", "show", f"--{option}", value, cwd=ROOT)

    assert done.returncode == 2
    assert f"no such {option}, got {value!r}; did you mean {near!r}?" in done.stderr


def test_show_says_source_date_and_confidence() -> None:
    done = groundplan("prices", "show", "--instance", "ml.g5.xlarge", cwd=ROOT)

    assert done.returncode == 0
    [line] = [row for row in done.stdout.splitlines() if "hosting" in row]
    assert {"us-east-1", "1.408", "2026-08-17", "high"} <= set(line.split())
