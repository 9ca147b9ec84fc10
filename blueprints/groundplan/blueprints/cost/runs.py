"""How often a schedule starts something, and in which hours of the week."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from groundplan.blueprints.cost.usage import Hours
from groundplan.blueprints.errors import InputError
from groundplan.blueprints.plan.pipeline import SchedulePlan
from groundplan.blueprints.plan.sizing.clock import HOURS_PER_WEEK, standard_offset

_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
"""Days in AWS's order."""
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MINUTES_PER_WEEK = 60 * HOURS_PER_WEEK
_YEAR = 2027
"""A year of 365 days, in which starts of a month's days are counted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Runs:
    """Starts of something, on average."""

    per_month: float
    """Starts in 730 hours."""

    minutes: tuple[int, ...] | None
    """Minutes of the week in UTC, Monday 00:00 first, at which it starts; None where they are not
    the same in every week, or not known."""

    def occupied(self, hours: float) -> Hours:
        """Return the time that runs of so many hours take in each hour of the week.

        Shape (168,), in run-hours. Where the starts are not the same in every week it is the mean.
        """
        if self.minutes is None:
            return np.full(HOURS_PER_WEEK, self.per_month * hours / 730)
        taken = np.zeros(HOURS_PER_WEEK)
        for minute in self.minutes:
            left, at = hours * 60, float(minute)
            while left > 1e-9:
                part = min(left, 60 - at % 60)
                taken[int(at // 60) % HOURS_PER_WEEK] += part / 60
                left, at = left - part, at + part
        return taken


def runs_of(schedules: Sequence[SchedulePlan]) -> Runs | None:
    """Return the starts by some schedules together; None without any.

    Raises:
        InputError: If an expression is none of ``cron(...)`` as plans hold them.
    """
    if not schedules:
        return None
    each = [_runs(schedule) for schedule in schedules]
    minutes: list[int] | None = []
    for runs in each:
        minutes = None if minutes is None or runs.minutes is None else [*minutes, *runs.minutes]
    return Runs(
        per_month=sum(runs.per_month for runs in each),
        minutes=None if minutes is None else tuple(sorted(minutes)),
    )


def _runs(schedule: SchedulePlan) -> Runs:
    match = re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) \*\)", schedule.expression)
    if match is None:
        raise InputError(
            "schedule", "is no cron expression", got=schedule.expression, fix="write five fields"
        )
    minute, hour, day, month, weekday = match.groups()
    minutes, hours = _values(minute, 0, 59), _values(hour, 0, 23)
    weekdays = {(number - 1) % 7 for number in _values(weekday, 0, 6, _DAYS)}  # Monday is 0
    if day in ("*", "?") and month == "*":
        offset = int(standard_offset(schedule.time_zone).total_seconds()) // 60
        starts = sorted(
            (1440 * d + 60 * h + m - offset) % _MINUTES_PER_WEEK
            for d in weekdays
            for h in hours
            for m in minutes
        )
        return Runs(per_month=len(starts) * 730 / HOURS_PER_WEEK, minutes=tuple(starts))
    months, days = _values(month, 1, 12, _MONTHS), _values(day, 1, 31)
    first = date(_YEAR, 1, 1)
    count = sum(
        at.month in months and at.day in days and at.weekday() in weekdays
        for at in (first + timedelta(days=n) for n in range(365))
    )
    return Runs(per_month=count * len(hours) * len(minutes) / 12, minutes=None)


def _values(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    """Return the values of one field of AWS's cron expressions."""

    def value(part: str) -> int:
        return names.index(part) + low if part in names else int(part)

    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = value(start)
            last = value(end) if dash else high if step else first
        found |= set(range(first, last + 1, int(step or 1)))
    return frozenset(found)
