import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundplan.pipelines.jobs import quality

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def report(root: Path, text: str, *rules: dict[str, Any], name: str = "train/a.csv") -> Any:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return quality.check(root, list(rules), NOW)


def found(root: Path, text: str, *rules: dict[str, Any], name: str = "train/a.csv") -> list[str]:
    violations = report(root, text, *rules, name=name)["violations"]
    return [f"{v['rule']} {v['column']} {v['rows']}: {v['detail']}" for v in violations]


@pytest.mark.parametrize(
    ("rule", "good", "bad", "violation"),
    [
        ({"type": "integer"}, "-3", "3.0", "type x 1: 1 of 2 no integer, first in train/a.csv:3"),
        ({"type": "float"}, "1e-3", "nan", "type x 1: 1 of 2 no float, first in train/a.csv:3"),
        ({"type": "boolean"}, "True", "2", "type x 1: 1 of 2 no boolean, first in train/a.csv:3"),
        (
            {"type": "timestamp"},
            "2026-11-21T00:00:00Z",
            "yesterday",
            "type x 1: 1 of 2 no timestamp, first in train/a.csv:3",
        ),
        (
            {"pattern": "[A-Z]{2}"},
            "AB",
            "ABC",
            "pattern x 1: 1 of 2 not of the pattern, first in train/a.csv:3",
        ),
        (
            {"allowed": ["a", 1]},
            "1.0",
            "b",
            "allowed x 1: 1 of 2 not among the allowed values, first in train/a.csv:3",
        ),
        ({"min": 0}, "0", "-1", "min x 1: 1 of 2 below 0 or no number, first in train/a.csv:3"),
        ({"max": 9}, "9", "x", "max x 1: 1 of 2 above 9 or no number, first in train/a.csv:3"),
        ({"unique": True}, "a", "good", "unique x 1: 1 of 2 repeated, first in train/a.csv:3"),
        ({"max_missing": 0.4}, "a", '""', "max_missing x 1: 1 of 2 missing, 0.4 allowed"),
    ],
)
def test_a_rule_tells_good_from_bad(
    tmp_path: Path, rule: dict[str, Any], good: str, bad: str, violation: str
) -> None:
    other = "b" if "unique" in rule else good
    bad = good if bad == "good" else bad

    assert found(tmp_path, f"x\n{good}\n{other}\n", {"column": "x", **rule}) == []
    assert found(tmp_path, f"x\n{good}\n{bad}\n", {"column": "x", **rule}) == [violation]


@pytest.mark.parametrize(
    ("times", "violations"),
    [
        (["2026-11-01T00:00:00Z", "2026-11-21T00:00:00+00:00"], []),
        (["2026-11-20"], ["max_age_hours x 1: the newest is 36.0 hours old, 24 allowed"]),
        (["x"], ["max_age_hours x 1: 1 of 1 no time stamp, first in train/a.csv:2"]),
        ([" "], ["max_age_hours x 1: there is no time stamp at all"]),
    ],
)
def test_freshness_is_that_of_the_newest_row(
    tmp_path: Path, times: list[str], violations: list[str]
) -> None:
    text = "\n".join(["x", *times, ""])

    assert found(tmp_path, text, {"column": "x", "max_age_hours": 24}) == violations


def test_rules_hold_across_files(tmp_path: Path) -> None:
    report(tmp_path, "id\n1\n")

    assert found(tmp_path, "id\n1\n", {"column": "id", "unique": True}, name="test/b.csv") == [
        "unique id 1: 1 of 2 repeated, first in train/a.csv:2"
    ]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    assert found(tmp_path, "x\n1\n", {"column": "age"}) == [
        "present age 0: there is no such column in train/a.csv"
    ]


@pytest.mark.parametrize(
    ("name", "text", "violation"),
    [
        ("a.csv", "x\n1,2\n", "readable * 0: a.csv:2 has more cells than columns"),
        ("a.jsonl", "[1]\n", "readable * 0: a.jsonl:1 is no JSON object"),
        ("a.jsonl", "{\n", "readable * 0: a.jsonl cannot be read: JSONDecodeError"),
        ("a.csv", "x\n", "not_empty * 0: there is no row"),
        ("a.parquet", "PAR1", "readable * 0: no .csv or .jsonl file"),
    ],
)
def test_a_broken_file_is_a_violation(tmp_path: Path, name: str, text: str, violation: str) -> None:
    assert violation in found(tmp_path, text, {"column": "x"}, name=name)


def test_reads_json_lines(tmp_path: Path) -> None:
    lines = '{"x": 1, "y": true}\n{"x": null, "y": false}\n'
    rules = ({"column": "x", "max_missing": 0}, {"column": "y", "allowed": [True, False]})

    assert found(tmp_path, lines, *rules, name="a.jsonl") == [
        "max_missing x 1: 1 of 2 missing, 0 allowed"
    ]


def test_the_report_never_quotes_a_value(tmp_path: Path) -> None:
    text = "x\nsecret\n"
    rules = ({"column": "x", "type": "integer", "min": 1, "pattern": "a", "allowed": ["b"]},)

    made = report(tmp_path, text, *rules)
    assert made["violation_count"] == 4
    assert "secret" not in json.dumps(made)


def test_the_report_stays_small(tmp_path: Path) -> None:
    rules = [{"column": f"column_{number}"} for number in range(300)]

    made = report(tmp_path, "x\n1\n", *rules)
    assert (made["violation_count"], len(made["violations"])) == (300, 100)
    assert len(json.dumps(made)) < 64_000


def test_writes_the_report_where_the_pipeline_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ML_ROOT", str(tmp_path))
    data = tmp_path / "processing" / "input" / "data"
    data.mkdir(parents=True)
    (data / "a.csv").write_text("x\n5\n")

    quality.main(["--reference-time", "2026-11-21T00:00:00Z", "--rules", '[{"column":', '"x"}]'])

    made = json.loads((tmp_path / "processing" / "output" / "report.json").read_text())
    assert made == {
        "passed": True,
        "files": 1,
        "rows": 1,
        "rules": 1,
        "violation_count": 0,
        "violations": [],
    }


@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.jsonl"]))
def test_no_content_crashes_the_check(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    root = tmp_path_factory.mktemp("data")
    (root / name).write_bytes(content)
    rule = {"column": "x", "type": "float", "min": 0, "unique": True, "max_age_hours": 1}

    assert quality.check(root, [rule], NOW)["files"] == 1
