"""Answers a request with its length and the text that the model is; refuses an empty one."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

MODEL = (Path(os.environ["ML_ROOT"]) / "model" / "model.txt").read_text()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = f"{MODEL} {len(body)} {self.headers['Content-Type']}".encode()
        self.answer(200 if body else 400, said)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
