"""Reads what SageMaker's data capture leaves: JSON lines of requests and answers."""

import base64
import binascii
import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from .errors import MonitorError

BASELINE = "baseline.jsonl"
"""File that evaluation leaves; also what an input holds that has nothing to read, since it must hold
something."""
PREDICTION = "prediction"
MAX_ROWS = 100_000
"""Rows that are kept of a period, drawn at random: more say nothing new and need memory."""


@dataclass(frozen=True)
class Record:
    """One row that was asked for, and the answer.

    ``id`` is that of the request, with ``:N`` behind it for row N of a request of several rows.
    """

    id: str
    row: dict[str, Any]
    prediction: Any


@dataclass(frozen=True)
class Captured:
    """What was captured in a period.

    Attributes:
        records: Rows that were answered, at most `MAX_ROWS` of them.
        rows: How many were answered in all.
        unanswered: Requests that were not.
    """

    records: list[Record]
    rows: int
    unanswered: int


def read_captured(directories: Iterable[Path], begin: datetime, end: datetime) -> Captured:
    """What was asked from ``begin`` to before ``end``.

    An event that is there twice counts once. Other files than ``.jsonl`` are passed over, and so is
    `BASELINE`.

    Raises:
        MonitorError: If a line is not what data capture writes.
    """
    records: list[Record] = []
    seen: set[str] = set()
    random = Random(0)
    total = unanswered = 0
    for directory in directories:
        for path in sorted(directory.rglob("*.jsonl")):
            if path.name == BASELINE:
                continue
            for place, event in _events(path, path.relative_to(directory.parent).as_posix()):
                try:
                    metadata = event["eventMetadata"]
                    moment = datetime.fromisoformat(metadata["inferenceTime"])
                    event_id = metadata["eventId"]
                    if event_id in seen or not begin <= moment < end:
                        continue
                    seen.add(event_id)
                    captured = event["captureData"]
                    if "endpointOutput" not in captured:
                        unanswered += 1
                        continue
                    rows = _rows(_text(captured["endpointInput"]))
                    answers = _answers(_text(captured["endpointOutput"]))
                except (KeyError, TypeError, ValueError, csv.Error) as exc:
                    raise MonitorError(
                        f"{place}: not what data capture writes: {type(exc).__name__}: {exc}"
                    ) from exc
                if len(rows) != len(answers):
                    raise MonitorError(
                        f"{place}: {len(rows)} rows were asked for, {len(answers)} answered"
                    )
                name = str(metadata.get("inferenceId") or event_id)
                for index, (row, answer) in enumerate(zip(rows, answers, strict=True)):
                    record = Record(name if len(rows) == 1 else f"{name}:{index}", row, answer)
                    total += 1
                    if total <= MAX_ROWS:
                        records.append(record)
                    elif (place_of := random.randrange(total)) < MAX_ROWS:
                        records[place_of] = record
    return Captured(records, total, unanswered)


def read_baseline(directory: Path) -> list[Record]:
    """The held-out rows and the answers of the model that serves, as evaluation left them.

    Raises:
        MonitorError: If there are none, or a line is no object with ``row`` and ``prediction``.
    """
    records = []
    for path in sorted(directory.rglob("*.jsonl")):
        for place, line in _events(path, path.name):
            if not isinstance(line.get("row"), dict) or PREDICTION not in line:
                raise MonitorError(f'{place}: a line must be {{"row": {{...}}, "prediction": ...}}')
            records.append(Record(place, line["row"], line[PREDICTION]))
    if not records:
        raise MonitorError(f"{directory.name}: there is no .jsonl file with a line in it")
    return records


def read_labels(directories: Iterable[Path], columns: tuple[str, str]) -> dict[str, str]:
    """Labels by the id of their request, from CSV files; a later file replaces an earlier one's.

    Raises:
        MonitorError: If a file lacks one of the two columns.
    """
    found: dict[str, str] = {}
    for directory in directories:
        for path in sorted(directory.rglob("*.csv")):
            with path.open(newline="", encoding="utf-8-sig") as stream:
                reader = csv.DictReader(stream)
                if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
                    raise MonitorError(f"{path.name}: there is no column {' or '.join(missing)}")
                found |= {row[columns[0]]: row[columns[1]] for row in reader if row[columns[1]]}
    return found


def _events(path: Path, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if not line.strip():
                    continue
                try:
                    event = json.loads(line)
                except ValueError as exc:
                    raise MonitorError(f"{name}:{number}: no JSON: {exc}") from exc
                if not isinstance(event, dict):
                    raise MonitorError(f"{name}:{number}: no JSON object")
                yield f"{name}:{number}", event
    except UnicodeDecodeError as exc:
        raise MonitorError(f"{name}: no UTF-8 text") from exc


def _text(side: dict[str, Any]) -> tuple[str, str]:
    """Content type and text of one side of an event."""
    data, encoding = side["data"], side["encoding"]
    if encoding == "BASE64":
        try:
            data = base64.b64decode(data, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as exc:
            raise ValueError(f"no text in BASE64: {exc}") from exc
    elif encoding not in ("CSV", "JSON"):
        raise ValueError(f"encoding {encoding}; only CSV, JSON and BASE64 hold text")
    kind = str(side.get("observedContentType", "")).split(";")[0].strip().lower()
    return kind or {"CSV": "text/csv"}.get(encoding, "application/json"), data


def _rows(side: tuple[str, str]) -> list[dict[str, Any]]:
    kind, text = side
    if kind == "text/csv":
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    body = json.loads(text)
    rows = body.get("instances", [body]) if isinstance(body, dict) else body
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("a request must hold objects: {...}, [{...}] or {'instances': [{...}]}")
    return rows


def _answers(side: tuple[str, str]) -> list[Any]:
    kind, text = side
    if kind == "text/csv":
        return [line.split(",")[0] for line in text.splitlines() if line]
    body = json.loads(text)
    if isinstance(body, dict) and isinstance(body.get("predictions"), list):
        return list(body["predictions"])
    return body if isinstance(body, list) else [body]
