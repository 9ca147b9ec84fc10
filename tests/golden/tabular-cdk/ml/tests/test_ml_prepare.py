"""Splits of raw data."""

import csv
from pathlib import Path
from typing import Any


def raw(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"C{number % 50:03}", "day": f"2026-01-{1 + number % 28:02}", "x": number}
        for number in range(count)
    ]


def parts(out: Path) -> dict[str, list[dict[str, str]]]:
    found = {}
    for path in sorted(out.glob("*/rows.csv")):
        with path.open(newline="") as stream:
            found[path.parent.name] = list(csv.DictReader(stream))
    return found


def test_rows_of_one_id_stay_together_and_new_rows_move_none(
    jobs: Any, table: Any, tmp_path: Path
) -> None:
    table(tmp_path / "raw.csv", raw(200))
    table(tmp_path / "more.csv", raw(400))
    given = ("--id", "id", "--test", "0.3")
    jobs.run("prepare.py", str(tmp_path / "raw.csv"), "--out", str(tmp_path / "a"), *given)
    jobs.run("prepare.py", str(tmp_path / "more.csv"), "--out", str(tmp_path / "b"), *given)

    first, second = parts(tmp_path / "a"), parts(tmp_path / "b")
    sides = {side: {row["id"] for row in rows} for side, rows in first.items()}
    assert sorted(sides) == ["test", "train"] and all(sides.values())
    assert not sides["test"] & sides["train"]
    assert {side: {row["id"] for row in rows} for side, rows in second.items()} == sides


def test_the_newest_rows_are_the_future(jobs: Any, table: Any, tmp_path: Path) -> None:
    table(tmp_path / "raw.csv", raw(280))
    out = tmp_path / "out"
    jobs.run("prepare.py", str(tmp_path / "raw.csv"), "--out", str(out), "--time", "day")

    found = parts(out)
    assert sum(map(len, found.values())) == 280
    before = max(row["day"] for side in ("train", "test") for row in found[side])
    assert before < min(row["day"] for row in found["future"])


def test_a_row_without_a_time_is_refused(jobs: Any, tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_text("x,day\n1,2026-01-01\n2,nan\n")
    given = ("--out", str(tmp_path / "out"), "--time", "day")
    process = jobs.start("prepare.py", str(tmp_path / "raw.csv"), *given)
    printed, _ = process.communicate()

    assert process.returncode == 1
    assert printed.strip().endswith("raw.csv:3: day holds no time")


def test_broken_raw_data_is_refused(jobs: Any, tmp_path: Path) -> None:
    (tmp_path / "raw.csv").write_text("id,x\nC1\n")
    process = jobs.start("prepare.py", str(tmp_path / "raw.csv"), "--out", str(tmp_path / "out"))
    printed, _ = process.communicate()

    assert process.returncode == 1
    assert printed.strip().endswith("raw.csv:2: not as many cells as columns")
    assert not (tmp_path / "out").exists()
