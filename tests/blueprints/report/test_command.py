"""`groundplan report` as a process: what it writes, refuses and says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import ROOT, run_command

SPEC = ROOT / "examples" / "sandbox" / "groundplan.yaml"


def test_two_runs_with_other_hash_seeds_write_the_same_bytes(tmp_path: Path) -> None:
    pages = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        out = tmp_path / f"{seed}.html"
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "groundplan.blueprints.cli",
                "report",
                str(SPEC),
                "--out",
                str(out),
            ],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == "", "a pipe is told nothing of the progress"
        assert done.stdout.startswith(f"wrote {out} (")
        pages.append(out.read_bytes())
    assert pages[0] == pages[1]
    assert str(ROOT).encode() not in pages[0] and str(tmp_path).encode() not in pages[0]


@pytest.mark.parametrize("name", ["groundplan.yaml", "report", "report.pdf"])
def test_fails_on_a_file_that_is_no_page(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    out.write_text("precious")
    done = run_command("report", SPEC, "--out", out)
    assert done.returncode == 2
    assert done.stderr == f"--out: is no HTML file, got '{out}'; name a file that ends in .html\n"
    assert out.read_text() == "precious"


def test_fails_where_nothing_can_be_written(tmp_path: Path) -> None:
    out = tmp_path / "nowhere" / "report.html"
    done = run_command("report", SPEC, "--out", out)
    assert done.returncode == 3
    assert done.stderr == (
        f"{out}: cannot be written, got 'no such file or directory'; name another file\n"
    )


def test_fails_on_a_spec_with_a_mistake_and_keeps_the_old_page(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text("old")
    wrong = tmp_path / "groundplan.yaml"
    wrong.write_text(SPEC.read_text().replace("eu-west-1", "eu-west-9"))
    done = run_command("report", wrong, "--out", out)
    assert done.returncode == 2
    assert "unknown region" in done.stderr or "eu-west-9" in done.stderr
    assert "Traceback" not in done.stderr
    assert out.read_text() == "old"


def test_since_takes_a_plan_a_spec_and_a_directory(tmp_path: Path) -> None:
    from groundplan.blueprints.plan import plan
    from groundplan.blueprints.spec import load_spec

    stored = tmp_path / "old.json"
    stored.write_text(plan(load_spec(SPEC)).canonical_json())
    changed = tmp_path / "new" / "groundplan.yaml"
    changed.parent.mkdir()
    changed.write_text(SPEC.read_text().replace("name: dev,", "name: test,"))
    out = tmp_path / "report.html"
    for since, heading, cost in (
        (stored, f"Changes since {tmp_path.name}/old.json", "What it did cost is not known"),
        (changed.parent, f"Changes since {tmp_path.name}/new", "The cost changes by"),
    ):
        done = run_command("report", SPEC, "--out", out, "--since", since)
        assert done.returncode == 0, done.stderr
        text = out.read_text()
        assert heading in text and cost in text
    assert "Data is lost or left behind: test/state/" in text
    done = run_command("report", SPEC, "--out", out, "--since", tmp_path / "none.yaml")
    assert done.returncode == 2
    assert "none.yaml" in done.stderr
