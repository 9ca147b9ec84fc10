from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.instance_choice import choose_hosting_type
from groundplan.blueprints.plan.sizing import Demand, LatencyTarget, ServiceTime, size_endpoint
from groundplan.blueprints.plan.sizing.alternatives import Alternative, compare_serving
from groundplan.blueprints.plan.sizing.zero import scale_to_zero
from groundplan.blueprints.spec import HostingInstanceRequirements

SERVICE = ServiceTime(mean_ms=50, cv=0.5)


@dataclass
class Usd:
    usd_per_hour: Decimal


@dataclass
class Book:
    known: dict[tuple[str, str, str], str]

    def on_demand(self, instance_type: str, component: str, region: str) -> Usd | None:
        found = self.known.get((instance_type, component, region))
        return None if found is None else Usd(Decimal(found))


def book(region: str = "us-east-1", **prices: str) -> Book:
    named = {f"ml.{name.replace('_', '.')}": usd for name, usd in prices.items()}
    return Book({(name, "hosting", region): usd for name, usd in named.items()})


def test_the_cheapest_type_with_what_is_required_serves() -> None:
    wanted = HostingInstanceRequirements(accelerators=1, accelerator_memory_gib=20)
    prices = book(g5_xlarge="1.408", g6_xlarge="1.1267", g4dn_xlarge="0.7364", m5_large="0.115")

    found = choose_hosting_type(wanted, "us-east-1", prices)

    assert found.instance_type == "ml.g6.xlarge"  # g4dn is cheaper, but has 15 GiB
    assert found.price_region == "us-east-1"
    assert "ml.g5.2xlarge" in found.unpriced
    assert not any(name.startswith(("ml.inf", "ml.trn")) for name in found.unpriced)


def test_types_that_need_an_image_of_their_own_are_not_chosen() -> None:
    wanted = HostingInstanceRequirements(memory_gib=4)
    prices = book(m6g_large="0.01", t2_medium="0.02", inf1_xlarge="0.03", m5_large="0.115")

    assert choose_hosting_type(wanted, "us-east-1", prices).instance_type == "ml.m5.large"


def test_a_region_without_prices_ranks_by_another_and_says_so() -> None:
    wanted = HostingInstanceRequirements(memory_gib=4)

    found = choose_hosting_type(wanted, "eu-west-1", book(m5_large="0.115", m5_xlarge="0.23"))

    assert (found.instance_type, found.price_region) == ("ml.m5.large", "us-east-1")


def test_more_instances_of_a_cheap_type_may_cost_more() -> None:
    wanted = HostingInstanceRequirements(memory_gib=4)
    prices = book(m5_large="0.115", m5_xlarge="0.23", m5_2xlarge="0.461")
    counts = {"ml.m5.large": 9.0, "ml.m5.xlarge": 4.0}

    found = choose_hosting_type(wanted, "us-east-1", prices, instances=counts.get)

    assert found.instance_type == "ml.m5.xlarge"
    assert "ml.m5.2xlarge" in found.too_slow


def test_the_first_preferred_type_of_the_region_serves() -> None:
    wanted = HostingInstanceRequirements(prefer=("ml.g5.2xlarge", "ml.g5.xlarge"))

    assert choose_hosting_type(wanted, "us-east-1", book()).instance_type == "ml.g5.2xlarge"
    assert choose_hosting_type("ml.m5.large", "us-east-1", book()).price_region is None


def test_fails_where_no_type_fits_or_none_has_a_price() -> None:
    with pytest.raises(PlanError) as caught:
        choose_hosting_type(HostingInstanceRequirements(memory_gib=1e6), "us-east-1", book())
    assert str(caught.value) == (
        "serving.instance: no instance type that hosts has what is required in us-east-1, "
        "got 'memory_gib 1e+06'; lower a requirement, or name a type"
    )
    with pytest.raises(PlanError, match=r"no price is known for any of the \d+ types"):
        choose_hosting_type(HostingInstanceRequirements(memory_gib=4), "us-east-1", book())
    with pytest.raises(PlanError, match=r"none of the \d+ types .* meets the latency target"):
        choose_hosting_type(
            HostingInstanceRequirements(memory_gib=4),
            "us-east-1",
            book(),
            instances=lambda name: None,
        )


def evening() -> Demand:
    rps = np.zeros(168)
    rps[18::24] = 2.0
    return Demand(rps=rps)


def compared(instance: str = "ml.m5.large") -> dict[str, Alternative]:
    demand = evening()
    endpoint = size_endpoint(
        demand, SERVICE, LatencyTarget(max_ms=400), instance_type=instance, production=True
    )
    prices = Book({(instance, part, "us-east-1"): "0.1" for part in ("hosting", "batch_transform")})
    found = compare_serving(
        demand, endpoint, SERVICE, region="us-east-1", prices=prices,
        to_zero=scale_to_zero(demand, endpoint.counts, wake_seconds=300),
        serverless_usd_per_gib_second=0.00002, serverless_gib=2,
    )  # fmt: skip
    assert [item.usd for item in found if item.usd is not None] == sorted(
        item.usd for item in found if item.usd is not None
    )
    return {item.kind: item for item in found}


def test_ways_to_serve_are_compared_by_cost() -> None:
    found = compared()
    requests = 7 * 7200

    assert found["realtime"].usd == pytest.approx(2 * 168 * 0.1)
    assert found["serverless"].usd == pytest.approx(requests * 0.05 * 2 * 0.00002)
    assert found["batch"].usd == pytest.approx((requests * 0.05 + 7 * 300) / 3600 * 0.1)
    # Each evening it is awake for the hour and, until it is found idle, a quarter of an hour more;
    # what comes in the five minutes after the first request fails.
    assert found["scale_to_zero"].usd == pytest.approx(2 * 7 * 1.25 * 0.1)
    assert found["scale_to_zero"].note.startswith(f"{601 / 7200:.2%} of the requests fail")
    assert found["asynchronous"].usd is None
    assert found["asynchronous"].missing == "asynchronous of ml.m5.large in us-east-1"
    assert found["asynchronous"].amount == pytest.approx(7 * (1 + 300 / 3600))


def test_what_cannot_serve_says_why() -> None:
    found = compared("ml.g5.xlarge")

    assert found["serverless"].usd is None
    assert found["serverless"].impossible == "a serverless endpoint has no accelerator"


def test_scaling_to_zero_is_what_a_simulation_finds() -> None:
    rate, wake, idle = 1 / 1200, 300, 900
    rng = np.random.default_rng(1)
    now = asleep = 0.0
    ready, failed, count = -1.0, 0, 100_000  # asleep from the start on
    for gap in rng.exponential(1 / rate, count):
        at = now + gap
        empty = max(now, ready) + idle if ready >= 0 else 0.0
        if at < ready:
            failed += 1
        elif ready < 0 or at > empty:
            asleep += at - max(empty, now if ready < 0 else empty)
            failed, ready = failed + 1, at + wake
        now = at

    found = scale_to_zero(Demand(rps=np.full(168, rate)), np.ones(168, dtype=np.int64),
                          wake_seconds=wake, idle_seconds=idle)  # fmt: skip

    assert found.asleep[0] == pytest.approx(asleep / now, rel=0.02)
    assert found.failed_share == pytest.approx(failed / count, rel=0.02)
    assert found.worthwhile


def test_scaling_to_zero_is_not_worth_it_under_steady_traffic() -> None:
    busy = scale_to_zero(Demand(rps=np.full(168, 5.0)), np.full(168, 3), wake_seconds=300)

    assert not busy.worthwhile
    assert busy.saved_instance_hours == pytest.approx(0, abs=1e-6)
