"""The examples' own programs, run as SageMaker runs them: subprocesses in a tree of folders."""

import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundplan.pipelines import jobs

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
STANDARD = ("fairness.py", "job.py", "quality.py", "references.py", "serve.py", "tracking.py")
NAMES = ("churn", "nightly", "sandbox", "vision")

Program = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    def start(example: str, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-B", *command],
            cwd=EXAMPLES / example / "ml",
            env=os.environ | {"ML_ROOT": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


def finish(process: "subprocess.Popen[str]") -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def channel(example: str, root: Path, **hyperparameters: str) -> None:
    shutil.copytree(EXAMPLES / example / "data" / "train", root / "input" / "data" / "train")
    (root / "input" / "config").mkdir()
    (root / "input" / "config" / "hyperparameters.json").write_text(json.dumps(hyperparameters))


def evaluation(
    example: str, root: Path, program: Program, *arguments: str, folder: str = "test"
) -> Any:
    given = root / "processing" / "input"
    shutil.rmtree(root / "processing", ignore_errors=True)
    shutil.copytree(EXAMPLES / example / "data" / folder, given / "data")
    (given / "model").mkdir()
    with tarfile.open(given / "model" / "model.tar.gz", "w:gz") as archive:
        archive.add(root / "model", arcname=".")
    finish(program(example, "evaluate.py", *arguments))
    return json.loads((root / "processing" / "output" / "evaluation.json").read_text())


@pytest.mark.parametrize(
    ("example", "name"),
    [("nightly", "score.py"), *((example, name) for example in NAMES for name in STANDARD)],
)
def test_standard_programs_are_copies(example: str, name: str) -> None:
    standard = Path(next(iter(jobs.__path__))) / name

    assert (EXAMPLES / example / "ml" / name).read_text() == standard.read_text()


@pytest.mark.parametrize(
    ("example", "metric", "least", "most"),
    [("churn", "auc", 0.85, 0.95), ("sandbox", "accuracy", 0.9, 1), ("vision", "cer", 0, 0.05)],
)
def test_trains_a_model_that_is_worth_serving(
    tmp_path: Path, program: Program, example: str, metric: str, least: float, most: float
) -> None:
    channel(example, tmp_path)
    finish(program(example, "train.py"))
    metrics = evaluation(example, tmp_path, program)["metrics"]

    assert least <= metrics[metric] <= most
    assert not (tmp_path / "output" / "failure").exists()
    assert (tmp_path / "output" / "data" / "metrics.json").exists()
    output = tmp_path / "processing" / "output"
    kept = json.loads((output / "cases.json").read_text())
    assert len(kept["cases"]) == 20
    assert (output / "cases.json").stat().st_size <= 100 * 1024
    baseline = [json.loads(line) for line in (output / "baseline.jsonl").read_text().splitlines()]
    assert baseline[0]["prediction"] == kept["cases"][0]["answer"]["predictions"][0]


def test_churn_is_as_fair_and_lasting_as_its_gates_ask(tmp_path: Path, program: Program) -> None:
    channel("churn", tmp_path, iterations="40")
    printed = finish(program("churn", "train.py"))
    assert re.search(r"(?m)^train_log_loss=[0-9.]+$", printed)
    asked = ("--label", "churned", "--positive", "1", "--threshold", "0.5", "--facets", "country")
    gaps = evaluation("churn", tmp_path, program, *asked)["fairness"]["country"]
    assert 0 < gaps["fpr_gap"] < 0.1
    assert 0 < gaps["demographic_parity_gap"] < 0.15

    future = evaluation("churn", tmp_path, program, "--metrics-only", folder="future")
    assert future["metrics"]["auc"] > 0.7
    assert [path.name for path in (tmp_path / "processing" / "output").iterdir()] == [
        "evaluation.json"
    ]


def test_hyperparameters_reach_the_training(tmp_path: Path, program: Program) -> None:
    channel("churn", tmp_path, iterations="20")
    finish(program("churn", "train.py"))

    assert json.loads((tmp_path / "model" / "model.json").read_text())["iterations"] == 20


@pytest.mark.parametrize("example", ["churn", "vision"])
def test_an_interrupted_training_goes_on_where_it_was(
    tmp_path: Path, program: Program, example: str
) -> None:
    channel(example, tmp_path, iterations="240", epochs="200")
    checkpoint = tmp_path / "checkpoints" / "checkpoint-1.bin"
    first = program(example, "train.py")
    deadline = time.monotonic() + 60
    while not checkpoint.exists():
        assert first.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    first.send_signal(signal.SIGTERM)
    output, _ = first.communicate(timeout=60)

    assert "terminated after a checkpoint" in output
    assert first.returncode == 143
    assert list((tmp_path / "model").iterdir()) == []
    assert "resumed from a checkpoint" in finish(program(example, "train.py"))
    assert (tmp_path / "model" / "model.joblib").exists()


def test_an_interruption_does_not_change_the_model(tmp_path: Path, program: Program) -> None:
    channel("vision", tmp_path, epochs="4")
    finish(program("vision", "train.py"))
    whole = evaluation("vision", tmp_path, program)["metrics"]
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    channel("vision", tmp_path, epochs="4", checkpoint_minutes="0")
    first = program("vision", "train.py")
    while not (tmp_path / "checkpoints" / "checkpoint-2.bin").exists():
        assert first.poll() is None
        time.sleep(0.001)
    first.kill()
    first.communicate(timeout=60)
    assert "resumed from a checkpoint" in finish(program("vision", "train.py"))

    assert evaluation("vision", tmp_path, program)["metrics"] == whole


def test_fails_with_a_reason_when_there_is_no_data(tmp_path: Path, program: Program) -> None:
    process = program("sandbox", "train.py")
    process.communicate(timeout=60)

    assert process.returncode == 1
    assert (tmp_path / "output" / "failure").read_text() == (
        "ValueError: no row in any .csv file below train/"
    )


@pytest.mark.parametrize(
    ("example", "rules", "broken"),
    [
        (
            "churn",
            [
                {"column": "customer_id", "pattern": "C[0-9]{6}", "unique": True},
                {"column": "age", "type": "integer", "min": 18, "max": 110},
                {"column": "contract", "allowed": ["monthly", "annual", "two_year"]},
                {"column": "monthly_fee_eur", "type": "float", "min": 0},
                {"column": "data_gb", "type": "float", "max_missing": 0.05},
            ],
            {
                ("unique", "customer_id"),
                ("max", "age"),
                ("allowed", "contract"),
                ("min", "monthly_fee_eur"),
                ("max_missing", "data_gb"),
            },
        ),
        (
            "vision",
            [
                {"column": "pixels", "pattern": "[0-9a-g]{64}"},
                {"column": "exposure", "type": "float", "min": 0, "max": 1},
            ],
            {("pattern", "pixels"), ("max", "exposure")},
        ),
    ],
)
def test_the_data_satisfies_its_rules_and_the_bad_data_does_not(
    tmp_path: Path,
    program: Program,
    example: str,
    rules: list[dict[str, Any]],
    broken: set[tuple[str, str]],
) -> None:
    given = tmp_path / "processing" / "input" / "data"

    def check(folder: Path) -> Any:
        shutil.rmtree(given, ignore_errors=True)
        for part in ("train", "test"):
            shutil.copytree(folder / part, given / part)
        arguments = ("--reference-time", "2026-11-21T00:00:00Z", "--rules", json.dumps(rules))
        finish(program(example, "quality.py", *arguments))
        return json.loads((tmp_path / "processing" / "output" / "report.json").read_text())

    assert check(EXAMPLES / example / "data")["passed"] is True
    found = check(EXAMPLES / example / "data" / "bad")["violations"]
    assert {(entry["rule"], entry["column"]) for entry in found} == broken


@pytest.mark.parametrize(
    ("example", "script"),
    [
        ("churn", "generate.py"),
        ("nightly", "extract.py"),
        ("sandbox", "extract.py"),
        ("vision", "extract.py"),
    ],
)
def test_the_data_is_what_its_script_writes(tmp_path: Path, example: str, script: str) -> None:
    data = EXAMPLES / example / "data"
    runpy.run_path(str(data / script))["main"](tmp_path)

    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv")}
    assert written == {path.relative_to(data) for path in data.rglob("*.csv")}
    for path in sorted(written):
        assert (tmp_path / path).read_bytes() == (data / path).read_bytes(), path


@pytest.mark.parametrize("example", NAMES)
def test_the_image_holds_what_the_tests_run(example: str) -> None:
    pinned = (EXAMPLES / example / "ml" / "requirements.txt").read_text().splitlines()
    constraints = (ROOT / "constraints.txt").read_text().lower().splitlines()

    assert pinned
    assert [line for line in pinned if line not in constraints] == []
