"""How often schedules start, and when."""

import pytest

from groundplan.blueprints.cost.runs import Runs, runs_of
from groundplan.blueprints.plan.pipeline import SchedulePlan


def runs(expression: str, time_zone: str = "UTC") -> Runs:
    schedule = SchedulePlan(
        id="Schedule",
        name="schedule",
        expression=expression,
        time_zone=time_zone,
        group_name="group",
        input="{}",
    )
    found = runs_of([schedule])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("expression", "per_year"),
    [
        ("cron(0 3 ? * MON *)", 365 / 7),
        ("cron(30 1 * * ? *)", 365),
        ("cron(20 * * * ? *)", 8760),
        ("cron(0 */6 ? * MON-FRI *)", 4 * 5 * 365 / 7),
        ("cron(0 0 ? * SUN-TUE *)", 3 * 365 / 7),
        ("cron(0 4 1 * ? *)", 12),
        ("cron(0 4 31 * ? *)", 7),
        ("cron(0,30 4 1,15 JAN-MAR ? *)", 12),
    ],
)
def test_starts_a_year(expression: str, per_year: float) -> None:
    assert runs(expression).per_month * 12 == pytest.approx(per_year)


def test_a_run_takes_the_hours_after_its_start() -> None:
    taken = runs("cron(30 23 ? * SUN *)", "Europe/Berlin").occupied(2)
    assert taken[[22 + 144, 23 + 144, 0]].tolist() == [0.5, 1.0, 0.5]
    assert taken.sum() == pytest.approx(2)


def test_starts_of_days_of_a_month_are_spread() -> None:
    monthly = runs("cron(0 4 1 * ? *)")
    assert monthly.minutes is None
    assert monthly.occupied(3).sum() * 730 / 168 == pytest.approx(3)
