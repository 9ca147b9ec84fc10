"""What arrives in a real MLflow server, of a training that was killed and went on."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests_support import ROOT

from groundplan.blueprints.plan.deployment_policies.mlflow import RECORD_IN_SERVER

BIN = ROOT / ".venv-mlflow" / "bin"
CHURN = ROOT / "examples" / "churn"
CALLS = {
    "experiments/create": "CreateExperiment",
    "experiments/get-by-name": "GetExperimentByName",
    "runs/create": "CreateRun",
    "runs/get": "GetRun",
    "runs/log-batch": "LogBatch",
    "runs/search": "SearchRuns",
    "runs/update": "UpdateRun",
}
"""IAM's action for each call of MLflow's REST API."""

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not BIN.exists(), reason="MLflow is not installed: run make environments"),
]


class Server:
    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        command = [str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--backend-store-uri", f"sqlite:///{folder}/runs.db", "--workers", "1"]
        command += ["--artifacts-destination", str(folder / "artifacts")]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output, cwd=folder, start_new_session=True
            )

    def ready(self) -> None:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{self.uri}/health", timeout=2).close()
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.5)
        raise AssertionError("the server does not start")

    def call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.uri}/api/2.0/mlflow/{path}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def runs(self, experiment: str) -> list[Any]:
        name = urllib.parse.quote(experiment, safe="")
        found = self.call(f"experiments/get-by-name?experiment_name={name}")["experiment"]
        return list(
            self.call("runs/search", {"experiment_ids": [found["experiment_id"]]}).get("runs", [])
        )

    def history(self, run: Any, metric: str) -> list[tuple[int, float]]:
        where = f"run_id={run['info']['run_id']}&metric_key={metric}"
        found = self.call(f"metrics/get-history?{where}")["metrics"]
        return sorted((int(item["step"]), item["value"]) for item in found)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("mlflow"))
    try:
        made.ready()
        yield made
    finally:
        os.killpg(made.process.pid, signal.SIGKILL)  # it keeps nothing that is wanted
        made.process.wait(60)


def program(root: Path, *command: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [str(BIN / "python"), "-B", *command],
        cwd=CHURN / "ml",
        env=os.environ | {"ML_ROOT": str(root)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def prepared(root: Path) -> Path:
    shutil.copytree(CHURN / "data" / "train", root / "input" / "data" / "train")
    (root / "input" / "config").mkdir()
    given = {"iterations": "240", "checkpoint_minutes": "0", "learning_rate": "0.05"}
    (root / "input" / "config" / "hyperparameters.json").write_text(json.dumps(given))
    return root


def kill(root: Path, how: int, **environment: str) -> None:
    """Start training and end it when it has recorded something."""
    process = program(root, "train.py", **environment)
    folder = root / "checkpoints" / "tracking"
    before = sum(path.stat().st_size for path in folder.glob("*")) if folder.exists() else 0
    deadline = time.monotonic() + 60
    while sum(path.stat().st_size for path in folder.glob("*")) <= before + 300:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.005)
    process.send_signal(how)
    process.communicate(timeout=60)


def test_a_training_that_was_killed_twice_is_one_run(tmp_path: Path, server: Server) -> None:
    root = prepared(tmp_path)
    environment = {"MLFLOW_TRACKING_URI": server.uri, "MLFLOW_EXPERIMENT_NAME": "direct"}
    kill(root, signal.SIGKILL, **environment, TRAINING_JOB_NAME="job-1")
    kill(root, signal.SIGTERM, **environment, TRAINING_JOB_NAME="job-2")
    last = program(root, "train.py", **environment, TRAINING_JOB_NAME="job-3")
    printed = last.communicate(timeout=120)[0]
    assert "resumed from a checkpoint" in printed and "warning" not in printed, printed

    [run] = server.runs("direct")
    assert [step for step, _ in server.history(run, "train_log_loss")] == list(range(20, 241, 20))
    assert {item["key"]: item["value"] for item in run["data"]["params"]} == {
        "iterations": "240",
        "checkpoint_minutes": "0",
        "learning_rate": "0.05",
    }
    assert run["info"]["run_name"] == "job-3" and run["info"]["status"] == "FINISHED"


def test_the_job_that_records_sends_the_same_run_once(tmp_path: Path, server: Server) -> None:
    """As on SageMaker: training has no network, and a job of its own reads what it left."""
    root = prepared(tmp_path)
    assert program(root, "train.py", TRAINING_JOB_NAME="job-9").wait(120) == 0
    given = root / "processing" / "input"
    shutil.copytree(root / "checkpoints" / "tracking", given / "runs")
    (given / "evaluation").mkdir()
    report = {"metrics": {"auc": 0.875}, "rows": 900, "fairness": {}}
    (given / "evaluation" / "evaluation.json").write_text(json.dumps(report))
    arguments = ("--server", server.uri, "--experiment", "churn/prod/churn")
    tags = ("groundplan.fingerprint=abc", "groundplan.code_version=", "groundplan.model=churn")
    for _ in range(2):  # it is started again after an error of the call
        options = [word for tag in tags for word in ("--tag", tag)]
        sent = program(root, "tracking.py", *arguments, *options)
        printed = sent.communicate(timeout=120)[0]
        assert sent.returncode == 0, printed

    [run] = server.runs("churn/prod/churn")
    assert len(server.history(run, "train_log_loss")) == 12
    assert server.history(run, "held_out/auc") == [(0, 0.875)]
    found = {item["key"]: item["value"] for item in run["data"]["tags"]}
    assert found["groundplan.fingerprint"] == "abc"
    assert found["groundplan.training_job"] == "job-9"
    assert "groundplan.code_version" not in found
    left = json.loads((root / "processing" / "output" / "runs.json").read_text())
    assert left == {"runs": [run["info"]["run_id"]]}


def test_the_role_allows_what_the_program_calls_and_no_more(tmp_path: Path, server: Server) -> None:
    server.log.write_bytes(b"")
    root = prepared(tmp_path)
    environment = {"MLFLOW_TRACKING_URI": server.uri, "MLFLOW_EXPERIMENT_NAME": "calls"}
    assert program(root, "train.py", **environment).wait(120) == 0
    called = set(re.findall(r"/api/2\.0/mlflow/([a-z-]+/[a-z-]+)", server.log.read_text()))
    assert {f"sagemaker-mlflow:{CALLS[item]}" for item in called} == set(RECORD_IN_SERVER)


def test_training_ends_well_though_no_server_answers(tmp_path: Path) -> None:
    root = prepared(tmp_path)
    environment = {
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:1",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    process = program(root, "train.py", **environment)
    printed = process.communicate(timeout=120)[0]
    assert process.returncode == 0, printed
    assert "warning: the run is not recorded: MlflowException" in printed
