"""Which local hour each UTC hour is, clock changes included."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from groundplan.blueprints.errors import InputError

HOURS_PER_WEEK = 168
_MONDAY = datetime(2025, 1, 6, tzinfo=UTC)
_JULY = datetime(2025, 7, 7, tzinfo=UTC)


def zone(time_zone: str) -> ZoneInfo:
    """Return a time zone by its IANA name.

    Raises:
        InputError: If there is none of that name.
    """
    try:
        return ZoneInfo(time_zone)
    except (OSError, ValueError, KeyError) as exc:
        raise InputError(
            "time_zone", "unknown time zone", got=time_zone, fix="use one like 'Europe/Berlin'"
        ) from exc


def standard_offset(time_zone: str) -> timedelta:
    """Return how far the zone's standard time, the one without summer time, is ahead of UTC.

    It is the smaller one of the offsets in January and July of 2025: clocks go forward in summer on
    both halves of the globe. (Ireland and Morocco call theirs otherwise; the clock is the same.)
    """
    found = [at.astimezone(zone(time_zone)).utcoffset() for at in (_MONDAY, _JULY)]
    return min(offset for offset in found if offset is not None)


def local_week_hours(time_zone: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the local hours of the week that each UTC hour of a week touches, Monday first.

    Both arrays have the shape (168,): the local hour in which the UTC hour begins, and the one in
    which it ends. They are equal in zones a whole number of hours from UTC.
    """
    minutes = int(standard_offset(time_zone).total_seconds()) // 60
    starts = np.arange(HOURS_PER_WEEK) * 60 + minutes
    return starts // 60 % HOURS_PER_WEEK, (starts + 59) // 60 % HOURS_PER_WEEK


def hours_of_year(year: int) -> tuple[datetime, int]:
    """Return the first hour of a year in UTC, and how many hours it has.

    Raises:
        InputError: If the rules of clocks are not known for the year.
    """
    if not 1971 <= year <= 2200:
        raise InputError("year", "must be from 1971 to 2200", got=year, fix="name next year")
    start = datetime(year, 1, 1, tzinfo=UTC)
    return start, int((datetime(year + 1, 1, 1, tzinfo=UTC) - start) / timedelta(hours=1))


@lru_cache(maxsize=64)
def local_hours(
    time_zone: str, start: datetime, hours: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the local hours of the week that each UTC hour from ``start`` on touches.

    Returns:
        Two read-only arrays of shape (hours,), as :func:`local_week_hours`.

    Raises:
        InputError: If the zone is unknown.
    """
    local = zone(time_zone)
    first = np.empty(hours, dtype=np.int64)
    second = np.empty(hours, dtype=np.int64)
    for hour in range(hours):
        begin = start + timedelta(hours=hour)
        for array, at in ((first, begin), (second, begin + timedelta(minutes=59))):
            there = at.astimezone(local)
            array[hour] = there.weekday() * 24 + there.hour
    for array in (first, second):
        array.setflags(write=False)
    return first, second
