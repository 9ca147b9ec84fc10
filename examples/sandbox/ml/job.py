"""The file tree in which SageMaker runs a job, for training and evaluation programs.

A copy of groundplan's standard module; it needs Python's standard library, and for evaluation its
sisters `references`, `fairness` and `serve` and the project's module ``model``. The root of the tree
is the environment variable ``ML_ROOT``, by default ``/opt/ml``.
"""

import argparse
import csv
import hashlib
import json
import os
import pickle
import signal
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T", int, float, str)
Row = dict[str, str]

TERMINATED = 128 + signal.SIGTERM


def root() -> Path:
    """The root of the tree."""
    return Path(os.environ.get("ML_ROOT", "/opt/ml"))


def rows(directory: Path) -> list[Row]:
    """The rows of every CSV file below ``directory``, file after file by name.

    Raises:
        ValueError: If there is none.
    """
    found: list[Row] = []
    for path in sorted(directory.rglob("*.csv")):
        with path.open(newline="", encoding="utf-8-sig") as stream:
            found += csv.DictReader(stream)
    if not found:
        raise ValueError(f"no row in any .csv file below {directory.name}/")
    return found


def training_rows() -> list[Row]:
    """What a training job is given in its channel ``train``."""
    return rows(root() / "input" / "data" / "train")


def hyperparameter(name: str, default: T) -> T:
    """A training job's hyperparameter, of the type of its default."""
    path = root() / "input" / "config" / "hyperparameters.json"
    given: Mapping[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return type(default)(given[name]) if name in given else default


class Checkpoints:
    """What a training job saves in order to go on after an interruption.

    The first state is kept at once, a later one when ``checkpoint_minutes`` have passed since the
    one before. From the first checkpoint on, SIGTERM ends the program at the next `save`, which is
    complete before it ends. SageMaker allows two minutes for it.
    """

    def __init__(self) -> None:
        self._path = root() / "checkpoints" / f"checkpoint{_trial()}.pickle"
        self._every = 60 * hyperparameter("checkpoint_minutes", 10)
        self._due = 0.0
        self._terminated = False
        signal.signal(signal.SIGTERM, self._terminate)

    def load(self) -> Any:
        """The state that was saved last, by this job or an earlier one, or None."""
        if not self._path.exists():
            return None
        state = pickle.loads(self._path.read_bytes())
        print("resumed from a checkpoint", flush=True)
        return state

    def save(self, state: Any) -> None:
        """Keep ``state`` if it is time, whole or not at all; ends the program after SIGTERM."""
        if time.monotonic() < self._due and not self._terminated:
            return
        self._due = time.monotonic() + self._every
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_bytes(pickle.dumps(state))
        new.replace(self._path)
        if self._terminated:
            print("terminated after a checkpoint", flush=True)
            sys.exit(TERMINATED)

    def _terminate(self, *_: object) -> None:
        self._terminated = True


def _trial() -> str:
    """Tells the training jobs of one tuning job apart, which may share their checkpoints' place."""
    path = root() / "input" / "config" / "hyperparameters.json"
    given = path.read_bytes() if path.exists() else b"{}"
    if "_tuning_objective_metric" not in json.loads(given):
        return ""
    return f"-{hashlib.sha256(given).hexdigest()[:16]}"


def run_training(train: Callable[[], Mapping[str, float]]) -> None:
    """Run ``train``; its numbers go to ``output/data/metrics.json``, its error to the job's reason.

    Each number is printed as ``NAME=NUMBER`` too, which is where tuning finds its objective.
    """
    output = root() / "output"
    output.mkdir(parents=True, exist_ok=True)
    (root() / "model").mkdir(parents=True, exist_ok=True)
    try:
        metrics = train()
    except Exception as exc:
        (output / "failure").write_text(f"{type(exc).__name__}: {exc}"[:1000], encoding="utf-8")
        raise
    _write(output / "data" / "metrics.json", {"metrics": metrics})
    for name, number in metrics.items():
        print(f"{name}={number}", flush=True)


def run_evaluation(evaluate: Callable[[Path, list[Row]], Mapping[str, float]]) -> None:
    """Run ``evaluate`` on the unpacked model and the rows of channel ``data``.

    Its numbers become ``evaluation.json``, with the gaps between groups where the program's arguments
    ask for them. Beside it are left, unless they say ``--metrics-only``, the files of `references`.
    """
    asked = _asked()
    given, output = root() / "processing" / "input", root() / "processing" / "output"
    directory = given / "unpacked"
    try:
        with tarfile.open(given / "model" / "model.tar.gz") as archive:
            archive.extractall(directory, filter="data")
        held_out = rows(given / "data")
        report: dict[str, object] = {
            "metrics": evaluate(directory, held_out),
            "rows": len(held_out),
        }
        if asked.facets or not asked.metrics_only:
            report |= _beyond_metrics(asked, directory, held_out, output)
    except Exception as exc:
        message = root() / "output" / "message"
        message.parent.mkdir(parents=True, exist_ok=True)
        message.write_text(f"{type(exc).__name__}: {exc}"[:1000], encoding="utf-8")
        raise
    _write(output / "evaluation.json", report)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures a model.")
    parser.add_argument("--metrics-only", action="store_true", help="leave nothing but numbers")
    parser.add_argument("--facets", nargs="+", default=[], help="columns that make groups")
    parser.add_argument("--label", help="column of the truth")
    parser.add_argument("--positive", default="1", help="label that counts as positive")
    parser.add_argument("--threshold", type=float, default=0.5, help="least positive probability")
    asked = parser.parse_args()
    if asked.facets and asked.label is None:
        parser.error("--facets needs --label")
    return asked


def _beyond_metrics(
    asked: argparse.Namespace, directory: Path, held_out: list[Row], output: Path
) -> dict[str, object]:
    """What the project's module ``model`` answers, by the code that serves."""
    model, serve = import_module("model"), import_module("serve")
    loaded = model.load(directory)
    predictions = model.predict(loaded, held_out)
    output.mkdir(parents=True, exist_ok=True)
    if not asked.metrics_only:
        import_module("references").write(
            output,
            held_out,
            predictions,
            lambda kind, body: serve.answer(lambda given: model.predict(loaded, given), kind, body),
        )
    if not asked.facets:
        return {}
    found = import_module("fairness").measure(
        held_out,
        predictions,
        facets=asked.facets,
        label=asked.label,
        positive=asked.positive,
        threshold=asked.threshold,
    )
    return {"fairness": found}


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=2, sort_keys=True, allow_nan=False)
    path.write_text(text, encoding="utf-8")
    print(text, flush=True)
