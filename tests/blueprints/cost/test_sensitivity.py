from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from commitment_cases import STEP, Case, line, random_case, week

from groundplan.blueprints.cost import (
    UsageLine,
    curve,
    no_regret_commitment,
    optimal_commitment,
    search,
    sensitivity,
)
from groundplan.blueprints.errors import InputError

DROPS = (0.0, 0.25, 0.5)


def scaled(case: Case) -> list[Fraction]:
    return [1 - Fraction(drop) for drop in DROPS]


def candidates(case: Case) -> list[Fraction]:
    """Next to all kinks of all drops, and an even grid over what any hour can use and beyond."""
    kinks = {kink for scale in scaled(case) for kink in case.kinks(scale)}
    top = max(kinks) * 2 + 1
    sold: list[Fraction] = case.sold(kinks | {top * n / 150 for n in range(151)})
    return sold


@pytest.mark.parametrize("seed", range(40))
def test_equal_to_brute_force(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bins = (4096, 7, 2)[seed % 3]
    monkeypatch.setattr(curve, "BINS", bins)
    monkeypatch.setattr(search, "BINS", bins)
    case = random_case(seed)
    start = Fraction(sum(case.existing), 1000)
    sold = candidates(case)
    bills = [[case.bill(start + one, scale) for one in sold] for scale in scaled(case)]
    nothing = [case.bill(start, scale) for scale in scaled(case)]
    best = [case.best(scale)[0] for scale in scaled(case)]
    savings = [
        min(n - b for n, b in zip(nothing, at, strict=True)) for at in zip(*bills, strict=True)
    ]
    regrets = [max(b - n for n, b in zip(best, at, strict=True)) for at in zip(*bills, strict=True)]
    found = no_regret_commitment(
        case.lines(), DROPS, existing=case.bought(), other_usage=case.other()
    )

    def lowest_saving(commitment: Fraction) -> Fraction:
        bills = [case.bill(start + commitment, scale) for scale in scaled(case)]
        return min((n - b for n, b in zip(nothing, bills, strict=True)), default=Fraction(0))

    # Never beaten, and what is reported is what the commitment does.
    assert found.maximin_saving_usd >= float(max(savings)) - 1e-9
    assert float(lowest_saving(Fraction(found.maximin))) == pytest.approx(
        found.maximin_saving_usd, abs=1e-9
    )
    assert found.minimax_regret_usd <= float(min(regrets)) + 1e-9
    at_regret = [
        case.bill(start + Fraction(found.minimax_regret), scale) - low
        for scale, low in zip(scaled(case), best, strict=True)
    ]
    assert float(max(at_regret)) == pytest.approx(found.minimax_regret_usd, abs=1e-9)
    # It stands, one step more does not, and nothing above it does.
    assert lowest_saving(Fraction(found.break_even)) >= 0
    assert lowest_saving(max(Fraction(found.break_even) + STEP, 100 * STEP)) < 0
    free = [one for one, saving in zip(sold, savings, strict=True) if saving >= 0]
    assert max(free) <= Fraction(found.break_even)


def test_the_saving_falls_with_demand() -> None:
    found = optimal_commitment(week())
    drops = sensitivity(week(), found.commitment)
    assert [one.drop for one in drops] == [0.1, 0.2, 0.3, 0.4, 0.5]
    savings = [one.result.savings_usd for one in drops]
    assert found.savings_usd > savings[0]
    assert savings == sorted(savings, reverse=True)
    assert all(one.regret_usd > 0 for one in drops if one.best != found.commitment)


def test_no_drop_changes_nothing() -> None:
    found = optimal_commitment(week())
    [same] = sensitivity(week(), found.commitment, [0.0])
    assert same.result.cost_usd == pytest.approx(found.cost_usd)
    assert same.best == found.commitment
    assert same.regret_usd == pytest.approx(0)


def test_constant_usage_by_hand() -> None:
    """1 USD an hour at 40 % off: at half of the demand 0.5 USD is the most that loses nothing."""
    found = no_regret_commitment([line("a", [10] * 4, 0.1, 0.06)], [0.5])
    assert found.break_even == Decimal("0.50000")
    assert found.maximin == Decimal("0.30000")
    assert found.maximin_saving_usd == pytest.approx(4 * 0.2)
    # At 0.3 + x: regret x without the discount when demand fell, (0.3 - x) (1/0.6 - 1) when not.
    assert float(found.minimax_regret) == pytest.approx(0.3 + 0.3 * 0.4, abs=1e-5)
    assert found.drops == (0.0, 0.5)


def test_minimum_instances_hold_usage_up() -> None:
    def resized(drop: float) -> Sequence[UsageLine]:
        return [line("a", np.maximum(2, np.array([4, 8]) * (1 - drop)).tolist(), 1.0, 0.5)]

    usage = [line("a", [4, 8], 1.0, 0.5)]
    proportional = no_regret_commitment(usage, [0.9])
    assert no_regret_commitment(usage, [0.9], resize=resized).break_even > proportional.break_even


def test_fails_on_a_drop_that_is_none() -> None:
    with pytest.raises(InputError) as raised:
        sensitivity(week(), Decimal(1), [1.0])
    assert str(raised.value) == (
        "drops: not a drop of demand, got 1.0; give shares from 0 to below 1"
    )
    with pytest.raises(InputError, match="resize: not the 168 clock hours of the lines, got 1"):
        sensitivity(week(), Decimal(1), resize=lambda drop: [line("a", [1], 1.0, 0.5)])
