import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from commitment_cases import STEP, Case, Item, line, random_case
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import lil_matrix

from groundplan.blueprints.cost import (
    Offering,
    OtherUsage,
    UsageLine,
    cost_of,
    curve,
    no_regret_commitment,
    optimal_by_offering,
    optimal_commitment,
    search,
)
from groundplan.blueprints.errors import InputError


def check(case: Case) -> None:
    found = optimal_commitment(case.lines(), existing=case.bought(), other_usage=case.other())
    low, smallest, largest = case.best()
    assert Fraction(found.commitment) == smallest
    assert tuple(map(Fraction, found.interval)) == (smallest, largest)
    assert found.cost_usd == pytest.approx(float(low), abs=1e-9)
    existing = Fraction(sum(case.existing), 1000)
    assert found.without_usd == pytest.approx(float(case.bill(existing)), abs=1e-9)
    assert found.savings_usd == pytest.approx(found.without_usd - found.cost_usd, abs=1e-12)


@pytest.mark.parametrize(("block", "bins"), [(0, 4096), (1, 7), (2, 3), (3, 1)])
def test_equal_to_brute_force_over_all_kinks(
    block: int, bins: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2,000 cases: ties, owners who save less, existing commitments, usage elsewhere.

    With few bins each of them holds many kinks, as it does in a year of many endpoints.
    """
    monkeypatch.setattr(curve, "BINS", bins)
    monkeypatch.setattr(search, "BINS", bins)
    for seed in range(block * 500, block * 500 + 500):
        check(random_case(seed))


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_a_scan_of_sorted_kinks_on_a_larger_pool(seed: int) -> None:
    """24,000 kinks, half of the lines the owner's, whatever they save."""
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(40):
        on_demand = float(rng.uniform(0.1, 4))
        hours = rng.integers(0, 6, 600) * (rng.uniform(size=600) < rng.uniform(0.2, 1))
        rate = on_demand * float(rng.uniform(0.3, 0.99))
        lines.append(line(f"l{number}", hours, on_demand, rate, owner=number % 2 == 0))

    def order(one: UsageLine) -> tuple[bool, float]:
        return not one.owner, (one.plan_rate or 0) / one.on_demand

    reach, kinks, slopes = np.zeros(600), [], []
    ranked = sorted(lines, key=order)
    ratios = [one.on_demand / (one.plan_rate or 1) for one in ranked]
    for one, ratio, following in zip(ranked, ratios, [*ratios[1:], 0.0], strict=True):
        reach = reach + one.hours * (one.plan_rate or 0)
        kinks.append(reach)
        slopes.append(np.full(600, ratio - following))
    place = np.concatenate([np.zeros(1), *kinks])
    change = np.concatenate([[600 * (1 - ratios[0])], *slopes])
    by = np.argsort(place, kind="stable")
    bill = np.cumsum(np.cumsum(change[by])[:-1] * np.diff(place[by]))
    found = optimal_commitment(lines)
    lowest = min(0.0, float(bill.min()))
    assert found.cost_usd - found.on_demand_usd == pytest.approx(lowest, abs=0.02)
    assert found.cost_usd - found.on_demand_usd >= lowest - 1e-6
    best = float(place[by][1:][int(bill.argmin())])
    assert float(found.commitment) == pytest.approx(best, abs=1e-4)


items = st.builds(
    Item,
    hours=st.tuples(*[st.integers(0, 5)] * 4),
    on_demand=st.integers(50, 400),
    plan_rate=st.integers(1, 50),
    owner=st.booleans(),
)


@given(
    st.lists(items, min_size=1, max_size=4),
    st.lists(st.integers(0, 500), max_size=2),
    st.tuples(*[st.integers(0, 3)] * 4),
)
@settings(max_examples=150, deadline=None)
def test_equal_to_brute_force_on_any_pool(
    pool: list[Item], existing: list[int], rest: tuple[int, ...]
) -> None:
    check(Case(tuple(pool), tuple(existing), rest))


def test_no_commitment_on_a_random_grid_is_cheaper() -> None:
    for seed in range(100):
        case, rng = random_case(seed), random.Random(seed)
        found = optimal_commitment(case.lines(), existing=case.bought(), other_usage=case.other())
        start = Fraction(sum(case.existing), 1000)
        top = int(max(case.kinks()) / STEP) + 200
        for _ in range(10):
            other = rng.randint(100, top) * STEP
            assert found.cost_usd <= float(case.bill(start + other)) + 1e-9


def test_equal_to_a_linear_program() -> None:
    """1,000 cases without owners, fifty of them in one block-diagonal program."""
    for start in range(0, 1000, 50):
        cases = [random_case(seed, convex=True) for seed in range(start, start + 50)]
        sizes = [1 + len(c.items) * len(c.rest) for c in cases]
        objective, upper = np.zeros(sum(sizes)), np.full(sum(sizes), np.inf)
        rows = lil_matrix((sum(len(c.rest) for c in cases), sum(sizes)))
        limits, constants, column, row = [], [], 0, 0
        for case in cases:
            length = len(case.rest)
            objective[column] = length  # the commitment, then the instance-hours it covers
            constants.append(sum(case.rest) / 2)
            for hour in range(length):
                rows[row, column] = -1
                limits.append(sum(case.existing) / 1000)
                for n, item in enumerate(case.items):
                    place = column + 1 + n * length + hour
                    rows[row, place] = item.plan_rate / 1000
                    objective[place], upper[place] = -item.on_demand / 1000, item.hours[hour]
                    constants[-1] += item.hours[hour] * item.on_demand / 1000
                row += 1
            constants[-1] += sum(case.existing) / 1000 * length
            column += 1 + len(case.items) * length
        bounds = np.column_stack([np.zeros(sum(sizes)), upper])
        solved = linprog(objective, A_ub=rows.tocsr(), b_ub=limits, bounds=bounds)
        parts = np.split(objective * solved.x, np.cumsum(sizes)[:-1])
        for case, part, constant in zip(cases, parts, constants, strict=True):
            found = optimal_commitment(case.lines(), existing=case.bought())
            assert found.cost_usd == pytest.approx(part.sum() + constant, abs=1e-6)


def test_constant_usage_is_covered_whole() -> None:
    found = optimal_commitment([line("prod/fraud", [2] * 168, 0.276, 0.201)])
    assert found.commitment == Decimal("0.40200")
    assert round(found.cost_usd, 2) == round(0.402 * 168, 2)
    assert round(found.savings_usd, 2) == round((0.552 - 0.402) * 168, 2)
    assert (found.utilisation, found.coverage) == (1.0, 1.0)
    assert str(found.commitment) == "0.40200"


def test_a_flat_bill_gives_the_smallest_and_the_whole_interval() -> None:
    """Half of the hours at half the price: between the two uses nothing changes."""
    found = optimal_commitment([line("a", [1, 1, 3, 3], 0.2, 0.1)])
    assert found.interval == (Decimal("0.1"), Decimal("0.3"))
    assert found.commitment == Decimal("0.1")


def test_of_two_commitments_with_one_bill_the_smaller_stands_alone() -> None:
    """Between them the commitment goes to usage whose bill does not count."""
    lines = [line("owner", [1], 1.0, 0.5, owner=True), line("other", [1], 1.0, 0.5)]
    taken = OtherUsage(usd_per_hour=1.25, discount=0.6, counted=False)
    found = optimal_commitment(lines, other_usage=[taken])
    assert found.interval == (Decimal("0.5"), Decimal("0.5"))
    assert cost_of(lines, 1.5, other_usage=[taken]).total_usd == pytest.approx(found.cost_usd)


def test_an_optimum_between_two_commitments_that_are_sold() -> None:
    """The need of 0.1234567 USD is rounded to the side that costs less."""
    rate = 0.1234567
    up = optimal_commitment([line("a", [1] * 4, 1.0, rate)])
    assert up.commitment == Decimal("0.12346")
    down = optimal_commitment([line("a", [1] * 4, 0.13, rate)])
    assert down.commitment == Decimal("0.12345")
    for commitment in ("0.12345", "0.12346"):
        bill = cost_of([line("a", [1] * 4, 0.13, rate)], Decimal(commitment))
        assert down.cost_usd <= bill.total_usd + 1e-12


def test_the_owner_comes_first_even_where_it_saves_less() -> None:
    """Covering the owner's 10 % pays only together with the other account's 60 %."""
    lines = [
        line("owner", [1, 1, 1, 0], 1.0, 0.9, owner=True),
        line("other", [1, 1, 1, 0], 2.0, 0.8),
    ]
    found = optimal_commitment(lines)
    # One hour of four is empty: the owner alone would lose 4 x 0.9 - 3 x 1.0 = 0.6 USD.
    assert cost_of(lines, Decimal("0.9")).total_usd > found.on_demand_usd
    assert found.commitment == Decimal("1.70000")
    assert found.cost_usd == pytest.approx(4 * 1.7)
    swapped = [
        line("owner", [1, 1, 1, 0], 1.0, 0.9),
        line("other", [1, 1, 1, 0], 2.0, 0.8, owner=True),
    ]
    assert optimal_commitment(swapped).commitment == Decimal("0.80000")


def test_existing_commitments_are_used_first_and_paid_anyway() -> None:
    usage = [line("a", [10] * 5, 0.2, 0.1)]
    found = optimal_commitment(usage, existing=[Decimal("0.3"), 0.25])
    assert found.commitment == Decimal("0.45")
    assert found.without_usd == pytest.approx(5 * (0.55 + 0.9))
    assert found.cost_usd == pytest.approx(5 * 1.0)
    assert optimal_commitment(usage, existing=[7]).commitment == 0
    assert optimal_commitment(usage, existing=[7]).utilisation == pytest.approx(1 / 7)


def test_usage_elsewhere_takes_the_commitment_first_where_it_saves_more() -> None:
    usage = [line("a", [1, 1], 1.0, 0.8)]
    higher = OtherUsage(usd_per_hour=2.0, discount=0.5)
    lower = OtherUsage(usd_per_hour=2.0, discount=0.1)
    assert cost_of(usage, 1.0, other_usage=[higher]).lines[0].covered_hours == 0
    assert cost_of(usage, 0.8, other_usage=[lower]).lines[0].covered_hours == pytest.approx(2)
    assert optimal_commitment(usage, other_usage=[higher]).commitment == Decimal("1.80000")


def test_usage_elsewhere_of_unknown_saving_is_passed_before_anything_is_saved() -> None:
    usage = [line("a", [1, 1], 1.0, 0.5)]
    found = optimal_commitment(usage, other_usage=[OtherUsage(usd_per_hour=3.0)])
    assert found.commitment == Decimal("3.50000")
    assert found.savings_usd == pytest.approx(1.0)
    alone = OtherUsage(usd_per_hour=3.0, counted=False)
    assert optimal_commitment(usage, other_usage=[alone]).commitment == 0


def test_spot_is_never_covered_and_always_paid() -> None:
    found = optimal_commitment([line("spot", [3, 0], 0.1, None), line("a", [0, 0], 0.2, 0.1)])
    assert found.commitment == 0
    assert found.coverage == 0
    assert found.cost_usd == pytest.approx(0.3)


@pytest.mark.parametrize("bought", [(), (0.5,)])
def test_without_any_plan_rate_nothing_is_committed(bought: tuple[float, ...]) -> None:
    found = optimal_commitment([line("prod", [2, 1], 0.2, None)], existing=bought)
    assert found.commitment == 0
    assert found.interval == (Decimal(0), Decimal(0))
    assert (found.savings_usd, found.coverage) == (0, 0)
    assert found.on_demand_usd == pytest.approx(0.6)
    assert found.cost_usd == pytest.approx(0.6 + 2 * sum(bought))
    assert found.cost_usd == found.without_usd
    stood = no_regret_commitment([line("prod", [2, 1], 0.2, None)], existing=bought)
    assert not any((stood.break_even, stood.maximin, stood.minimax_regret))


def test_the_smallest_and_the_largest_commitment() -> None:
    tiny = [line("a", [1, 1], 0.0012, 0.0006)]
    assert optimal_commitment(tiny).commitment == Decimal("0.00100")
    assert optimal_commitment([line("a", [1, 1], 0.0012, 0.0009)]).commitment == Decimal("0.00100")
    assert optimal_commitment([line("a", [1, 1], 0.0005, 0.0004)]).commitment == 0
    huge = optimal_commitment([line("a", [3_000_000, 3_000_000], 2.0, 1.0)])
    assert huge.commitment == 1_000_000


def test_pooling_covers_more_than_apart() -> None:
    day, night = [4, 4, 0, 0], [0, 0, 4, 4]
    together = optimal_commitment([line("a", day, 0.2, 0.12), line("b", night, 0.2, 0.12)])
    assert together.commitment == Decimal("0.48000")
    assert optimal_commitment([line("a", day, 0.2, 0.12)]).commitment == 0


def test_the_order_of_the_lines_changes_nothing() -> None:
    for seed in range(20):
        case = random_case(seed)
        lines = case.lines()
        first = optimal_commitment(lines, other_usage=case.other())
        random.Random(seed).shuffle(lines)
        assert optimal_commitment(lines, other_usage=case.other()[::-1]) == first


def test_assumed_discounts_are_flagged() -> None:
    known, assumed = line("a", [1], 1.0, 0.5), line("b", [1], 1.0, 0.5, assumed=True)
    assert not optimal_commitment([known]).assumed
    assert optimal_commitment([known, assumed]).assumed
    assert [bill.assumed for bill in cost_of([known, assumed], 1).lines] == [False, True]


def test_coarse_steps_are_exact_too() -> None:
    usage = [line("a", [1, 2, 2, 5, 9], 0.37, 0.21)]
    found = optimal_commitment(usage, granularity=Decimal("0.25"))
    bills = {Decimal("0.25") * n: cost_of(usage, Decimal("0.25") * n).total_usd for n in range(9)}
    assert found.commitment == min(bills, key=lambda one: (round(bills[one], 9), one))


def test_offerings_are_compared_by_their_bills() -> None:
    def usage(rate: float) -> list[UsageLine]:
        return [line("a", [1] * 4, 1.0, rate)]

    one, three = Offering(1, "no_upfront"), Offering(3, "all_upfront")
    later = Offering(3, "no_upfront")
    found = optimal_by_offering({later: usage(0.6), one: usage(0.7), three: usage(0.6)})
    assert [offering for offering, _ in found] == [later, three, one]
    assert [result.commitment for _, result in found] == [
        Decimal("0.6"), Decimal("0.6"), Decimal("0.7"),
    ]  # fmt: skip


def test_fails_on_lines_that_do_not_fit_together() -> None:
    with pytest.raises(InputError) as short:
        optimal_commitment([line("a", [1, 1], 1.0, 0.5), line("b", [1], 1.0, 0.5)])
    assert str(short.value) == (
        "usage line b: hours: not the 2 clock hours of a, got 1; "
        "give every line the same hours, a week (168) or a year (8760)"
    )
    with pytest.raises(InputError, match="two lines with one id, got 'a'"):
        optimal_commitment([line("a", [1], 1.0, 0.5), line("a", [1], 1.0, 0.5)])
    with pytest.raises(InputError, match="no usage line"):
        optimal_commitment([])
    with pytest.raises(InputError, match="existing commitments: not a commitment, got -1"):
        optimal_commitment([line("a", [1], 1.0, 0.5)], existing=[-1])
    with pytest.raises(InputError, match="granularity: not a step"):
        optimal_commitment([line("a", [1], 1.0, 0.5)], granularity=Decimal("0.000001"))
    with pytest.raises(InputError, match="not the 2 clock hours of the lines, got 3"):
        other = OtherUsage(usd_per_hour=np.ones(3))
        optimal_commitment([line("a", [1, 1], 1.0, 0.5)], other_usage=[other])
