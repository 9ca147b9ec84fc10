"""Runs the programs of this folder as SageMaker does: subprocesses in a tree of folders."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tarfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).parent

ASK = """
import inference, json, sys
loaded = inference.model_fn(sys.argv[1])
for kind, body in json.load(sys.stdin):
    answer = inference.predict_fn(inference.input_fn(body, kind), loaded)
    print(inference.output_fn(answer, "application/json"))
"""

Row = dict[str, Any]


def module(path: Path) -> ModuleType:
    """A module by its file; other images may have modules of the same name."""
    found = spec_from_file_location(f"{path.parent.parent.name}_{path.stem}", path)
    assert found is not None and found.loader is not None
    made = module_from_spec(found)
    found.loader.exec_module(made)
    return made


def write_csv(path: Path, rows: list[Row]) -> None:
    """Rows as a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


class Jobs:
    """Jobs of one model, in a tree of folders of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def give(self, rows: list[Row], **hyperparameters: object) -> None:
        """Fill the channel ``train``, name the hyperparameters."""
        write_csv(self.root / "input" / "data" / "train" / "rows.csv", rows)
        config = self.root / "input" / "config" / "hyperparameters.json"
        config.parent.mkdir(parents=True, exist_ok=True)
        texts = {name: str(value) for name, value in hyperparameters.items()}
        config.write_text(json.dumps(texts))

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start one of the programs."""
        return subprocess.Popen(
            [sys.executable, "-B", *command],
            cwd=TESTS.parent,
            env=os.environ | {"ML_ROOT": str(self.root), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str, given: str = "") -> str:
        """Run a program to its end; what it printed."""
        process = self.start(*command)
        printed, _ = process.communicate(given, timeout=300)
        assert process.returncode == 0, printed
        return printed

    def evaluate(self, rows: list[Row], *arguments: str) -> Row:
        """Evaluate what was trained; the report."""
        given = self.root / "processing" / "input"
        shutil.rmtree(given, ignore_errors=True)
        write_csv(given / "data" / "rows.csv", rows)
        (given / "model").mkdir()
        with tarfile.open(given / "model" / "model.tar.gz", "w:gz") as archive:
            archive.add(self.root / "model", arcname=".")
        self.run("evaluate.py", *arguments)
        report: Row = json.loads((self.output / "evaluation.json").read_text("utf-8"))
        return report

    @property
    def output(self) -> Path:
        """Folder of what evaluation leaves."""
        return self.root / "processing" / "output"

    def ask(self, *requests: tuple[str, str]) -> list[Row]:
        """Answers to requests, content type and body, by the functions of script mode."""
        printed = self.run("-c", ASK, str(self.root / "model"), given=json.dumps(requests))
        return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]

    def trained(self) -> dict[str, bytes]:
        """Content of the files that training left."""
        files = (path for path in (self.root / "model").rglob("*") if path.is_file())
        return {path.name: path.read_bytes() for path in files}


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    """Jobs of one model."""
    return Jobs(tmp_path)


@pytest.fixture(scope="session")
def samples() -> Any:
    """The module `samples` beside: made-up rows for the programs of this folder."""
    return module(TESTS / "samples.py")


@pytest.fixture(scope="session")
def table() -> Any:
    """Writes CSV files."""
    return write_csv
