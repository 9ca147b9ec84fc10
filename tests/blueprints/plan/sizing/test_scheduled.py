"""Scheduled actions, read as Application Auto Scaling reads them."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from groundplan.blueprints.plan.sizing import Demand
from groundplan.blueprints.plan.sizing.scheduled import (
    MAX_LEVELS,
    ScheduledCapacity,
    schedule_capacity,
)

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
LEAD_MINUTES = 8


def minutes_of(action: ScheduledCapacity) -> list[int]:
    """Minutes of the week at which an action runs."""
    match = re.fullmatch(r"cron\((\d+) (\d+) \? \* (\S+) \*\)", action.schedule)
    assert match is not None, action.schedule
    minute, hour, named = int(match[1]), int(match[2]), match[3]
    assert minute < 60 and hour < 24
    if named == "*":
        days = list(range(7))
    elif "-" in named:
        first, last = map(DAYS.index, named.split("-"))
        days = list(range(first, last + 1))
    else:
        days = [DAYS.index(day) for day in named.split(",")]
    return [day * 1440 + hour * 60 + minute for day in days]


def held_by(actions: tuple[ScheduledCapacity, ...]) -> np.ndarray:
    """Fewest instances in each minute of a week that repeats."""
    events = sorted((at, action.min_instances) for action in actions for at in minutes_of(action))
    assert len({at for at, _ in events}) == len(events), "two actions at one time"
    held = np.full(7 * 1440, events[-1][1])
    for at, count in events:
        held[at:] = count
    return held


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(st.integers(1, 30), min_size=24, max_size=24),
    st.lists(st.integers(1, 30), min_size=24, max_size=24),
    st.lists(st.integers(0, 3), min_size=168, max_size=168),
)
def test_actions_hold_what_is_needed_in_time_and_what_is_counted(
    weekday: list[int], weekend: list[int], noise: list[int]
) -> None:
    needed = np.array([*weekday * 5, *weekend * 2]) + np.array(noise)
    demand = Demand(rps=needed.astype(float))

    actions, counted = schedule_capacity(demand, needed, LEAD_MINUTES * 60, "UTC")

    assert (counted >= needed).all()
    assert len({action.name for action in actions}) == len(actions)
    if not actions:
        assert len(set(counted.tolist())) == 1
        return
    held = held_by(actions)
    by_hour = held.reshape(168, 60)
    # All hour long what is counted, but for the minutes in which a rise is already prepared.
    assert (by_hour[:, : 60 - LEAD_MINUTES] == counted[:, None]).all()
    following = np.roll(counted, -1)
    assert (by_hour[:, 60 - LEAD_MINUTES :] == np.maximum(counted, following)[:, None]).all()
    for day in counted.reshape(7, 24):
        assert (np.diff(day) != 0).sum() < MAX_LEVELS


def test_a_clear_week_needs_two_actions() -> None:
    day = [2] * 8 + [9] * 10 + [2] * 6
    needed = np.array([*day * 5, *[2] * 48])

    actions, counted = schedule_capacity(
        Demand(rps=needed.astype(float)), needed, LEAD_MINUTES * 60, "UTC"
    )

    assert [action.schedule for action in actions] == [
        "cron(52 7 ? * MON-FRI *)",
        "cron(0 18 ? * MON-FRI *)",
    ]
    assert counted.tolist() == needed.tolist()
