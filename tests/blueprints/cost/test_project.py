"""What a project costs, worked out by hand."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cost_cases import cost_of_spec, document, price_file, spec_of, usd
from hypothesis import given, settings
from hypothesis import strategies as st

from groundplan.blueprints.catalogue.price_book import PriceBook, price_book
from groundplan.blueprints.cost.project import project_cost
from groundplan.blueprints.plan import plan
from groundplan.blueprints.plan.context import Context
from groundplan.blueprints.plan.serving import sized_serving

WEEKLY = {"kind": "schedule", "cron": "0 3 * * MON"}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> PriceBook:
    return price_book(price_file(tmp_path_factory.mktemp("prices")))


def trained(**usage: Any) -> dict[str, Any]:
    cost: dict[str, Any] = {"usage": {"demand": usage}} if usage else {}
    data: dict[str, Any] = document(pipelines={"triggers": [WEEKLY]}, cost=cost)
    return data


def test_a_month_to_the_cent(book: PriceBook) -> None:
    cost = cost_of_spec(document(), book)
    # 2 instances of 0.10 for 730 hours, 5 keys of 1.00, 8 alarms of 0.10
    assert usd(cost, "shop/prod/demand/endpoint") == (Decimal("146.00"), Decimal("146.00"))
    assert cost.total.least == cost.total.most == Decimal("151.80")
    assert cost.total.complete
    source = next(line.price for line in cost.lines if line.kind == "endpoint")
    assert source is not None
    assert (source.source, source.date, source.confidence) == ("by hand", "2026-11", "high")


def test_interface_endpoints_are_paid_in_each_zone(book: PriceBook) -> None:
    data = document(network={"mode": "isolated", "zones": 3})
    # 8 services in 3 zones for 730 hours of 0.011
    assert usd(cost_of_spec(data, book), "shop/prod/interface-endpoints")[0] == Decimal("192.72")


def test_an_endpoint_that_scales_is_between_its_bounds(book: PriceBook) -> None:
    data = document()
    data["models"][0]["serving"]["instances"] = {
        "min": 2,
        "max": 5,
        "target_invocations_per_minute": 600,
    }
    found = usd(cost_of_spec(data, book), "shop/prod/demand/endpoint")
    assert found == (Decimal("146.00"), Decimal("365.00"))


def test_an_endpoint_with_traffic_costs_what_the_plan_sizes(book: PriceBook) -> None:
    data = document()
    serving = data["models"][0]["serving"]
    del serving["instances"]
    serving |= {
        "traffic": {"base_rps": 5, "peak_rps": 400, "peak_hours": [9, 10, 11]},
        "service_time_ms": {"mean": 20},
        "latency": {"max_ms": 200},
    }
    spec = spec_of(data)
    cost = project_cost(spec, plan(spec), book)
    sized = sized_serving(Context(spec), spec.environments[0], spec.models[0]).endpoint
    line = next(line for line in cost.lines if line.kind == "endpoint")
    hours = float(sized.counts.sum()) + sized.lag_instance_hours
    assert line.least == line.most
    assert float(line.least) == pytest.approx(hours * 730 / 168, abs=5e-4)
    assert sized.counts.max() > 2


def test_training_that_is_stated(book: PriceBook) -> None:
    data = trained(
        training_runs_per_month=4, training_hours=1.5, on_demand_share=0.25, evaluation_hours=0.5
    )
    data["cost"]["assumed_spot_saving"] = 0.5
    cost = cost_of_spec(data, book)
    # 6 hours: 1.5 of 0.30 on demand and 4.5 of 0.15 on spare capacity, 0.675 rounded up
    assert usd(cost, "shop/prod/demand/training") == (Decimal("0.45"), Decimal("0.45"))
    assert usd(cost, "shop/prod/demand/spot-training") == (Decimal("0.68"), Decimal("0.68"))
    # 30 GiB for 6 of 730 hours: 0.247 GiB-months of 0.15
    assert usd(cost, "shop/prod/demand/training-volume")[0] == Decimal("0.04")
    # 2 hours of 0.12
    assert usd(cost, "shop/prod/demand/checks") == (Decimal("0.24"), Decimal("0.24"))
    spot = next(line.price for line in cost.lines if line.kind == "spot_training")
    assert spot is not None
    assert spot.assumption == "ASSUMED: spare capacity saves 50%"


def test_training_without_a_word_about_it_is_bounded(book: PriceBook) -> None:
    cost = cost_of_spec(trained(), book)
    # 730 / 168 weeks of at most 2 hours: 8.690 instance-hours of 0.30
    assert usd(cost, "shop/prod/demand/spot-training") == (Decimal("0.00"), Decimal("2.61"))
    known = cost_of_spec(trained(training_runs_per_month=4, training_hours=2), book)
    # what spare capacity saves is not known, so 8 hours of 0.30 are a bound
    assert usd(known, "shop/prod/demand/spot-training") == (Decimal("0.00"), Decimal("2.40"))


def test_training_that_nothing_schedules_is_named(book: PriceBook) -> None:
    cost = cost_of_spec(document(), book)
    assert not any(line.kind == "spot_training" for line in cost.lines)
    assert [item.why for item in cost.not_counted if "training" in item.what] == [
        "no schedule says how often; say it in cost.usage.demand.training_runs_per_month"
    ]


def test_tuning_trains_each_of_its_jobs(book: PriceBook) -> None:
    data = trained(training_runs_per_month=2, training_hours=1)
    data["models"][0]["training"] |= {
        "spot": None,
        "tuning": {
            "objective": {"metric": "auc", "goal": "maximize"},
            "ranges": {"depth": {"min": 1, "max": 9}},
            "max_jobs": 10,
        },
    }
    # 2 runs of 10 jobs of 1 hour of 0.30
    assert usd(cost_of_spec(data, book), "shop/prod/demand/training")[0] == Decimal("6.00")


def test_missing_prices_make_a_lower_bound(tmp_path: Path) -> None:
    prices = price_file(tmp_path, without=("kms:key_month,service", "ml.m5.large,hosting"))
    cost = cost_of_spec(document(), prices)
    assert cost.total.least == Decimal("0.80")
    assert cost.total.missing == (
        ("instance-hour", Decimal("1460.000")),
        ("key-month", Decimal("5.000")),
    )
    assert not cost.total.complete


@settings(max_examples=12, deadline=None)
@given(counts=st.lists(st.integers(2, 40), min_size=1, max_size=3))
def test_cost_is_additive_over_environments(counts: list[int]) -> None:
    data = document(
        environments=[
            {
                "name": f"env{index}",
                "account": "main",
                "region": "ca-central-1",
                "trains": index == 0,
                "overrides": {"models": {"demand": {"instances": {"min": count}}}},
            }
            for index, count in enumerate(counts)
        ]
    )
    cost = cost_of_spec(data, price_book(HYPOTHESIS_PRICES))
    parts = cost.by_environment()
    assert sum(part.least for _, _, part in parts) == cost.total.least
    for index, count in enumerate(counts):
        alone = next(part for name, _, part in parts if name == f"env{index}")
        rest = sum(
            line.usd_least or Decimal(0)
            for line in cost.lines
            if line.environment == f"env{index}" and line.kind != "endpoint"
        )
        assert alone.least == count * Decimal("73.00") + rest


@pytest.fixture(scope="module", autouse=True)
def _prices(tmp_path_factory: pytest.TempPathFactory) -> None:
    global HYPOTHESIS_PRICES
    HYPOTHESIS_PRICES = price_file(tmp_path_factory.mktemp("additive"))


HYPOTHESIS_PRICES = Path()
