"""Commitments over several specs, worked out by hand."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cost_cases import cost_of_spec, document, price_file

from groundplan.blueprints.cost.picture import picture, week_of
from groundplan.blueprints.cost.report import CostReport, cost_report, to_json
from groundplan.blueprints.errors import InputError


def report(prices: Path, *plans: dict[str, Any] | None) -> CostReport:
    """Return the report of projects of two instances of 0.10 USD each, with these preferences."""
    costs = []
    for index, plan in enumerate(plans):
        cost = {} if plan is None else {"savings_plan": plan}
        costs.append(cost_of_spec(document(f"shop-{index}", cost=cost), prices))
    return cost_report(costs)


def test_an_assumed_discount_commits_to_what_always_runs(tmp_path: Path) -> None:
    pool = report(price_file(tmp_path), {"assumed_discount": 0.25}).pools[0]
    assert pool.result.commitment == Decimal("0.15000")
    assert pool.result.assumed
    assert pool.saved(pool.best) == Decimal("36.50")


def test_known_rates_come_before_assumed_ones(tmp_path: Path) -> None:
    rates = (
        "ml.m5.large,hosting,ca-central-1,1,no_upfront,0.07",
        "ml.m5.large,hosting,ca-central-1,3,all_upfront,0.05",
    )
    pool = report(price_file(tmp_path, rates=rates), {"assumed_discount": 0.25}).pools[0]
    assert pool.result.commitment == Decimal("0.14000")
    assert not pool.result.assumed
    assert [
        (offering.term_years, offering.payment, found.commitment)
        for offering, found in pool.offerings
    ] == [(3, "all_upfront", Decimal("0.10000")), (1, "no_upfront", Decimal("0.14000"))]


def test_projects_of_an_organisation_share_a_plan(tmp_path: Path) -> None:
    found = report(price_file(tmp_path), {"assumed_discount": 0.25}, None)
    assert [pool.projects for pool in found.pools] == [("shop-0", "shop-1")]
    assert found.pools[0].result.commitment == Decimal("0.30000")


def test_a_project_may_have_a_plan_of_its_own(tmp_path: Path) -> None:
    own = {"assumed_discount": 0.25, "pool": "project"}
    found = report(price_file(tmp_path), own, {"assumed_discount": 0.5})
    assert [(pool.name, pool.result.commitment) for pool in found.pools] == [
        ("shop-0", Decimal("0.15000")),
        ("acme", Decimal("0.10000")),
    ]


def test_projects_that_share_a_plan_must_agree(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        report(price_file(tmp_path), {"assumed_discount": 0.25}, {"assumed_discount": 0.3})
    assert str(caught.value) == (
        "shop-1: cost.savings_plan.assumed_discount: acme shares one Savings Plan, of which shop-0 "
        "says 0.25, got 0.3; say the same in both, or 'pool: project'"
    )


def test_a_bought_commitment_counts_once_and_saves(tmp_path: Path) -> None:
    bought = {"assumed_discount": 0.25, "commitment_usd_per_hour": 0.15}
    found = report(price_file(tmp_path), bought, bought)
    pool = found.pools[0]
    assert pool.existing == Decimal("0.15")
    assert pool.result.commitment == Decimal("0.15000")  # the other project's
    assert found.saved == Decimal("36.50")
    assert found.saved_by("shop-0") + found.saved_by("shop-1") == Decimal("36.50")


def test_without_rates_nothing_is_computed(tmp_path: Path) -> None:
    pool = report(price_file(tmp_path), {"commitment_usd_per_hour": 1}).pools[0]
    assert pool.result.commitment == 0
    assert pool.offerings == ()
    assert pool.saved(pool.bill) == 0
    assert pool.unrated == ("ml.m5.large hosting ca-central-1",)


def test_warns_where_a_bought_commitment_is_not_used(tmp_path: Path) -> None:
    pool = report(
        price_file(tmp_path), {"assumed_discount": 0.25, "commitment_usd_per_hour": 0.3}
    ).pools[0]
    assert pool.warnings == (
        "cost.savings_plan.min_utilisation: utilisation is below 90%, got 50.0%",
    )


def test_the_picture_shows_the_money_of_a_week(tmp_path: Path) -> None:
    found = report(price_file(tmp_path), {"assumed_discount": 0.25})
    week = week_of(found)
    assert week.covered.sum() == pytest.approx(0.15 * 168)
    assert week.on_demand.sum() == pytest.approx(0, abs=1e-9)
    assert week.commitment == pytest.approx(0.15)
    text = picture(found)
    assert "commitment: 0.15000 USD an hour" in text
    assert "(ASSUMED rates)" in text
    assert "prefers-color-scheme: dark" in text
    assert text == picture(report(price_file(tmp_path), {"assumed_discount": 0.25}))


def test_json_carries_the_label_of_an_assumption(tmp_path: Path) -> None:
    found = to_json(report(price_file(tmp_path), {"assumed_discount": 0.25}))
    plan = found["savings_plans"][0]
    assert (plan["assumed"], plan["assumed_discount"]) == (True, 0.25)
    assert plan["commitment_usd_per_hour"] == "0.15000"
    assert plan["saving_usd_per_month"] == "36.50"
    assert found["usd_per_month"] == "151.80"
