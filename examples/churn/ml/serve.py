"""Serves a model over HTTP as SageMaker expects it: ``/ping`` and ``/invocations`` on port 8080.

A copy of groundplan's standard program; it needs Python's standard library and the project's own
module ``model`` with two functions: ``load(directory)`` returns the model that training left there,
``predict(model, rows)`` returns one JSON value for each row, a dictionary by column.

A request is ``text/csv`` with a header line, or ``application/json``: ``{"instances": [{...}, ...]}``.
The answer is ``{"predictions": [...]}``. Its header ``X-Amzn-SageMaker-Custom-Attributes``, which
InvokeEndpoint passes on as ``CustomAttributes``, says what the predictions were made by:
``model_version=ARN;data_version=DIGEST;fingerprint=DIGEST``, as far as it is known.
"""

import csv
import io
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

MAX_BYTES = 6 * 1024 * 1024  # what SageMaker passes to a realtime endpoint at most
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
MAX_ATTRIBUTES = 1024  # visible ASCII characters, of the Runtime API's CustomAttributes

Row = dict[str, Any]
Predict = Callable[[list[Row]], list[Any]]


class BadRequest(Exception):
    """A request that is not answered; holds status and message."""


def rows_of(content_type: str, body: bytes) -> list[Row]:
    """The rows of a request.

    Raises:
        BadRequest: If it is not what its content type says.
    """
    kind = content_type.split(";")[0].strip().lower()
    try:
        if kind == "text/csv":
            return list(csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True))
        if kind == "application/json":
            rows = json.loads(body)["instances"]
            if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
                return rows
            raise BadRequest(400, "instances must be a list of objects")
    except (ValueError, KeyError, TypeError, csv.Error) as exc:
        raise BadRequest(400, f"no valid {kind}: {type(exc).__name__}: {exc}") from exc
    raise BadRequest(415, f"content type {kind or 'none'}; send text/csv or application/json")


def answer(predict: Predict, content_type: str, body: bytes) -> Row:
    """What a request is answered with.

    Raises:
        BadRequest: If it cannot be answered.
    """
    rows = rows_of(content_type, body)
    try:
        return {"predictions": predict(rows) if rows else []}
    except (KeyError, TypeError, ValueError, OverflowError) as exc:
        raise BadRequest(400, f"rows do not fit: {type(exc).__name__}: {exc}") from exc


def made_by(directory: Path) -> str:
    """Version of the model and of the data that it was trained on, for the header of an answer.

    The version is the variable ``MODEL_VERSION`` of the container, which whoever deploys sets; the rest
    is the ``lineage.json`` that training left in ``directory``. Neither has to be there.
    """
    try:
        trained = json.loads((directory / "lineage.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        trained = {}
    known = {"model_version": os.environ.get("MODEL_VERSION", "")}
    if isinstance(trained, dict):
        known |= {name: str(trained.get(name, "")) for name in ("data_version", "fingerprint")}
    text = ";".join(f"{name}={value}" for name, value in known.items() if value)
    return text if len(text) <= MAX_ATTRIBUTES and text.isascii() and text.isprintable() else ""


def handler(predict: Predict, made: str = "") -> type[BaseHTTPRequestHandler]:
    """A request handler around ``predict``; ``made`` says what predictions are made by."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = self.path == "/ping"
            self._answer(200 if found else 404, {} if found else {"error": "no such path"})

        def do_POST(self) -> None:
            try:
                if self.path != "/invocations":
                    raise BadRequest(404, "no such path")
                length = self.headers.get("Content-Length", "")
                if not length.isdecimal():
                    raise BadRequest(411, "Content-Length must be a number")
                if int(length) > MAX_BYTES:
                    raise BadRequest(413, f"at most {MAX_BYTES} bytes")
                body = self.rfile.read(int(length))
                kind = self.headers.get("Content-Type", "")
                self._answer(200, self._predicted(kind, body))
            except BadRequest as exc:
                status, message = exc.args
                self.close_connection = True  # the body may not have been read
                self._answer(status, {"error": message})

        def _predicted(self, kind: str, body: bytes) -> Row:
            try:
                return answer(predict, kind, body)
            except BadRequest:
                raise
            except Exception as exc:
                traceback.print_exc()
                raise BadRequest(500, f"the model failed: {type(exc).__name__}") from exc

        def _answer(self, status: int, body: Row) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if made:
                self.send_header(ATTRIBUTES, made)
            self.end_headers()
            self.wfile.write(content)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            if self.path != "/ping":
                super().log_request(code, size)

    return Handler


def main() -> None:
    """Load the model, then serve until SIGTERM."""
    sys.path.insert(0, str(Path(__file__).parent))
    model = import_module("model")
    directory = Path(os.environ.get("ML_ROOT", "/opt/ml")) / "model"
    loaded = model.load(directory)
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    answers = handler(lambda rows: model.predict(loaded, rows), made_by(directory))
    server = ThreadingHTTPServer(("", port), answers)
    # shutdown() waits for the loop in this thread, so it needs a thread of its own
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"serving on port {server.server_port}", flush=True)
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
