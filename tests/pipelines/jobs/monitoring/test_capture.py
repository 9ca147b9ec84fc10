"""Reading what data capture writes: its encodings, its window, and files that are broken."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from groundplan.pipelines.jobs.monitoring.monitor import capture
from groundplan.pipelines.jobs.monitoring.monitor.capture import (
    Record,
    read_baseline,
    read_captured,
    read_labels,
)
from groundplan.pipelines.jobs.monitoring.monitor.errors import MonitorError
from groundplan.pipelines.jobs.monitoring.monitor.options import Options, parse_options

BEGIN, END = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)


def side(text: str, kind: str, encoding: str) -> dict[str, Any]:
    data = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
    return {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding}


def event(
    asked: dict[str, Any],
    answered: dict[str, Any] | None,
    *,
    id: str = "e1",
    time: str = "2026-11-20T12:00:00Z",
    **metadata: str,
) -> dict[str, Any]:
    captured = {"endpointInput": asked} | ({"endpointOutput": answered} if answered else {})
    return {
        "captureData": captured,
        "eventMetadata": {"eventId": id, "inferenceTime": time, **metadata},
        "eventVersion": "0",
    }


JSON_EVENT = event(
    side('{"instances": [{"age": 30, "plan": "a"}]}', "application/json", "JSON"),
    side('{"predictions": [0.25]}', "application/json", "JSON"),
)


def write(folder: Path, *events: Any, name: str = "20/12/1.jsonl") -> Path:
    path = folder / "captured-0" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [item if isinstance(item, str) else json.dumps(item) for item in events]
    path.write_text("\n".join(lines), encoding="utf-8")
    return folder / "captured-0"


def read(folder: Path) -> tuple[list[Record], int]:
    found = read_captured([folder], BEGIN, END)
    assert found.rows == len(found.records)
    return found.records, found.unanswered


def test_json(tmp_path: Path) -> None:
    assert read(write(tmp_path, JSON_EVENT)) == (
        [Record("e1", {"age": 30, "plan": "a"}, 0.25)],
        0,
    )


@pytest.mark.parametrize("encoding", ["CSV", "BASE64"])
def test_csv_with_a_header_in_either_encoding(encoding: str, tmp_path: Path) -> None:
    asked = side("age,plan\n30,a\n40,b\n", "text/csv; charset=utf-8", encoding)
    answered = side('{"predictions": [{"p": 0.1}, {"p": 0.9}]}', "application/json", "BASE64")
    records, _ = read(write(tmp_path, event(asked, answered, inferenceId="c7")))
    assert records == [
        Record("c7:0", {"age": "30", "plan": "a"}, {"p": 0.1}),
        Record("c7:1", {"age": "40", "plan": "b"}, {"p": 0.9}),
    ]


def test_one_object_and_plain_answers(tmp_path: Path) -> None:
    asked = side('{"age": 30}', "application/json", "JSON")
    records, _ = read(write(tmp_path, event(asked, side("0.5\n", "text/csv", "CSV"))))
    assert records == [Record("e1", {"age": 30}, "0.5")]


def test_only_the_window_counts_and_each_event_once(tmp_path: Path) -> None:
    late = JSON_EVENT | {"eventMetadata": {"eventId": "e2", "inferenceTime": END.isoformat()}}
    write(tmp_path, JSON_EVENT, late)
    folder = write(tmp_path, JSON_EVENT, name="20/13/2.jsonl")
    assert [record.id for record in read(folder)[0]] == ["e1"]


def test_requests_without_an_answer_are_counted(tmp_path: Path) -> None:
    asked = JSON_EVENT["captureData"]["endpointInput"]
    assert read(write(tmp_path, JSON_EVENT, event(asked, None, id="e2")))[1] == 1


def test_other_files_and_a_baseline_in_the_place_of_nothing_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "no JSON", name="manifest.txt")
    folder = write(tmp_path, '{"row": {}, "prediction": 1}', name="baseline.jsonl")
    assert read(folder) == ([], 0)


def test_of_too_many_rows_some_are_drawn_the_same_ones_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "MAX_ROWS", 50)
    body = json.dumps({"instances": [{"n": number} for number in range(1000)]})
    asked = side(body, "application/json", "JSON")
    answered = side(json.dumps({"predictions": [0] * 1000}), "application/json", "JSON")
    folder = write(tmp_path, event(asked, answered))
    found, again = (read_captured([folder], BEGIN, END) for _ in range(2))
    kept = [record.row["n"] for record in found.records]
    assert (found.rows, len(kept), len(set(kept))) == (1000, 50, 50)
    assert 300 < sum(kept) / 50 < 700
    assert again == found


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "no JSON: Expecting property name"),
        ("[]", "no JSON object"),
        ({"eventMetadata": {}}, "not what data capture writes: KeyError: 'inferenceTime'"),
        (
            event(side("x", "text/plain", "OTHER"), side("1", "text/csv", "CSV")),
            "ValueError: encoding OTHER; only CSV, JSON and BASE64 hold text",
        ),
        (
            event(side('{"instances": [1]}', "application/json", "JSON"),
                  side("1", "text/csv", "CSV")),
            "ValueError: a request must hold objects",
        ),
        (
            event(side("a\n1\n2\n", "text/csv", "CSV"), side("1", "text/csv", "CSV")),
            "2 rows were asked for, 1 answered",
        ),
    ],
)  # fmt: skip
def test_fails_with_file_and_line(line: Any, message: str, tmp_path: Path) -> None:
    first = JSON_EVENT | {"eventMetadata": JSON_EVENT["eventMetadata"] | {"eventId": "e0"}}
    folder = write(tmp_path, first, line)
    with pytest.raises(MonitorError) as raised:
        read(folder)
    assert str(raised.value).startswith("captured-0/20/12/1.jsonl:2: ")
    assert message in str(raised.value)


def test_fails_for_text_that_is_none(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "bad.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(MonitorError, match=r"captured-0/bad.jsonl: no UTF-8 text"):
        read(folder)


def test_baseline(tmp_path: Path) -> None:
    (tmp_path / "baseline.jsonl").write_text('{"row": {"age": "30"}, "prediction": 0.5}\n')
    assert read_baseline(tmp_path) == [Record("baseline.jsonl:1", {"age": "30"}, 0.5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"row": 1, "prediction": 1}', "baseline.jsonl:1: a line must be"), ("", "there is no")],
)
def test_fails_for_a_broken_baseline(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "baseline.jsonl").write_text(text)
    with pytest.raises(MonitorError, match=message):
        read_baseline(tmp_path)


def test_labels_of_several_files_the_later_one_wins(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,left\na,0\nb,1\nc,\n")
    (tmp_path / "2.csv").write_text("id,left\nb,0\n")
    assert read_labels([tmp_path], ("id", "left")) == {"a": "0", "b": "0"}


def test_fails_for_labels_without_the_column(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("id,left\na,0\n")
    with pytest.raises(MonitorError, match=r"1\.csv: there is no column inference_id"):
        read_labels([tmp_path], ("inference_id", "left"))


def test_options_come_in_pieces_of_json() -> None:
    options = parse_options('{"checks": ["quality"], "labels": ["id", "y"], "min_rows": 50}')
    assert options == Options(checks=("quality",), labels=("id", "y"), min_rows=50)


def test_fails_for_an_option_that_the_job_does_not_know() -> None:
    with pytest.raises(MonitorError, match="--options: unknown level"):
        parse_options('{"level": 1}')
