"""What a training run records for MLflow, and the program that sends it there.

A copy of groundplan's standard module; it needs Python's standard library, and to send also
``mlflow-skinny`` (with ``sagemaker-mlflow`` where the server is SageMaker's). Training has no network on
SageMaker: what it records goes to a file beside its checkpoints, so that a run that was interrupted goes
on in the same file, and a job of its own sends the file afterwards. Where ``MLFLOW_TRACKING_URI`` is set,
as on a developer's machine, training sends it itself when it has ended. Nothing here makes training fail.
"""

import argparse
import hashlib
import json
import math
import os
import re
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = "tracking"
"""Folder of the checkpoints that holds the files."""
RUN = "groundplan.run"
"""Tag by which a run is found again."""
SECONDS_TO_SEND = 60.0
"""How long training waits for MLflow at its end."""
MOST_METRICS, MOST_OTHERS, LONGEST = 1000, 100, 500
"""What MLflow takes in one request, and characters of a parameter."""

Line = dict[str, Any]


def record(step: int, **metrics: float) -> None:
    """Record numbers of a training as of a step, such as an epoch; call it after each.

    A step that is repeated after an interruption replaces what was recorded of it before.
    """
    try:
        _append([{"time": _now(), "step": step, "metrics": metrics}])
    except Exception as exc:  # noqa: BLE001 - whatever it is, training goes on
        _warn(exc)


def finish(metrics: Mapping[str, float]) -> None:
    """Record the numbers that a training ends with, and send all where a server is known."""
    try:
        _append([{"time": _now(), "step": None, "metrics": dict(metrics)}])
        uri = os.environ.get("MLFLOW_TRACKING_URI")
        if uri:
            _send_in_time(uri, os.environ.get("MLFLOW_EXPERIMENT_NAME", "Default"))
    except Exception as exc:  # noqa: BLE001 - whatever it is, training goes on
        _warn(exc)


def send(
    uri: str,
    experiment: str,
    files: Iterable[Path],
    tags: Mapping[str, str],
    evaluation: Path | None,
) -> list[str]:
    """Send files to MLflow, each as one run, and return the runs' ids.

    A file that was sent before goes on in its run. Numbers of the evaluation belong to the run of the
    training job that made the model, or to the only one.
    """
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    mlflow = import_module("mlflow")  # here, since training needs none
    mlflow.set_tracking_uri(uri)  # the plugin for SageMaker reads it
    client = mlflow.MlflowClient()
    found = client.get_experiment_by_name(experiment)
    experiment_id = found.experiment_id if found else client.create_experiment(experiment)
    runs = {path: _lines(path) for path in sorted(files)}
    evaluated = _evaluated(runs, tags.get("groundplan.training_job"))
    return [
        _send_run(
            mlflow,
            client,
            experiment_id,
            lines,
            tags,
            evaluation if path == evaluated else None,
        )
        for path, lines in runs.items()
    ]


def _send_run(
    mlflow: Any,
    client: Any,
    experiment_id: str,
    lines: list[Line],
    tags: Mapping[str, str],
    evaluation: Path | None,
) -> str:
    entities = mlflow.entities
    head = lines[0]
    given = {**tags, RUN: head["run"]}
    job = next((line["job"] for line in reversed(lines) if line.get("job")), None)
    if job is not None:
        given["groundplan.training_job"] = job
    known = client.search_runs([experiment_id], f"tags.`{RUN}` = '{head['run']}'", max_results=1)
    if known:
        run_id = known[0].info.run_id
    else:
        name = job or f"{given.get('groundplan.model', 'run')}-{head['run'][:8]}"
        run_id = client.create_run(
            experiment_id, start_time=head["time"], tags={RUN: head["run"]}, run_name=name
        ).info.run_id
    numbers = [
        entities.Metric(_key(key), value, when, step)
        for key, value, when, step in (*_metrics(lines), *_held_out(evaluation, lines[-1]["time"]))
    ]
    others = [
        entities.RunTag(_key(key), str(value)) for key, value in sorted(given.items()) if value
    ]
    params = [
        entities.Param(_key(key), str(value)[:LONGEST])
        for key, value in sorted(head["parameters"].items())
        if not key.startswith("_")
    ]
    for metrics in _parts(numbers, MOST_METRICS - 2 * MOST_OTHERS):
        client.log_batch(run_id, metrics=metrics)
    for some in _parts(params, MOST_OTHERS):
        client.log_batch(run_id, params=some)
    for some in _parts(others, MOST_OTHERS):
        client.log_batch(run_id, tags=some)
    client.set_terminated(run_id, "FINISHED", end_time=lines[-1]["time"])
    return str(run_id)


def _metrics(lines: list[Line]) -> Iterator[tuple[str, float, int, int]]:
    """Name, number, time and step of everything, each step once: what was recorded last of it."""
    last: dict[tuple[str, int], tuple[float, int]] = {}
    highest = 0
    for line in lines[1:]:
        step = highest if line["step"] is None else line["step"]
        highest = max(highest, step)
        for name, value in line["metrics"].items():
            if isinstance(value, int | float) and math.isfinite(value):
                last[name, step] = float(value), line["time"]
    for (name, step), (value, when) in last.items():
        yield name, value, when, step


def _held_out(report: Path | None, when: int) -> Iterator[tuple[str, float, int, int]]:
    if report is None:
        return
    for name, value in json.loads(report.read_text(encoding="utf-8"))["metrics"].items():
        if isinstance(value, int | float) and math.isfinite(value):
            yield f"held_out/{name}", float(value), when, 0


def _evaluated(runs: Mapping[Path, list[Line]], job: str | None) -> Path | None:
    if len(runs) == 1:
        return next(iter(runs))
    own = (path for path, lines in runs.items() if any(line.get("job") == job for line in lines))
    return next(own, None) if job else None


def _lines(path: Path) -> list[Line]:
    """What a file holds; a line that was cut off by the end of a job is left out."""
    found: list[Line] = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(text))
        except ValueError:
            continue
    if not found or "run" not in found[0]:
        raise ValueError(f"{path.name} does not begin with a run's description")
    return found


def _append(lines: list[Line]) -> None:
    """Add lines to the file of this training, which begins with who it is."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists() or not path.stat().st_size
    # A job that was killed may have left half a line, which this one must not be added to.
    start = "" if new or path.read_bytes().endswith(b"\n") else "\n"
    if new:
        lines = [
            {"run": uuid.uuid4().hex, "time": _now(), "parameters": _hyperparameters()},
            *lines,
        ]
    job = os.environ.get("TRAINING_JOB_NAME")  # SageMaker sets it
    if job:
        lines[-1] = {**lines[-1], "job": job}
    with path.open("a", encoding="utf-8") as stream:
        stream.write(start + "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))


def _path() -> Path:
    """The file of this training: other hyperparameters, as of a tuning job's trials, have another."""
    given = json.dumps(_hyperparameters(), sort_keys=True)
    name = f"run-{hashlib.sha256(given.encode()).hexdigest()[:16]}.jsonl"
    return _root() / "checkpoints" / FOLDER / name


def _root() -> Path:
    return Path(os.environ.get("ML_ROOT", "/opt/ml"))


def _hyperparameters() -> dict[str, str]:
    path = _root() / "input" / "config" / "hyperparameters.json"
    given: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return {name: text for name, text in given.items() if not name.startswith("sagemaker_")}


def _send_in_time(uri: str, experiment: str) -> None:
    """Send this training's file, and give up waiting after a while."""
    failed: list[BaseException] = []

    def work() -> None:
        try:
            send(uri, experiment, [_path()], {}, None)
        except Exception as exc:  # noqa: BLE001 - told below
            failed.append(exc)

    sender = threading.Thread(target=work, daemon=True)
    sender.start()
    sender.join(SECONDS_TO_SEND)
    if sender.is_alive():
        raise TimeoutError(f"MLflow has not taken the run within {SECONDS_TO_SEND:g} seconds")
    if failed:
        raise failed[0]


def _key(text: str) -> str:
    """A name with the characters that MLflow takes."""
    return re.sub(r"[^A-Za-z0-9_. :/-]", "_", text)[:250]


def _parts(items: list[Any], most: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]


def _now() -> int:
    """Milliseconds, as MLflow counts."""
    return int(time.time() * 1000)


def _warn(exc: BaseException) -> None:
    print(f"warning: the run is not recorded: {type(exc).__name__}: {exc}", flush=True)


def main() -> int:
    """Send what a training job recorded; 1 if it could not be."""
    parser = argparse.ArgumentParser(description="Records training runs in MLflow.")
    parser.add_argument("--server", required=True, help="ARN or address of MLflow")
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--tag", action="append", default=[], help="NAME=TEXT, a tag of each run")
    asked = parser.parse_args()
    given, output = _root() / "processing" / "input", _root() / "processing" / "output"
    reports = sorted((given / "evaluation").glob("*.json"))
    tags = dict(text.partition("=")[::2] for text in asked.tag)
    try:
        files = sorted((given / "runs").glob("*.jsonl"))
        ids = send(asked.server, asked.experiment, files, tags, reports[0] if reports else None)
    except Exception as exc:  # noqa: BLE001 - the job's end says it
        _warn(exc)
        return 1
    output.mkdir(parents=True, exist_ok=True)
    (output / "runs.json").write_text(json.dumps({"runs": ids}), encoding="utf-8")
    print(f"recorded {len(ids)} runs in {asked.experiment}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
