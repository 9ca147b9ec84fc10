"""Rendered programs on real data: killed, resumed, damaged, and asked in every way that serves."""

import http.client
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from benchmarks.interruptions import FAMILIES, Found, Trial
from moto.server import ThreadedMotoServer

from groundplan.pipelines.jobs.job import sealed

pytestmark = pytest.mark.heavy

COUNT = 20
ASK = """
import inference, json, sys
loaded = inference.model_fn(sys.argv[1])
for row in json.load(open(sys.argv[2])):
    given = inference.input_fn(json.dumps({"instances": [row]}), "application/json")
    print(inference.output_fn(inference.predict_fn(given, loaded), "application/json"))
"""


def of_another_training(content: bytes) -> bytes:
    line, _, payload = content.partition(b"\n")
    return sealed(payload, json.loads(line)["number"], "another")


DAMAGES = (
    lambda content: content[: len(content) // 2],
    lambda content: content[:-9] + bytes([content[-9] ^ 64]) + content[-8:],
    lambda content: b"",
    lambda content: os.urandom(len(content)),
    of_another_training,
)


class Damage:
    """Damages the newest checkpoint before some of the starts, each time in another way."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self, checkpoints: Path, number: int) -> None:
        files = sorted(checkpoints.glob("*.bin"), key=lambda path: path.stat().st_mtime_ns)
        if number % 3 == 2 and self.done < len(DAMAGES) and len(files) == 2:
            files[-1].write_bytes(DAMAGES[self.done](files[-1].read_bytes()))
            self.done += 1


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.xdist_group(f"programs-{name}")) for name in FAMILIES
    ],
)
def interrupted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Trial, Found, Damage]:
    if not FAMILIES[request.param].python.exists():
        pytest.skip("NOT TRIED: no .venv-torch; run make environments")
    trial, damage = Trial(request.param, tmp_path_factory.mktemp(request.param)), Damage()
    return trial, trial.interrupt(COUNT, seed=7, before=damage), damage


def test_interrupted_trainings_end_as_undisturbed_ones(
    interrupted: tuple[Trial, Found, Damage],
) -> None:
    _, found, damage = interrupted

    assert found.signals.total() == COUNT
    assert min(found.signals.values()) >= 5
    assert found.resumed >= COUNT / 4  # fewer on a machine that gets slower meanwhile
    assert found.different == 0
    assert found.skipped == damage.done == len(DAMAGES)


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    yield boto3.client("s3")
    server.stop()


def finish(process: "subprocess.Popen[str]") -> str:
    printed, _ = process.communicate(timeout=300)
    assert process.returncode == 0, printed
    return printed


def served(trial: Trial, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The answers of the endpoint's own program, all rows in one request."""
    monkeypatch.setenv("SAGEMAKER_BIND_TO_PORT", "0")
    process = trial.start("serve.py")
    assert process.stdout is not None
    port = int(process.stdout.readline().rsplit(" ", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"instances": rows})
    connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    process.terminate()
    process.communicate()
    predictions: list[Any] = answer["predictions"]
    return predictions


def test_evaluation_and_inference_agree_to_the_last_digit(
    interrupted: tuple[Trial, Found, Damage],
    storage: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trial, _, _ = interrupted
    rows = [{key: str(value) for key, value in row.items()} for row in trial.unseen[:40]]
    given = trial.root / "processing" / "input"
    archive = given / "model" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(trial.root / "model", arcname=".")
    trial.fill("unseen", rows)
    (trial.root / "input" / "data" / "unseen").rename(given / "data")
    finish(trial.start("evaluate.py"))
    output = trial.root / "processing" / "output"
    kept = [json.loads(line) for line in (output / "baseline.jsonl").read_text().splitlines()]
    evaluated = [pair["prediction"] for pair in kept]
    assert [pair["row"] for pair in kept] == rows

    assert served(trial, rows, monkeypatch) == evaluated

    (tmp_path / "rows.json").write_text(json.dumps(rows))
    asked = finish(
        trial.start("-c", ASK, str(trial.root / "model"), str(tmp_path / "rows.json"))
    ).splitlines()
    answers = [json.loads(line)["predictions"][0] for line in asked]
    assert answers == evaluated

    storage.create_bucket(Bucket="scores")
    storage.upload_file(str(archive), "scores", "model.tar.gz")
    storage.upload_file(str(given / "data" / "rows.csv"), "scores", "in/rows.csv")
    lines = "\n".join(json.dumps(row) for row in rows[:7])
    storage.put_object(Bucket="scores", Key="in/part/rows.jsonl", Body=lines.encode())
    places = ("--input", "s3://scores/in/", "--output", "s3://scores/out/")
    finish(trial.start("score.py", "--model", "s3://scores/model.tar.gz", *places))
    for name, count in (("rows.csv", len(rows)), ("part/rows.jsonl", 7)):
        scored = json.loads(
            storage.get_object(Bucket="scores", Key=f"out/{name}.out")["Body"].read()
        )
        assert scored["predictions"] == evaluated[:count]
