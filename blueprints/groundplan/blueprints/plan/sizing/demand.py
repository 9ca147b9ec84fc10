"""Requests per second, hour by hour: what an endpoint is sized for."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.plan.sizing.clock import (
    HOURS_PER_WEEK,
    hours_of_year,
    local_hours,
    local_week_hours,
)

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
LENGTHS = (HOURS_PER_WEEK, 8760, 8784)
"""Hours of a week, a year, and a leap year."""
_HOURS_PER_YEAR = 8760


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demand:
    """Requests per second in each hour of a week or a year, in UTC."""

    rps: FloatArray
    """Requests per second, shape (168,), (8760,) or (8784,). A week begins on Monday at 00:00 UTC,
    a year at its first hour in UTC. Read-only."""

    name: str = "traffic"
    """What the errors call it."""

    start: datetime | None = None
    """When the first hour begins, in UTC. None: it is a typical Monday, 00:00."""

    def __post_init__(self) -> None:
        """Check and freeze the hours.

        Raises:
            InputError: If the length is none of a week or a year, or an hour is negative or no
                finite number.
        """
        rps = np.array(self.rps, dtype=np.float64)
        if rps.ndim != 1 or len(rps) not in LENGTHS:
            raise InputError(
                self.name,
                "a profile has the 168 hours of a week, or the 8760 or 8784 of a year",
                got=len(rps) if rps.ndim == 1 else rps.shape,
                fix="give one value for every hour",
            )
        wrong = np.flatnonzero(~(np.isfinite(rps) & (rps >= 0)))
        if len(wrong):
            raise InputError(
                f"{self.name}: hour {wrong[0]}",
                "requests per second must be a finite number of 0 or more",
                got=float(rps[wrong[0]]),
                fix="correct it",
            )
        rps.setflags(write=False)
        object.__setattr__(self, "rps", rps)

    @property
    def peak_rps(self) -> float:
        """Requests per second in the busiest hour."""
        return float(self.rps.max())

    @property
    def requests(self) -> float:
        """Requests in the whole profile."""
        return float(self.rps.sum() * 3600)

    @property
    def is_week(self) -> bool:
        """Whether it is one typical week."""
        return len(self.rps) == HOURS_PER_WEEK

    def over_a_year(self) -> "Demand":
        """Return a year of it: a week is repeated for 8,760 hours, a year stays as it is."""
        if not self.is_week:
            return self
        return Demand(
            rps=np.resize(self.rps, _HOURS_PER_YEAR),
            name=self.name,
            start=self.start,
        )

    def grown(self, growth_per_year: float) -> "Demand":
        """Return a year in which the traffic grows by a share a year, evenly compounded.

        Hour ``h`` is multiplied by ``(1 + growth) ** (h / hours)``, so the first hour stays as it
        is and the hour after the last would be ``1 + growth`` times as busy. Without growth the
        profile stays as it is; with growth a week becomes a year.

        Raises:
            InputError: If traffic would shrink to nothing.
        """
        if growth_per_year == 0:
            return self
        if not growth_per_year > -1:
            raise InputError(
                f"{self.name}: growth_per_year",
                "must be above -1",
                got=growth_per_year,
                fix="write -0.5 for half of it after a year",
            )
        year = self.over_a_year()
        hours = len(year.rps)
        factor = (1.0 + growth_per_year) ** (np.arange(hours) / hours)
        return Demand(rps=year.rps * factor, name=self.name, start=year.start)


def shape_demand(
    *,
    base_rps: float,
    peak_rps: float,
    peak_hours: tuple[int, ...],
    weekend_factor: float = 1.0,
    time_zone: str = "UTC",
    year: int | None = None,
    name: str = "traffic",
) -> Demand:
    """Return the demand of a shape: base and peak, on weekdays and at weekends, in a time zone.

    A UTC hour takes the value of the local hour that it falls into; where the zone is not a whole
    number of hours from UTC it touches two local hours, and the busier one counts. With ``year``,
    each UTC hour of that year is looked up in the zone, so on the day of a clock change the local
    day has 23 or 25 hours: the hour that is skipped is not there, the one that is repeated counts
    twice. Without it, the result is one week in the zone's standard time.

    Args:
        base_rps: Requests per second outside the peak.
        peak_rps: Requests per second in the peak.
        peak_hours: Local hours of the day, 0 to 23, that are the peak.
        weekend_factor: What both are multiplied by on Saturday and Sunday.
        time_zone: IANA name of the zone.
        year: Year of the hours. Default: a typical week.
        name: What errors call it.

    Raises:
        InputError: If the time zone or the year is unknown, or a number is not one of 0 or more.
    """
    day = np.full(24, base_rps, dtype=np.float64)
    day[list(peak_hours)] = peak_rps
    week = np.concatenate([np.tile(day, 5), np.tile(day * weekend_factor, 2)])
    return weekly_demand(week, time_zone=time_zone, year=year, name=name)


def weekly_demand(
    week: FloatArray, *, time_zone: str = "UTC", year: int | None = None, name: str = "traffic"
) -> Demand:
    """Return the demand of 168 local hours, Monday 00:00 first, as UTC hours.

    Clock changes and zones with half hours are treated as :func:`shape_demand` says.

    Raises:
        InputError: If the time zone or the year is unknown, or an hour is no number of 0 or more.
    """
    checked = Demand(rps=week, name=name).rps
    if year is None:
        first, second = local_week_hours(time_zone)
        return Demand(rps=np.maximum(checked[first], checked[second]), name=name)
    start, hours = hours_of_year(year)
    first, second = local_hours(time_zone, start, hours)
    return Demand(rps=np.maximum(checked[first], checked[second]), name=name, start=start)
