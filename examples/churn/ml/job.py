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
from importlib.util import find_spec
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
    given = _hyperparameters()
    if name not in given:
        return default
    # SageMaker's own tools write each value of a script as JSON, so that a text has quotes
    value = json.loads(given[name]) if "sagemaker_program" in given else given[name]
    return type(default)(value)


def _hyperparameters() -> Mapping[str, str]:
    path = root() / "input" / "config" / "hyperparameters.json"
    given: Mapping[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return given


class Checkpoints:
    """What a training job saves in order to go on after an interruption.

    The first state is kept at once, a later one when ``checkpoint_minutes`` have passed since the
    one before. SIGTERM ends the program at the next `save`, which is complete before it ends.
    SageMaker allows two minutes for it, so call `save` more often than that.

    The last two states are kept, in two files that are replaced in turn. Each is whole or not there,
    and says in its first line which training it belongs to and what its content digests to. One that
    is damaged, or of other data, hyperparameters or programs, is skipped with a warning.

    Args:
        dumps: Makes the bytes of a state. Default: pickle.
        loads: Makes a state of its bytes, which have passed their checks by then. Default: pickle,
            which runs what the bytes say: only this training may write its checkpoints.
    """

    def __init__(
        self,
        dumps: Callable[[Any], bytes] = pickle.dumps,
        loads: Callable[[bytes], Any] = pickle.loads,
    ) -> None:
        self._dumps, self._loads = dumps, loads
        stem = f"checkpoint{_trial()}"
        self._slots = [root() / "checkpoints" / f"{stem}-{number}.bin" for number in (1, 2)]
        self._training = _training_digest()
        self._number = 0
        self._next = 0  # the slot to replace
        self._every = 60 * hyperparameter("checkpoint_minutes", 10.0)
        self._due = 0.0
        self._terminated = False
        signal.signal(signal.SIGTERM, self._terminate)

    @property
    def due(self) -> bool:
        """Whether `save` would keep a state now."""
        return self._terminated or time.monotonic() >= self._due

    def load(self) -> Any:
        """The newest state that is sound, of this job or an earlier one like it, or None."""
        newest: tuple[int, int, Any] | None = None
        for slot, path in enumerate(self._slots):
            if not path.exists():
                continue
            try:
                number, payload = unsealed(path.read_bytes(), self._training)
                if newest is None or number > newest[0]:
                    newest = number, slot, self._loads(payload)
            except Exception as exc:  # noqa: BLE001 - whatever it is, training can do without
                print(f"warning: {path.name} is skipped: {exc or type(exc).__name__}", flush=True)
        if newest is None:
            return None
        self._number, slot, state = newest
        self._next = 1 - slot
        print(f"resumed from a checkpoint, number {self._number}", flush=True)
        return state

    def save(self, state: Any) -> None:
        """Keep ``state`` if it is time, whole or not at all; ends the program after SIGTERM."""
        if not self.due:
            return
        self._number += 1
        _replace(self._slots[self._next], sealed(self._dumps(state), self._number, self._training))
        self._next = 1 - self._next
        self._due = time.monotonic() + self._every
        if self._terminated:
            print("terminated after a checkpoint", flush=True)
            sys.exit(TERMINATED)

    def _terminate(self, *_: object) -> None:
        self._terminated = True


def sealed(payload: bytes, number: int, training: str) -> bytes:
    """A checkpoint: one line about its content, and the content."""
    about = {"number": number, "training": training}
    return json.dumps({**about, "digest": _digest(about, payload)}).encode() + b"\n" + payload


def unsealed(content: bytes, training: str) -> tuple[int, bytes]:
    """Number and content of a checkpoint.

    Raises:
        ValueError: If it is damaged or of another training.
    """
    line, _, payload = content.partition(b"\n")
    try:
        about = json.loads(line)
        digest, number = about.pop("digest"), int(about["number"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError("it is damaged, there is no description in it") from None
    if digest != _digest(about, payload):
        raise ValueError("it is damaged, its digest is another one")
    if about["training"] != training:
        raise ValueError("it is of other data, hyperparameters or programs")
    return number, payload


def _digest(about: Mapping[str, object], payload: bytes) -> str:
    described = json.dumps(about, sort_keys=True).encode()
    return hashlib.sha256(described + b"\n" + payload).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    """Replace a file so that whoever is killed or loses power leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with new.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _training_digest() -> str:
    """Tells trainings apart whose states must not be mixed: by hyperparameters, programs and data."""
    found = hashlib.sha256()
    given = {
        name: value
        for name, value in _hyperparameters().items()
        if name != "checkpoint_minutes" and not name.startswith("sagemaker_")
    }
    found.update(json.dumps(given, sort_keys=True).encode())
    programs, data = Path(__file__).parent, root() / "input" / "data"
    for top, pattern in ((programs, "*.py"), (programs, "requirements*.txt"), (data, "*/**/*")):
        for path in sorted(item for item in top.glob(pattern) if item.is_file()):
            content = hashlib.sha256()
            with path.open("rb") as stream:
                while part := stream.read(1024 * 1024):
                    content.update(part)
            name = path.relative_to(top).as_posix()
            found.update(f"\0{name}\0{content.hexdigest()}".encode())
    return found.hexdigest()


def _trial() -> str:
    """Tells the training jobs of one tuning job apart, which may share their checkpoints' place."""
    given = _hyperparameters()
    if "_tuning_objective_metric" not in given:
        return ""
    return f"-{hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]}"


def lineage() -> Mapping[str, str]:
    """What the model is made of: the job's variables ``LINEAGE_DATA_VERSION`` and the like.

    It goes into the model's archive, so that whoever serves the model can say so with every answer.
    """
    return {
        name.removeprefix("LINEAGE_").lower(): value
        for name, value in os.environ.items()
        if name.startswith("LINEAGE_")
    }


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
    if lineage():
        _write(root() / "model" / "lineage.json", lineage())
    _write(output / "data" / "metrics.json", {"metrics": metrics})
    for name, number in metrics.items():
        print(f"{name}={number}", flush=True)
    if find_spec("tracking") is not None:
        import_module("tracking").finish(metrics)


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
