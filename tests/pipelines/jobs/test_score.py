"""The standard program that scores on AWS Batch, with folders in place of buckets."""

import io
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from groundplan.pipelines.jobs import score, serve


class Storage:
    """S3 as a folder: a bucket is a folder in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def download_file(self, bucket: str, key: str, target: str) -> None:
        Path(target).write_bytes((self.root / bucket / key).read_bytes())

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO((self.root / Bucket / Key).read_bytes())}

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:
        target = self.root / Bucket / Key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Body)

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=self.pages)

    def pages(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        """One object a page, and a folder."""
        base = self.root / Bucket
        yield {"Contents": [{"Key": Prefix}]}
        for path in sorted(item for item in base.rglob("*") if item.is_file()):
            key = path.relative_to(base).as_posix()
            yield {"Contents": [{"Key": key}] if key.startswith(Prefix) else []}


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    model = SimpleNamespace(
        load=lambda directory: int((directory / "factor").read_text()),
        predict=lambda factor, rows: [factor * float(row["x"]) for row in rows],
    )
    monkeypatch.setitem(sys.modules, "model", model)
    monkeypatch.setitem(sys.modules, "serve", serve)
    monkeypatch.setitem(
        sys.modules,
        "boto3",
        SimpleNamespace(client=lambda _: Storage(tmp_path)),
    )
    (tmp_path / "models").mkdir()
    with tarfile.open(tmp_path / "models" / "model.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("factor")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"3"))
    return tmp_path


def given(storage: Path, name: str, text: str) -> None:
    path = storage / "data" / "score" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def run() -> None:
    score.main(
        ["--model", "s3://models/model.tar.gz", "--input", "s3://data/score/", "--output",
         "s3://work/predictions/"]
    )  # fmt: skip


def test_each_file_is_answered_in_an_object_of_its_name(
    storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given(storage, "one.csv", "x\n1\n2\n")
    given(storage, "north/two.jsonl", '{"x": 5}\n\n')
    given(storage, "empty.csv", "x\n")
    (storage / "data" / "elsewhere.csv").write_text("x\n9\n")

    run()

    found = {
        path.relative_to(storage / "work").as_posix(): json.loads(path.read_text())["predictions"]
        for path in (storage / "work").rglob("*.out")
    }
    assert found == {
        "predictions/one.csv.out": [3.0, 6.0],
        "predictions/north/two.jsonl.out": [15.0],
        "predictions/empty.csv.out": [],
    }
    assert capsys.readouterr().out == "3 rows of 3 files scored\n"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.parquet", "", "a.parquet: no .csv and no .jsonl file"),
        ("a.jsonl", "{", "a.jsonl: Expecting property name"),
        ("a.jsonl", "[1]\n", "a.jsonl: instances must be a list of objects"),
        ("a.csv", "y\n1\n", "a.csv: rows do not fit: KeyError: 'x'"),
    ],
)
def test_fails_on_a_file_that_cannot_be_scored(
    storage: Path, name: str, text: str, message: str
) -> None:
    given(storage, name, text)

    with pytest.raises(score.Unreadable) as caught:
        run()

    assert str(caught.value).startswith(message)
