"""Scheduled actions for peaks that recur every week: few, and early enough."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundplan.blueprints.plan.sizing.clock import local_hours, local_week_hours, standard_offset
from groundplan.blueprints.plan.sizing.demand import Demand, IntArray

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_GROUPS: tuple[tuple[range, ...], ...] = (
    (range(7),),
    (range(5), range(5, 7)),
    (range(5), range(5, 6), range(6, 7)),
    tuple(range(day, day + 1) for day in range(7)),
)
MAX_LEVELS = 4
"""Most levels of one day."""
WORTH = 0.05
"""Share of instance-hours that finer days, or one more level, must save."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCapacity:
    """One recurring action that sets the fewest instances."""

    name: str
    """Name, unique within the endpoint."""

    schedule: str
    """When, as Application Auto Scaling writes it: ``cron(50 6 ? * MON-FRI *)``."""

    time_zone: str
    """Zone of the schedule, whose clock changes it follows."""

    min_instances: int
    """Fewest instances from then on."""


def schedule_capacity(
    demand: Demand, needed: IntArray, lead_seconds: int, time_zone: str
) -> tuple[tuple[ScheduledCapacity, ...], IntArray]:
    """Return the actions that hold a week's recurring need ready, and what they hold in each hour.

    Each local hour of the week asks for the median of what that hour needs over the profile, so one
    odd week does not set it; autoscaling does the rest. Days that are alike share their actions, and a
    day has at most :data:`MAX_LEVELS` levels, each as high as the busiest of its hours. A rise comes
    ``lead_seconds`` early, a fall on the hour.

    Args:
        demand: Requests per second, which says when the first hour begins.
        needed: Instances that each hour needs.
        lead_seconds: Time from an action until its instances take requests.
        time_zone: Zone in which the peaks recur.

    Returns:
        The actions, and the fewest instances in each hour of the profile, shape of ``needed``.
    """
    if demand.start is None:
        hour_of_week = np.resize(local_week_hours(time_zone)[0], len(needed))
    else:
        hour_of_week = local_hours(time_zone, demand.start, len(needed))[0]
    # As many weeks as every hour of the week has; a year has one or two hours more of some.
    order = np.argsort(hour_of_week, kind="stable")
    starts = np.searchsorted(hour_of_week[order], np.arange(168))
    weeks = int(np.diff(starts, append=len(order)).min())
    by_hour = needed[order[starts[:, None] + np.arange(weeks)]]
    days = np.median(by_hour, axis=1).astype(np.int64).reshape(7, 24)
    levels = _fewest(days)
    lead = -(-lead_seconds // 60)
    actions = _actions(levels, lead, time_zone)
    held = levels.reshape(-1)
    # An action on the hour of a zone with half hours is in the middle of an hour in UTC.
    if standard_offset(time_zone).total_seconds() % 3600:
        held = np.maximum(held, np.roll(held, -1))
    return actions, held[hour_of_week]


def _fewest(days: IntArray) -> IntArray:
    """Return the levels of each day, with the coarsest grouping of days that wastes little."""
    finest = _levels_of(days, _GROUPS[-1])
    for groups in _GROUPS[:-1]:
        levels = _levels_of(days, groups)
        if levels.sum() <= finest.sum() * (1 + WORTH):
            return levels
    return finest


def _levels_of(days: IntArray, groups: Sequence[range]) -> IntArray:
    levels = np.empty_like(days)
    for group in groups:
        levels[list(group)] = _levels(days[list(group)].max(axis=0))
    return levels


def _levels(day: IntArray) -> IntArray:
    """Return a day as a few levels that cover it, with the fewest instance-hours.

    Dynamic programming over where levels begin: the least sum of the first ``end`` hours with one
    level more is the least one of the first ``start`` hours, and the highest of the rest times its
    length.
    """
    hours = len(day)
    cost = np.full((hours, hours + 1), np.inf)
    for start in range(hours):
        highest = np.maximum.accumulate(day[start:])
        cost[start, start + 1 :] = highest * np.arange(1, hours - start + 1)
    least = cost[0]
    cuts = [np.zeros(hours + 1, dtype=np.int64)]
    for _ in range(1, MAX_LEVELS):
        sums = least[:hours, None] + cost
        cut = np.argmin(sums, axis=0)
        finer = sums[cut, np.arange(hours + 1)]
        if finer[hours] >= least[hours] * (1 - WORTH):
            break
        cuts.append(cut)
        least = finer
    out = np.empty_like(day)
    end = hours
    for cut in reversed(cuts):
        start = int(cut[end])
        out[start:end] = day[start:end].max()
        end = start
    return out


def _actions(levels: IntArray, lead: int, time_zone: str) -> tuple[ScheduledCapacity, ...]:
    """Return one action for each change of level, one for days that change alike."""
    changes: dict[tuple[int, int], list[int]] = {}
    flat = levels.reshape(-1)
    for hour in range(168):
        before, now = int(flat[hour - 1]), int(flat[hour])
        if before == now:
            continue
        minute = (hour * 60 - (lead if now > before else 0)) % (168 * 60)
        day, of_day = divmod(minute, 1440)
        changes.setdefault((of_day, now), []).append(day)
    out = []
    for (of_day, count), days in sorted(changes.items(), key=lambda item: (item[1][0], item[0])):
        hour, minute = divmod(of_day, 60)
        named = _name(sorted(days))
        label = named.lower().replace(",", "-") if named != "*" else "daily"
        out.append(
            ScheduledCapacity(
                name=f"{label}-{hour:02}{minute:02}-to-{count}",
                schedule=f"cron({minute} {hour} ? * {named} *)",
                time_zone=time_zone,
                min_instances=count,
            )
        )
    return tuple(out)


def _name(days: list[int]) -> str:
    if len(days) == 7:
        return "*"
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
    return ",".join(_DAYS[day] for day in days)
