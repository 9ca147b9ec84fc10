"""Scores every file of a prefix in S3, as a container of AWS Batch.

A copy of groundplan's standard program; it needs boto3, its sister `serve` and the project's module
``model``. Each ``.csv`` or ``.jsonl`` file is answered by the code that serves, in an object of the
same name with ``.out`` at its end, as a batch transform does.
"""

import argparse
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any


class Unreadable(Exception):
    """A file that cannot be scored."""


def location(uri: str) -> tuple[str, str]:
    """Bucket and key, or prefix, of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def unpacked(storage: Any, uri: str, scratch: Path) -> Path:
    """Directory with what training left as an archive in S3."""
    bucket, key = location(uri)
    storage.download_file(bucket, key, str(scratch / "model.tar.gz"))
    with tarfile.open(scratch / "model.tar.gz") as archive:
        archive.extractall(scratch / "model", filter="data")
    return scratch / "model"


def keys(storage: Any, bucket: str, prefix: str) -> Iterator[str]:
    """Every object below the prefix that is no folder."""
    for page in storage.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if not item["Key"].endswith("/"):
                yield item["Key"]


def request(name: str, body: bytes) -> tuple[str, bytes]:
    """The request that a file stands for: its content type and body.

    Raises:
        Unreadable: If it is neither a ``.csv`` nor a ``.jsonl`` file.
    """
    if name.endswith(".csv"):
        return "text/csv", body
    if not name.endswith(".jsonl"):
        raise Unreadable(f"{name}: no .csv and no .jsonl file")
    try:
        rows = [json.loads(line) for line in body.decode().splitlines() if line.strip()]
    except ValueError as exc:
        raise Unreadable(f"{name}: {exc}") from exc
    return "application/json", json.dumps({"instances": rows}).encode()


def main(arguments: list[str] | None = None) -> None:
    """Load the model, answer file after file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="s3://BUCKET/KEY of model.tar.gz")
    parser.add_argument("--input", required=True, help="s3://BUCKET/PREFIX/ of what is scored")
    parser.add_argument("--output", required=True, help="s3://BUCKET/PREFIX/ of the predictions")
    given = parser.parse_args(arguments)
    sys.path.insert(0, str(Path(__file__).parent))
    model, serve = import_module("model"), import_module("serve")
    storage = import_module("boto3").client("s3")
    bucket, prefix = location(given.input)
    target, folder = location(given.output)
    files = count = 0
    with tempfile.TemporaryDirectory() as scratch:
        loaded = model.load(unpacked(storage, given.model, Path(scratch)))
        for key in keys(storage, bucket, prefix):
            name = key.removeprefix(prefix)
            kind, body = request(name, storage.get_object(Bucket=bucket, Key=key)["Body"].read())
            try:
                answer = serve.answer(lambda rows: model.predict(loaded, rows), kind, body)
            except serve.BadRequest as exc:
                raise Unreadable(f"{name}: {exc.args[1]}") from exc
            storage.put_object(
                Bucket=target,
                Key=f"{folder}{name}.out",
                Body=json.dumps(answer).encode(),
                ContentType="application/json",
            )
            files, count = files + 1, count + len(answer["predictions"])
    print(f"{count} rows of {files} files scored", flush=True)


if __name__ == "__main__":
    try:
        main()
    except Unreadable as exc:
        sys.exit(str(exc))
