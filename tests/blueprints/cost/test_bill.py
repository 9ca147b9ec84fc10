from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from commitment_cases import line, random_case, week

from groundplan.blueprints.cost import OtherUsage, UsageLine, cost_of, optimal_commitment
from groundplan.blueprints.errors import InputError


def test_one_hour_by_hand() -> None:
    """1.00 USD: the owner's hour, then the higher saving, then a part of the rest."""
    lines = [
        line("low", [2], 1.0, 0.8),
        line("spot", [5], 0.1, None),
        line("owner", [1], 0.4, 0.36, owner=True),
        line("high", [1], 1.0, 0.4),
    ]
    bill = cost_of(lines, Decimal("1.0"))
    assert [one.id for one in bill.lines] == ["low", "spot", "owner", "high"]
    covered = {one.id: one.covered_hours for one in bill.lines}
    assert covered == {
        "owner": pytest.approx(1),
        "high": pytest.approx(1),
        "low": pytest.approx(0.24 / 0.8),
        "spot": 0,
    }
    assert bill.total_usd == pytest.approx(1.0 + (2 - 0.3) * 1.0 + 0.5)
    assert bill.unused_usd[0] == pytest.approx(0)
    assert bill.covered_usd[0] == pytest.approx(0.4 + 1.0 + 0.3)
    assert bill.coverage == pytest.approx(1.7 / 3.4)


def test_equal_savings_go_to_the_lowest_plan_rate() -> None:
    lines = [line("big", [1], 2.0, 1.0), line("small", [1], 0.2, 0.1)]
    covered = {one.id: one.covered_hours for one in cost_of(lines, 0.1).lines}
    assert covered == {"big": 0, "small": 1}


def test_savings_that_differ_by_rounding_only_are_equal() -> None:
    lines = [line("big", [1], 2.1, 0.1), line("small", [1], 0.21, 0.01)]
    assert 0.1 / 2.1 < 0.01 / 0.21  # as floats
    covered = {one.id: one.covered_hours for one in cost_of(lines, 0.01).lines}
    assert covered == {"big": 0, "small": 1}


def test_an_hour_lends_nothing_to_the_next() -> None:
    bill = cost_of([line("a", [0, 2], 1.0, 0.5)], 0.5)
    assert list(bill.unused_usd) == [0.5, 0.0]
    assert list(bill.on_demand_usd) == [0.0, 1.0]
    assert bill.total_usd == 2.0
    assert bill.utilisation == 0.5


def test_the_lines_add_up_to_the_bill() -> None:
    for seed in range(50):
        case = random_case(seed)
        bill = cost_of(case.lines(), 0.7, existing=case.bought(), other_usage=case.other())
        free = {other.id for other in case.other() if not other.counted}
        charged = sum(one.on_demand_usd for one in bill.lines if one.id not in free)
        assert charged == pytest.approx(bill.on_demand_usd.sum())
        used = sum(one.plan_usd for one in bill.lines)
        assert used + bill.unused_usd.sum() == pytest.approx(
            bill.commitment_usd * len(bill.used_usd)
        )
        assert (bill.unused_usd >= -1e-12).all()
        exact = case.bill(Fraction(sum(case.existing), 1000) + Fraction(7, 10))
        assert bill.total_usd == pytest.approx(float(exact))


def test_the_optimum_reports_the_same_bill() -> None:
    found = optimal_commitment(week())
    bill = cost_of(week(), found.commitment)
    assert bill.total_usd == pytest.approx(found.cost_usd, abs=1e-9)
    assert bill.utilisation == pytest.approx(found.utilisation)
    assert bill.coverage == pytest.approx(found.coverage)


def test_usage_elsewhere_is_billed_by_its_discount() -> None:
    other = OtherUsage(usd_per_hour=np.array([1.0, 4.0]), discount=0.25)
    bill = cost_of([line("a", [1, 1], 1.0, 0.9)], 1.5, other_usage=[other])
    elsewhere = bill.lines[1]
    assert elsewhere.covered_hours == pytest.approx(1.0 + 2.0)
    assert elsewhere.on_demand_usd == pytest.approx(2.0)
    assert bill.total_usd == pytest.approx(2 * 1.5 + (1 - 0.75 / 0.9) + 2.0 + 1.0)


@pytest.mark.parametrize(
    ("hours", "on_demand", "rate", "message"),
    [
        ([1.0, -1.0], 1.0, 0.5, "a: hours: not finite and at least 0, got -1.0; give the hours"),
        ([float("nan")], 1.0, 0.5, "a: hours: not finite and at least 0, got nan; give"),
        ([], 1.0, 0.5, "a: hours: not one number for each clock hour, got (0,); give an array"),
        ([1.0], 0.0, None, "a: on_demand: not a price, got 0.0; give USD per instance-hour"),
        ([1.0], 1.0, 0.0, "a: plan_rate: not a price, got 0.0; give USD per instance-hour"),
        ([1.0], 1.0, 1.1, "a: plan_rate: above the rate on demand of 1.0, got 1.1; give both"),
    ],
)
def test_fails_on_a_line_without_meaning(
    hours: list[float], on_demand: float, rate: float | None, message: str
) -> None:
    with pytest.raises(InputError) as raised:
        line("a", hours, on_demand, rate)
    assert str(raised.value).startswith(f"usage line {message}")


def test_fails_on_other_usage_without_meaning() -> None:
    with pytest.raises(InputError, match="discount: not a discount, got 1; give a share"):
        OtherUsage(usd_per_hour=1.0, discount=1)
    with pytest.raises(InputError, match="usd_per_hour: not finite and at least 0"):
        OtherUsage(usd_per_hour=-1.0)


def test_a_line_is_frozen() -> None:
    with pytest.raises(AttributeError):
        line("a", [1], 1.0, 0.5).on_demand = 2.0
    assert isinstance(line("a", [1], 1.0, 0.5), UsageLine)
