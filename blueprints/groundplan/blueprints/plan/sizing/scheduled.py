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
    week = np.empty(168, dtype=np.int64)
    for hour in range(168):
        week[hour] = int(np.median(needed[hour_of_week == hour]))
    days = week.reshape(7, 24)
    levels, groups = _fewest(days)
    lead = -(-lead_seconds // 60)
    actions = _actions(levels, groups, lead, time_zone)
    held = levels.reshape(-1)
    # An action on the hour of a zone with half hours is in the middle of an hour in UTC.
    if standard_offset(time_zone).total_seconds() % 3600:
        held = np.maximum(held, np.roll(held, -1))
    return actions, held[hour_of_week]


def _fewest(days: IntArray) -> tuple[IntArray, tuple[range, ...]]:
    """Return the levels of each day, and the coarsest grouping of days that wastes little."""
    found = [(_levels_of(days, groups), groups) for groups in _GROUPS]
    finest = int(found[-1][0].sum())
    for levels, groups in found:
        if int(levels.sum()) <= finest * (1 + WORTH):
            return levels, groups
    return found[-1]


def _levels_of(days: IntArray, groups: Sequence[range]) -> IntArray:
    levels = np.empty_like(days)
    for group in groups:
        levels[list(group)] = _levels(days[list(group)].max(axis=0))
    return levels


def _levels(day: IntArray) -> IntArray:
    """Return a day as a few levels that cover it, with the fewest instance-hours.

    Dynamic programming over where levels begin: ``best[k][i]`` is the least sum of the first ``i``
    hours with ``k`` levels.
    """
    hours = len(day)
    sums: list[list[float]] = [[0.0] + [float("inf")] * hours]
    cuts: list[list[int]] = [[0] * (hours + 1)]
    for _ in range(MAX_LEVELS):
        row, cut = [float("inf")] * (hours + 1), [0] * (hours + 1)
        for end in range(1, hours + 1):
            high = 0
            for start in range(end - 1, -1, -1):
                high = max(high, int(day[start]))
                total = sums[-1][start] + high * (end - start)
                if total < row[end]:
                    row[end], cut[end] = total, start
        sums.append(row)
        cuts.append(cut)
    count = 1
    while count < MAX_LEVELS and sums[count + 1][hours] < sums[count][hours] * (1 - WORTH):
        count += 1
    out = np.empty_like(day)
    end = hours
    for used in range(count, 0, -1):
        start = cuts[used][end]
        out[start:end] = day[start:end].max()
        end = start
    return out


def _actions(
    levels: IntArray, groups: Sequence[range], lead: int, time_zone: str
) -> tuple[ScheduledCapacity, ...]:
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
