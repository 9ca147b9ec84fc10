"""Reads a traffic profile: a CSV file with one row for every hour."""

import csv
import io
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.plan.sizing.clock import HOURS_PER_WEEK, zone
from groundplan.blueprints.plan.sizing.demand import LENGTHS, Demand, weekly_demand

_MOST_ROWS = 10_000
_HOUR = timedelta(hours=1)


def parse_profile(
    text: str, file: str, *, time_zone: str = "UTC", year: int | None = None
) -> Demand:
    """Return the demand in a CSV file with the columns ``rps`` and ``hour`` or ``timestamp``.

    ``hour`` counts from 0. With 168 rows it is the local hour of a week, Monday at 00:00 first, in
    ``time_zone`` (repeated over ``year``, if that is given); with 8,760 or 8,784 it is the hour of a
    year in UTC. ``timestamp`` is the beginning of an hour, in ISO 8601, for a week or a year without
    gaps; without an offset it is local time in ``time_zone``. There, the hour that a clock change skips
    must not be in the file, and the hour that it repeats must be in it twice.

    Args:
        text: Content of the file.
        file: Its name, for errors.
        time_zone: Zone of hours and of timestamps without an offset.
        year: Year over which a week is repeated. Default: a typical week.

    Raises:
        InputError: At the first row that is wrong, with the line.
    """
    rows = list(_rows(text, file))
    column, values = rows[0][1], [(line, key, rps) for line, key, rps in _values(rows, file)]
    if column == "hour":
        return _by_hour(values, file, time_zone, year)
    if year is not None:
        raise _wrong(f"{file}:1", "timestamps say the year themselves", year, "remove 'year'")
    return _by_timestamp(values, file, time_zone)


def _wrong(place: str, problem: str, got: object, fix: str) -> InputError:
    return InputError(place, problem, got=got, fix=fix)


def _rows(text: str, file: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the first column's text and the text of ``rps``; the first row is the header."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        named = [name for name in ("hour", "timestamp") if name in header]
        if "rps" not in header or len(named) != 1 or len(set(header)) != len(header):
            raise _wrong(
                f"{file}:1",
                "the first line must name the columns 'rps' and one of 'hour' and 'timestamp'",
                ",".join(header)[:80],
                "write 'hour,rps'",
            )
        key, rps = header.index(named[0]), header.index("rps")
        yield 1, named[0], "rps"
        for count, row in enumerate(row for row in reader if row):
            if count >= _MOST_ROWS:
                raise _wrong(
                    f"{file}:{reader.line_num}", "more rows than a year has hours", count + 1,
                    "give one row for every hour of a week or a year",
                )  # fmt: skip
            if len(row) != len(header):
                raise _wrong(
                    f"{file}:{reader.line_num}",
                    f"must have {len(header)} columns, as the first line has",
                    len(row),
                    "correct the row",
                )
            yield reader.line_num, row[key].strip(), row[rps].strip()
    except csv.Error as exc:
        raise _wrong(
            f"{file}:{reader.line_num}", "is no CSV", str(exc), "save it as plain CSV"
        ) from exc


def _values(rows: list[tuple[int, str, str]], file: str) -> Iterator[tuple[int, str, float]]:
    for line, key, text in rows[1:]:
        try:
            rps = float(text)
        except ValueError:
            rps = math.nan
        if not (math.isfinite(rps) and rps >= 0):
            raise _wrong(
                f"{file}:{line}: rps", "must be a finite number of 0 or more", text, "correct it"
            )
        yield line, key, rps


def _length(count: int, place: str) -> None:
    if count not in LENGTHS:
        raise _wrong(
            place,
            "a profile has the 168 hours of a week, or the 8760 or 8784 of a year",
            f"{count} hours",
            "give one row for every hour",
        )


def _by_hour(
    values: list[tuple[int, str, float]], file: str, time_zone: str, year: int | None
) -> Demand:
    lines: dict[int, int] = {}
    hours: list[float] = []
    for line, key, rps in values:
        if not key.isascii() or not key.isdigit():
            raise _wrong(f"{file}:{line}: hour", "must be a whole number from 0", key, "correct it")
        hour = int(key)
        if hour in lines:
            problem = f"the same hour as in line {lines[hour]}"
            raise _wrong(f"{file}:{line}: hour", problem, hour, "remove one of them")
        if hour != len(hours):
            problem = f"hour {len(hours)} is missing before it"
            raise _wrong(f"{file}:{line}: hour", problem, hour, "add it, in order")
        lines[hour] = line
        hours.append(rps)
    _length(len(hours), file)
    if len(hours) == HOURS_PER_WEEK:
        return weekly_demand(np.array(hours), time_zone=time_zone, year=year, name=file)
    if time_zone != "UTC" or year is not None:
        raise _wrong(
            f"{file}:1",
            "hours of a year are counted in UTC, since clock changes make local ones ambiguous",
            time_zone if time_zone != "UTC" else year,
            "remove 'time_zone' and 'year', or use the column 'timestamp'",
        )
    return Demand(rps=np.array(hours), name=file)


def _by_timestamp(values: list[tuple[int, str, float]], file: str, time_zone: str) -> Demand:
    found: dict[datetime, int] = {}
    hours: list[float] = []
    start = previous = None
    for line, key, rps in values:
        place = f"{file}:{line}: timestamp"
        at = _instant(key, place, time_zone, found)
        if at in found:
            problem = f"the same hour as in line {found[at]}"
            raise _wrong(place, problem, key, "remove one of them")
        if previous is not None and at != previous + _HOUR:
            raise _gap(place, key, at, previous + _HOUR, time_zone)
        found[at] = line
        hours.append(rps)
        start, previous = start or at, at
    _length(len(hours), file)
    assert start is not None
    if len(hours) == HOURS_PER_WEEK:
        first = start.weekday() * 24 + start.hour
        return Demand(rps=np.roll(np.array(hours), first), name=file)
    return Demand(rps=np.array(hours), name=file, start=start)


def _gap(place: str, key: str, at: datetime, wanted: datetime, time_zone: str) -> InputError:
    if at < wanted:
        return _wrong(place, "is earlier than the row before it", key, "sort the rows by time")
    hours = int((at - wanted) / _HOUR)
    local = wanted.astimezone(zone(time_zone))
    what = "hour is" if hours == 1 else "hours are"
    fix = "add one row for every hour, with 0 where there was no traffic"
    if local.fold:
        fix = "repeat the hour in which clocks go back: it happens twice"
    missing = local.strftime("%Y-%m-%dT%H:%M")
    return _wrong(place, f"{hours} {what} missing before it, the first is {missing}", key, fix)


def _instant(key: str, place: str, time_zone: str, found: dict[datetime, int]) -> datetime:
    """Return the UTC hour in which a timestamp's hour begins."""
    try:
        at = datetime.fromisoformat(key)
    except ValueError as exc:
        raise _wrong(
            place, "must be a time like 2026-03-01T00:00", key, "write it in ISO 8601"
        ) from exc
    if at.minute or at.second or at.microsecond:
        raise _wrong(place, "must be the beginning of an hour", key, "use one row for every hour")
    if at.tzinfo is None:
        local = zone(time_zone)
        at = at.replace(tzinfo=local)
        if at.astimezone(UTC).astimezone(local).replace(tzinfo=None) != at.replace(tzinfo=None):
            raise _wrong(place, f"clocks in {time_zone} skip this hour", key, "remove the row")
        later = at.replace(fold=1)
        if at.astimezone(UTC).replace(minute=0) in found and later.utcoffset() != at.utcoffset():
            at = later
    # In a zone with half hours, the UTC hour in which the local hour begins stands for it.
    return at.astimezone(UTC).replace(minute=0)
