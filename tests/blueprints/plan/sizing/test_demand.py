from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from groundplan.blueprints.errors import InputError
from groundplan.blueprints.plan.sizing import Demand, shape_demand
from groundplan.blueprints.plan.sizing.profile import parse_profile

BERLIN = "Europe/Berlin"


def peaks(demand: Demand) -> list[int]:
    return [int(hour) for hour in np.flatnonzero(demand.rps == demand.peak_rps)]


def test_a_shape_is_a_week_in_standard_time() -> None:
    demand = shape_demand(
        base_rps=2, peak_rps=9, peak_hours=(8,), weekend_factor=0.5, time_zone=BERLIN
    )

    assert peaks(demand) == [
        7,
        31,
        55,
        79,
        103,
    ]  # 08:00 in Berlin is 07:00 in UTC, Monday to Friday
    assert demand.rps[5 * 24 + 7] == 4.5
    assert demand.rps[4 * 24 + 23] == 1  # Friday 23:00 in UTC is Saturday there


def test_a_zone_with_half_hours_takes_the_busier_hour() -> None:
    demand = shape_demand(base_rps=1, peak_rps=5, peak_hours=(9,), time_zone="Asia/Kolkata")

    assert peaks(demand)[:2] == [3, 4]  # 09:00 to 10:00 there is 03:30 to 04:30


def test_a_year_follows_clock_changes() -> None:
    demand = shape_demand(base_rps=0, peak_rps=1, peak_hours=(2, 8), time_zone=BERLIN, year=2026)
    spring, autumn = (
        int((datetime(2026, month, day, tzinfo=UTC) - datetime(2026, 1, 1, tzinfo=UTC)).days) * 24
        for month, day in ((3, 29), (10, 25))
    )

    assert len(demand.rps) == 8760
    assert demand.start == datetime(2026, 1, 1, tzinfo=UTC)
    # 02:00 does not exist in spring, and 08:00 is 06:00 in UTC; in autumn 02:00 happens twice.
    assert [h - spring for h in peaks(demand) if spring <= h < spring + 23] == [6]
    assert [h - autumn for h in peaks(demand) if autumn <= h < autumn + 24] == [0, 1, 7]
    assert demand.requests == 730 * 3600


def test_growth_is_compounded_over_a_year() -> None:
    demand = shape_demand(base_rps=10, peak_rps=10, peak_hours=()).grown(0.2)

    assert len(demand.rps) == 8760
    assert demand.rps[0] == 10
    assert demand.rps[4380] == pytest.approx(10 * 1.2**0.5)
    assert demand.rps[-1] < 12 < demand.rps[-1] * 1.0001


@pytest.mark.parametrize(
    ("rps", "message"),
    [
        (np.ones(167), ("t: a profile has the 168 hours of a week, or the 8760 or 8784 of a year, "
         "got 167; give one value for every hour")),
        (np.array([1.0] * 167 + [-1]), ("t: hour 167: requests per second must be a finite number of "
         "0 or more, got -1.0; correct it")),
        (np.array([np.nan] + [1.0] * 167), ("t: hour 0: requests per second must be a finite number "
         "of 0 or more, got nan; correct it")),
    ],
)  # fmt: skip
def test_fails_on_hours_that_are_none(rps: np.ndarray, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Demand(rps=rps, name="t")
    assert str(caught.value) == message


def by_hour(hours: int = 168, **changed: str) -> str:
    rows = {f"h{hour}": f"{hour},{hour % 24}" for hour in range(hours)} | changed
    return "hour,rps\n" + "".join(f"{row}\n" for row in rows.values() if row)


def by_time(start: datetime, hours: int, zone: str) -> list[str]:
    begin = start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    times = (begin + timedelta(hours=hour) for hour in range(hours))
    return [at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M") for at in times]


def stamped(times: list[str]) -> str:
    return "timestamp,rps\n" + "".join(f"{at},1\n" for at in times)


def test_hours_of_a_week_are_local() -> None:
    demand = parse_profile(by_hour(), "t.csv", time_zone=BERLIN)

    assert demand.rps[0] == 1  # Monday 00:00 in UTC is 01:00 in Berlin
    assert demand.rps[167] == 0


def test_timestamps_with_offsets_are_turned_to_monday() -> None:
    times = [f"2026-03-{4 + h // 24:02}T{h % 24:02}:00+00:00" for h in range(168)]  # a Wednesday
    text = "rps,timestamp\n" + "".join(f"{i},{at}\n" for i, at in enumerate(times))

    demand = parse_profile(text, "t.csv")

    assert demand.rps[48] == 0
    assert demand.rps[47] == 167


def test_a_local_year_has_the_hours_that_its_clock_shows() -> None:
    demand = parse_profile(stamped(by_time(datetime(2026, 1, 1), 8760, BERLIN)), "t.csv",
                           time_zone=BERLIN)  # fmt: skip

    assert demand.start == datetime(2025, 12, 31, 23, tzinfo=UTC)


YEAR = by_time(datetime(2026, 1, 1), 8760, BERLIN)
AUTUMN, SPRING = YEAR.index("2026-10-25T02:00"), YEAR.index("2026-03-29T03:00")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (by_hour(h7="7,-1"), "t.csv:9: rps: must be a finite number of 0 or more, got '-1'; correct it"),
        (by_hour(h7="7,NaN"), "t.csv:9: rps: must be a finite number of 0 or more, got 'NaN'; correct it"),
        (by_hour(h7="7"), "t.csv:9: must have 2 columns, as the first line has, got 1; correct the row"),
        (by_hour(h7=""), "t.csv:9: hour: hour 7 is missing before it, got 8; add it, in order"),
        (by_hour(h7="6,1"), "t.csv:9: hour: the same hour as in line 8, got 6; remove one of them"),
        (by_hour(h7="7.5,1"), "t.csv:9: hour: must be a whole number from 0, got '7.5'; correct it"),
        (by_hour(24), ("t.csv: a profile has the 168 hours of a week, or the 8760 or 8784 of a year, "
         "got '24 hours'; give one row for every hour")),
        ("", ("t.csv:1: the first line must name the columns 'rps' and one of 'hour' and 'timestamp', "
         "got ''; write 'hour,rps'")),
        (by_hour(8760), ("t.csv:1: hours of a year are counted in UTC, since clock changes make local "
         "ones ambiguous, got 'Europe/Berlin'; remove 'time_zone' and 'year', or use the column "
         "'timestamp'")),
        (stamped(YEAR[:AUTUMN] + YEAR[AUTUMN + 1 :]),
         ("t.csv:7132: timestamp: 1 hour is missing before it, the first is 2026-10-25T02:00, got "
         "'2026-10-25T03:00'; repeat the hour in which clocks go back: it happens twice")),
        (stamped([*YEAR[:SPRING], "2026-03-29T02:00", *YEAR[SPRING:]]),
         ("t.csv:2092: timestamp: clocks in Europe/Berlin skip this hour, got '2026-03-29T02:00'; "
         "remove the row")),
        (stamped([*YEAR[:5], *YEAR[8:]]),
         ("t.csv:7: timestamp: 3 hours are missing before it, the first is 2026-01-01T05:00, got "
         "'2026-01-01T08:00'; add one row for every hour, with 0 where there was no traffic")),
        (stamped([*YEAR[:5], YEAR[3]]),
         "t.csv:7: timestamp: the same hour as in line 5, got '2026-01-01T03:00'; remove one of them"),
        (stamped(["2026-01-01T00:30"]),
         ("t.csv:2: timestamp: must be the beginning of an hour, got '2026-01-01T00:30'; use one row "
         "for every hour")),
        (stamped(["yesterday"]), ("t.csv:2: timestamp: must be a time like 2026-03-01T00:00, got "
         "'yesterday'; write it in ISO 8601")),
    ],
)  # fmt: skip
def test_fails_on_a_wrong_profile(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_profile(text, "t.csv", time_zone=BERLIN)
    assert str(caught.value) == message
