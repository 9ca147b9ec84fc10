"""What the phases of monitoring rest on; the phases themselves are rehearsed with the examples."""

import importlib.util
import statistics
import sys
from pathlib import Path
from typing import Any

import pytest
from tests_support import ROOT, example_spec

from groundplan.blueprints.plan.context import Context
from groundplan.stacks.rehearsal import monitoring
from groundplan.stacks.rehearsal.emulator.jobs.script import Script
from groundplan.stacks.sources import context_directory

ROWS = [
    {"id": f"C{number}", "plan": "ab"[number % 2], "code": str(number % 3), "age": str(number)}
    for number in range(60)
] + [{"id": "C60", "plan": "a", "code": "1", "age": ""}]


def test_one_column_of_numbers_is_shifted_and_nothing_else() -> None:
    shifted = monitoring._shifted(ROWS)
    ages = [float(row["age"]) for row in ROWS if row["age"]]
    moved = [float(row["age"]) for row in shifted if row["age"]]
    by = statistics.mean(moved) - statistics.mean(ages)
    assert by == pytest.approx(2 * statistics.pstdev(ages), abs=0.01)
    assert shifted[-1]["age"] == ""
    rest = ("id", "plan", "code")
    assert [[row[k] for k in rest] for row in shifted] == [[row[k] for k in rest] for row in ROWS]


def test_without_evidently_the_phases_say_so_and_so_does_the_summary(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.chdir(tmp_path)

    class World:
        def monitorings(self) -> tuple[Any, ...]:
            return ("one",)

        def endpoints(self) -> tuple[Any, ...]:
            return ()

    world: Any = World()
    assert monitoring.interpreters(Context(example_spec("churn"))) == {}
    for phase in (monitoring.watch(world), monitoring.drift(world)):
        assert phase.detail.startswith("NOT REHEARSED: Monitoring: its job, since Evidently")
    assert monitoring.missing(world) == (monitoring.MISSING,)


def test_the_environment_of_the_makefile_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    python = tmp_path / ".venv-monitoring" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    found = monitoring.interpreters(Context(example_spec("churn")))
    assert found == {"churn/groundplan-monitoring": python}


def test_an_image_may_have_an_interpreter_of_its_own(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$0 $*"\n')
    python.chmod(0o755)
    log = tmp_path / "log.txt"
    script = Script(
        ["python", "-m", "monitor", "/opt/ml/x"],
        directory=tmp_path,
        environment={},
        root=tmp_path / "ml",
        log=log,
        python=python,
    )
    assert script.run(10).exit_code == 0
    assert log.read_text() == f"{python} -m monitor {tmp_path}/ml/x\n"


def test_groundplans_own_context_is_in_the_package() -> None:
    own = context_directory("groundplan:jobs/monitoring", Path("/nowhere"))
    assert own == ROOT / "pipelines" / "groundplan" / "pipelines" / "jobs" / "monitoring"
    assert (own / "Dockerfile").is_file()
    assert context_directory("ml", Path("/spec")) == Path("/spec/ml")
