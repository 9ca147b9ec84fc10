import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from groundplan.pipelines.jobs import serve

MODEL = """
def load(directory):
    return int((directory / "factor").read_text())

def predict(model, rows):
    return [model * float(row["x"]) for row in rows]
"""


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    image, root = tmp_path_factory.mktemp("image"), tmp_path_factory.mktemp("ml")
    (image / "serve.py").write_text(Path(serve.__file__).read_text())
    (image / "model.py").write_text(MODEL)
    (root / "model").mkdir()
    (root / "model" / "factor").write_text("2")
    environment = os.environ | {"ML_ROOT": str(root), "SAGEMAKER_BIND_TO_PORT": "0"}
    process = subprocess.Popen(
        [sys.executable, "serve.py"], cwd=image, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().rsplit(" ", 1)[1])
    yield port, process
    process.kill()
    process.wait()


def ask(port: int, method: str, path: str, body: str = "", kind: str = "") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, {"Content-Type": kind} if kind else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status", "text"),
    [
        ("GET", "/ping", "", "", 200, "{}"),
        ("GET", "/", "", "", 404, '{"error": "no such path"}'),
        ("POST", "/other", "x\n1\n", "text/csv", 404, '{"error": "no such path"}'),
        ("POST", "/invocations", "x\n1\n2\n", "text/csv", 200, '{"predictions": [2.0, 4.0]}'),
        (
            "POST",
            "/invocations",
            '{"instances": [{"x": 3}]}',
            "application/json; charset=utf-8",
            200,
            '{"predictions": [6.0]}',
        ),
        (
            "POST",
            "/invocations",
            '{"instances": []}',
            "application/json",
            200,
            '{"predictions": []}',
        ),
        (
            "POST",
            "/invocations",
            '{"instances": [3]}',
            "application/json",
            400,
            '{"error": "instances must be a list of objects"}',
        ),
        (
            "POST",
            "/invocations",
            "y\n1\n",
            "text/csv",
            400,
            """{"error": "rows do not fit: KeyError: 'x'"}""",
        ),
        (
            "POST",
            "/invocations",
            "<x/>",
            "text/xml",
            415,
            '{"error": "content type text/xml; send text/csv or application/json"}',
        ),
    ],
)
def test_answers(
    server: tuple[int, object],
    method: str,
    path: str,
    body: str,
    kind: str,
    status: int,
    text: str,
) -> None:
    assert ask(server[0], method, path, body, kind) == (status, text)


@pytest.mark.parametrize("body", ["{", "[]", "3", '{"rows": []}', "\x00"])
def test_bad_json_is_refused_and_the_server_lives_on(server: tuple[int, object], body: str) -> None:
    assert ask(server[0], "POST", "/invocations", body, "application/json")[0] == 400
    assert ask(server[0], "GET", "/ping")[0] == 200


def test_refuses_a_body_that_is_too_large(server: tuple[int, object]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server[0], timeout=10)
    connection.putrequest("POST", "/invocations")
    connection.putheader("Content-Length", str(serve.MAX_BYTES + 1))
    connection.endheaders()

    assert connection.getresponse().status == 413


def test_ends_on_sigterm(server: "tuple[int, subprocess.Popen[str]]") -> None:
    process = server[1]
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=10) == 0


VERSION = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn/3"


def test_answers_say_what_they_were_made_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lineage.json").write_text('{"data_version": "d1", "fingerprint": "f1"}')
    monkeypatch.setenv("MODEL_VERSION", VERSION)
    made = serve.made_by(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve.handler(lambda rows: [1], made))
    threading.Thread(target=server.serve_forever).start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.request("POST", "/invocations", "x\n1\n", {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        assert answer.read() == b'{"predictions": [1]}'
        connection.close()
    finally:
        server.shutdown()
        server.server_close()

    assert answer.headers["X-Amzn-SageMaker-Custom-Attributes"] == (
        f"model_version={VERSION};data_version=d1;fingerprint=f1"
    )


@pytest.mark.parametrize("lineage", [None, "", "[]", "no JSON", '{"data_version": 3}'])
def test_what_is_not_known_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lineage: str | None
) -> None:
    monkeypatch.delenv("MODEL_VERSION", raising=False)
    if lineage is not None:
        (tmp_path / "lineage.json").write_text(lineage)

    assert serve.made_by(tmp_path) == ("data_version=3" if "3" in (lineage or "") else "")


@pytest.mark.parametrize("version", ["x" * 2000, "a\r\nSet-Cookie: b", "überall"])
def test_what_no_header_can_hold_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("MODEL_VERSION", version)

    assert serve.made_by(tmp_path) == ""


def test_a_model_that_breaks_is_an_answer_too(capfd: pytest.CaptureFixture[str]) -> None:
    def broken(rows: list[serve.Row]) -> list[object]:
        raise RuntimeError("out of memory")

    breaking = ThreadingHTTPServer(("127.0.0.1", 0), serve.handler(broken))
    threading.Thread(target=breaking.serve_forever, daemon=True).start()
    body = '{"instances": [{"x": 1}]}'
    try:
        found = ask(breaking.server_port, "POST", "/invocations", body, "application/json")
    finally:
        breaking.shutdown()
        breaking.server_close()

    assert found == (500, '{"error": "the model failed: RuntimeError"}')
    assert "RuntimeError: out of memory" in capfd.readouterr().err
