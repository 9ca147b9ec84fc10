"""Other ways to serve an endpoint, priced by hand."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from cost_cases import cost_of_spec, document, price_file, usd
from tests_support import example_spec

from groundplan.blueprints.catalogue.price_book import PriceBook, price_book
from groundplan.blueprints.cost.alternatives import Way, endpoint_ways
from groundplan.blueprints.cost.project import ProjectCost, project_cost
from groundplan.blueprints.plan import plan

RATES = (
    "ml.m5.large,batch_transform,ca-central-1,,,0.05",
    "ml.m5.large,asynchronous,ca-central-1,,,0.12",
)
EVENING = [2.0 if hour % 24 == 18 else 0.0 for hour in range(168)]


def evening(**serving: Any) -> dict[str, Any]:
    """Return a project with two requests a second in one hour a day, of 50 ms each."""
    data: dict[str, Any] = document()
    data["models"][0]["serving"] = {
        "instance": "ml.m5.large",
        "traffic": {"rps": EVENING},
        "service_time_ms": {"mean": 50, "cv": 0.5},
        "latency": {"max_ms": 400},
        **serving,
    }
    return data


def ways(cost: ProjectCost) -> dict[str, Way]:
    (found,) = endpoint_ways(cost)
    assert [way.usd is None for way in found.ways] == sorted(way.usd is None for way in found.ways)
    known = [way.usd for way in found.ways if way.usd is not None]
    assert known == sorted(known)
    return {way.kind: way for way in found.ways}


def test_each_way_is_priced_to_the_cent(tmp_path: Path) -> None:
    cost = cost_of_spec(evening(), price_file(tmp_path, rates=RATES))
    found = ways(cost)

    # Two instances all the time: 1,460 instance-hours at 0.10, as the endpoint's own line says.
    assert found["realtime"].usd == Decimal("146.00")
    assert usd(cost, "shop/prod/demand/endpoint") == (Decimal("146.00"), Decimal("146.00"))
    # 7 x 7,200 requests of 50 ms, and seven starts of 300 s, are 1.28333 hours a week.
    assert (found["batch"].quantity, found["batch"].usd) == (Decimal("5.576"), Decimal("0.28"))
    # One instance for an hour and a start a day: 7.58333 hours a week at 0.12.
    assert found["asynchronous"].quantity == Decimal("32.951")
    assert found["asynchronous"].usd == Decimal("3.95")
    # Two for an hour, and a quarter of an hour until they are found idle: 17.5 hours a week.
    assert found["scale_to_zero"].usd == Decimal("7.60")
    assert found["scale_to_zero"].note == "8.35% of the requests fail while it wakes"
    # 2,520 s a week with 6 GiB; what a GiB-second costs is not known.
    assert found["serverless"].quantity == Decimal("65700.000")
    assert found["serverless"].usd is None
    assert found["serverless"].missing == "memory of a serverless endpoint"
    deployed = [way.kind for way in found.values() if way.deployed]
    assert deployed == ["batch", "scale_to_zero", "realtime"]


def test_a_way_without_a_price_is_named_and_has_none(tmp_path: Path) -> None:
    found = ways(cost_of_spec(evening(), price_file(tmp_path)))

    assert found["batch"].usd is None
    assert found["batch"].missing == "batch_transform of ml.m5.large in ca-central-1"
    assert found["realtime"].usd == Decimal("146.00")


def test_measured_latencies_are_worked_off_at_their_best_level(tmp_path: Path) -> None:
    # Equal percentiles: the mean is the median. 10 a second alone, 20 a second at four.
    levels = [
        {"instance": "ml.m5.large", "concurrency": n, "p50_ms": ms, "p99_ms": ms}
        for n, ms in ((1, 100), (4, 200))
    ]
    data = evening(sizing={"measured": levels})
    del data["models"][0]["serving"]["service_time_ms"]
    found = ways(cost_of_spec(data, price_file(tmp_path, rates=RATES)))

    # 7 x 7,200 / 20 s and seven starts: 1.28333 hours a week; alone, each takes 100 ms.
    assert found["batch"].quantity == Decimal("5.576")
    assert found["serverless"].quantity == Decimal("131400.000")


def test_an_endpoint_without_traffic_has_nothing_to_compare(tmp_path: Path) -> None:
    assert endpoint_ways(cost_of_spec(document(), price_file(tmp_path))) == ()


def test_an_endpoint_that_sleeps_is_paid_for_while_it_is_awake(tmp_path: Path) -> None:
    cost = cost_of_spec(evening(sizing={"allow_errors_while_waking": True}), price_file(tmp_path))

    # One for an hour, and a quarter of an hour until it is found idle: 8.75 hours a week at 0.10.
    least, most = usd(cost, "shop/prod/demand/endpoint")
    assert least == most == Decimal("3.80")
    line = next(item for item in cost.lines if item.id == "shop/prod/demand/endpoint")
    assert line.what == "demand: endpoint, 0 to 1 by traffic ml.m5.large"
    found = ways(cost)
    assert found["scale_to_zero"].usd == least
    assert found["realtime"].usd == Decimal("73.00")


def test_the_vision_example_is_compared_in_production_only() -> None:
    spec = example_spec("vision")
    book: PriceBook = price_book()
    (found,) = endpoint_ways(project_cost(spec, plan(spec), book))
    by_kind = {way.kind: way for way in found.ways}

    assert (found.environment, found.model) == ("prod", "plate-reader")
    assert by_kind["serverless"].impossible == "a serverless endpoint has no accelerator"
    assert by_kind["serverless"].usd is None
    assert by_kind["serverless"].missing is None
    # Gates are read at night, too: scaling to zero saves nothing and fails nothing.
    assert by_kind["scale_to_zero"].quantity == by_kind["realtime"].quantity
    assert by_kind["batch"].quantity < by_kind["asynchronous"].quantity
    assert by_kind["asynchronous"].quantity < by_kind["realtime"].quantity
