import math

import numpy as np
import pytest
from sizing_simulation import simulate, simulate_with_simpy

from groundplan.blueprints.plan.sizing.queueing import (
    erlang_c,
    exceedance,
    highest_utilisation,
    response_percentile,
    service_percentile,
)

TOO_LOW, TOO_HIGH = 0.08, 0.15
"""Stated error of a predicted percentile up to a coefficient of variation of 1 and 70 % utilisation."""


def test_erlang_c_is_the_known_probability() -> None:
    # One worker waits as often as it is busy; two at 0.75 wait with probability 9/14.
    assert erlang_c(1, np.array([0.0, 0.3])) == pytest.approx([0.0, 0.3])
    assert erlang_c(2, np.array([0.75])) == pytest.approx([9 / 14])


@pytest.mark.parametrize("cv", [0.0, 0.5, 1.0])
def test_an_idle_instance_takes_only_the_service_time(cv: float) -> None:
    assert response_percentile(cv, 99, 4, 1e-9) == pytest.approx(
        service_percentile(cv, 99), rel=0.002
    )


def test_the_share_of_late_requests_grows_with_the_load() -> None:
    late = exceedance(6.0, 0.8, 3, np.linspace(0, 0.99, 100))

    assert (np.diff(late) > -1e-12).all()
    assert late[-1] > 0.5


@pytest.mark.parametrize(
    ("cv", "workers", "utilisation"),
    [
        (cv, workers, utilisation)
        for cv in (0.3, 0.6, 1.0)
        for workers in (1, 4, 16)
        for utilisation in (0.4, 0.7)
    ],
)
def test_predicted_percentiles_are_those_of_a_simulation(
    cv: float, workers: int, utilisation: float
) -> None:
    taken = simulate(workers * utilisation, 1.0, cv, workers, count=250_000)

    for percentile in (95, 99):
        predicted = response_percentile(cv, percentile, workers, utilisation)
        simulated = float(np.percentile(taken, percentile))
        assert 1 - TOO_LOW < predicted / simulated < 1 + TOO_HIGH, (
            percentile,
            predicted,
            simulated,
        )


@pytest.mark.parametrize(("cv", "low", "high"), [(0.0, 0.05, 0.2), (2.0, 0.05, 0.35)])
def test_beyond_that_the_99th_percentile_errs_to_the_safe_side(
    cv: float, low: float, high: float
) -> None:
    taken = simulate(0.5, 1.0, cv, 1, count=250_000)

    ratio = response_percentile(cv, 99, 1, 0.5) / float(np.percentile(taken, 99))

    assert 1 - low < ratio < 1 + high


def test_two_simulators_agree() -> None:
    ours = simulate(2.1, 1.0, 0.6, 3, count=60_000)
    other = simulate_with_simpy(2.1, 1.0, 0.6, 3, count=60_000)

    for percentile in (50, 95, 99):
        assert float(np.percentile(ours, percentile)) == pytest.approx(
            float(np.percentile(other, percentile)), rel=0.05
        )


def test_the_highest_utilisation_just_meets_the_target() -> None:
    found = highest_utilisation(5.0, 0.6, 99.0, 2)

    assert response_percentile(0.6, 99, 2, found) <= 5.0 * 1.001
    assert response_percentile(0.6, 99, 2, found + 0.01) > 5.0


def test_nothing_is_carried_where_the_service_alone_is_too_long() -> None:
    assert highest_utilisation(1.0, 0.6, 99.0, 2) == 0.0
    assert highest_utilisation(0.99, 0.0, 99.0, 2) == 0.0
    assert not math.isnan(highest_utilisation(1.01, 0.0, 99.0, 2))
