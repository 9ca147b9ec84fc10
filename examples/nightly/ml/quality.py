"""Checks the files of a dataset against its rules and reports every rule that is broken.

A copy of groundplan's standard program; it needs Python's standard library only. It reads ``.csv``
and ``.jsonl`` files below ``processing/input/data`` and writes ``processing/output/report.json``. The
report counts rows and names places, and never quotes a value, since a dataset may be confidential.
"""

import argparse
import csv
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MAX_VIOLATIONS = 100
TOO_MANY = "\0"  # key of the cells beyond a row's columns
SUFFIXES = (".csv", ".jsonl")
BOOLEANS = ("true", "false", "0", "1")

Row = dict[str, Any]


class Unreadable(Exception):
    """A file that is not what its name says."""


@dataclass
class Check:
    """One column's rule and what has been seen of it so far."""

    rule: dict[str, Any]
    rows: int = 0
    missing: int = 0
    broken: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    newest: datetime | None = None

    def take(self, value: Any, place: str) -> None:
        """Check one value; ``place`` is its file and line."""
        self.rows += 1
        text = as_text(value)
        if text == "":
            self.missing += 1
            return
        for name in self._problems(text):
            self.broken[name] = self.broken.get(name, 0) + 1
            self.first.setdefault(name, place)

    def _problems(self, text: str) -> Iterator[str]:
        rule = self.rule
        if "type" in rule and not has_type(text, rule["type"]):
            yield "type"
        if "pattern" in rule and not re.fullmatch(rule["pattern"], text):
            yield "pattern"
        if "allowed" in rule and not any(same(text, allowed) for allowed in rule["allowed"]):
            yield "allowed"
        number = as_number(text)
        if "min" in rule and (number is None or number < rule["min"]):
            yield "min"
        if "max" in rule and (number is None or number > rule["max"]):
            yield "max"
        if rule.get("unique"):
            digest = hashlib.sha256(text.encode()).digest()
            if digest in self.seen:
                yield "unique"
            self.seen.add(digest)
        if "max_age_hours" in rule:
            moment = as_moment(text)
            if moment is None:
                yield "max_age_hours"
            elif self.newest is None or moment > self.newest:
                self.newest = moment

    def violations(self, reference: datetime) -> Iterator[Row]:
        """Everything found, in the order of the rule's own fields."""
        rule = self.rule
        column = rule["column"]
        for name in self.absent:
            yield violation("present", column, 0, f"there is no such column in {name}")
        texts = {
            "type": f"no {rule.get('type')}",
            "pattern": "not of the pattern",
            "allowed": "not among the allowed values",
            "min": f"below {rule.get('min')} or no number",
            "max": f"above {rule.get('max')} or no number",
            "unique": "repeated",
            "max_age_hours": "no time stamp",
        }
        for name, text in texts.items():
            if count := self.broken.get(name):
                where = f"first in {self.first[name]}"
                yield violation(name, column, count, f"{count} of {self.rows} {text}, {where}")
        if "max_missing" in rule and self.missing > rule["max_missing"] * self.rows:
            detail = f"{self.missing} of {self.rows} missing, {rule['max_missing']:g} allowed"
            yield violation("max_missing", column, self.missing, detail)
        if "max_age_hours" in rule and self.newest is not None:
            hours = (reference - self.newest).total_seconds() / 3600
            if hours > rule["max_age_hours"]:
                detail = f"the newest is {hours:.1f} hours old, {rule['max_age_hours']:g} allowed"
                yield violation("max_age_hours", column, self.rows, detail)
        elif "max_age_hours" in rule and "max_age_hours" not in self.broken:
            yield violation("max_age_hours", column, self.rows, "there is no time stamp at all")


def violation(rule: str, column: str, rows: int, detail: str) -> Row:
    """One entry of the report."""
    return {"rule": rule, "column": column, "rows": rows, "detail": detail}


def as_text(value: Any) -> str:
    """A value as a CSV file would hold it; the empty text is a missing one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return json.dumps(value)


def as_number(text: str) -> float | None:
    """The finite number that ``text`` is, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def as_moment(text: str) -> datetime | None:
    """The moment that ``text`` names in ISO 8601, in UTC where it names no zone, or None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def same(text: str, allowed: Any) -> bool:
    """Whether a cell holds an allowed value; 1 and 1.0 are the same."""
    if isinstance(allowed, (int, float)) and not isinstance(allowed, bool):
        return as_number(text) == allowed
    return text == as_text(allowed)


def has_type(text: str, name: str) -> bool:
    """Whether a cell is of the type ``name``."""
    if name == "integer":
        return re.fullmatch(r"[+-]?[0-9]+", text) is not None
    if name == "float":
        return as_number(text) is not None
    if name == "boolean":
        return text.lower() in BOOLEANS
    if name == "timestamp":
        return as_moment(text) is not None
    return True


def read(path: Path, name: str) -> Iterator[tuple[int, Row]]:
    """Line number and row of a file.

    Raises:
        Unreadable: If the file is broken; ``name`` is how it is called.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            if path.suffix == ".csv":
                reader = csv.DictReader(stream, restkey=TOO_MANY)
                for row in reader:
                    if TOO_MANY in row:
                        raise Unreadable(f"{name}:{reader.line_num} has more cells than columns")
                    yield reader.line_num, row
                return
            for number, line in enumerate(stream, 1):
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise Unreadable(f"{name}:{number} is no JSON object")
                yield number, row
    except (UnicodeDecodeError, csv.Error, json.JSONDecodeError) as exc:
        raise Unreadable(f"{name} cannot be read: {type(exc).__name__}") from exc


def check(root: Path, rules: list[Row], reference: datetime) -> Row:
    """The report on every readable file below ``root``."""
    checks = [Check(rule) for rule in rules]
    rows, broken = 0, []
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    files = [path for path in paths if path.suffix in SUFFIXES]
    for path in files:
        name = path.relative_to(root).as_posix()
        columns: set[str] = set()
        count = 0
        try:
            for line, row in read(path, name):
                count += 1
                columns |= row.keys()
                for item in checks:
                    item.take(row.get(item.rule["column"]), f"{name}:{line}")
        except Unreadable as exc:
            broken.append(violation("readable", "*", 0, str(exc)))
        rows += count
        for item in checks:
            if count and item.rule["column"] not in columns:
                item.absent.append(name)
    if rules and not files:
        broken.append(violation("readable", "*", 0, f"no {' or '.join(SUFFIXES)} file"))
    elif files and not rows:
        broken.append(violation("not_empty", "*", 0, "there is no row"))
    found = [*broken, *(entry for item in checks for entry in item.violations(reference))]
    return {
        "passed": not found,
        "files": len(files),
        "rows": rows,
        "rules": len(rules),
        "violation_count": len(found),
        "violations": found[:MAX_VIOLATIONS],
    }


def main(arguments: list[str] | None = None) -> None:
    """Read the data, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference-time", required=True, help="now, in ISO 8601")
    parser.add_argument("--rules", nargs="+", required=True, help="JSON list, in any pieces")
    given = parser.parse_args(arguments)
    reference = as_moment(given.reference_time)
    if reference is None:
        parser.error(f"--reference-time is not ISO 8601: {given.reference_time}")
    root = Path(os.environ.get("ML_ROOT", "/opt/ml")) / "processing"
    report = check(root / "input" / "data", json.loads("".join(given.rules)), reference)
    output = root / "output"
    output.mkdir(parents=True, exist_ok=True)
    (output / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    print(f"{report['rows']} rows, {report['violation_count']} violations")


if __name__ == "__main__":
    main()
