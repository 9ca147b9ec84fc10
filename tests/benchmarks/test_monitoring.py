"""The rates of the monitoring page, on few seeds: they must be what the page says, roughly."""

from collections import Counter

import pytest
from benchmarks.monitoring import BEGIN, END, PAGE, PYTHON, interval, trials
from tests_support import ROOT

DETECTED = {"data_drift": 0.95, "quality": 0.8, "fairness": 0.9, "prediction_drift": 0.5}
"""Least share of the shifted trials that each check must find; the page has about 0.1 more."""


@pytest.mark.heavy
@pytest.mark.skipif(not PYTHON.exists(), reason="Evidently is not installed: run make environments")
def test_shifts_are_found_and_alarms_without_one_are_rare() -> None:
    found = trials(8, ("breast cancer", "diabetes"))
    runs: Counter[tuple[str, bool]] = Counter()
    alarms: Counter[tuple[str, bool]] = Counter()
    for row in found:
        key = (row["check"], row["shift"] == "nothing")
        runs[key] += row["runs"]
        alarms[key] += row["alarms"]
    for check, least in DETECTED.items():
        assert alarms[check, False] >= least * runs[check, False], check
    quiet = sum(count for (_, nothing), count in alarms.items() if nothing)
    total = sum(count for (_, nothing), count in runs.items() if nothing)
    assert total >= 80
    assert quiet <= 0.05 * total


def test_the_interval_is_wilsons() -> None:
    # (10, 100): R's binom.confint(10, 100, methods="wilson")
    assert interval(10, 100) == pytest.approx((0.0552, 0.1744), abs=5e-4)
    assert interval(0, 50)[0] == 0


def test_the_page_holds_the_table() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    table = text.partition(BEGIN)[2].partition(END)[0]
    assert "| data_drift | iris | nothing |" in table
