import time

import numpy as np
import pytest
from sizing_simulation import simulate

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.sizing import (
    Demand,
    LatencyTable,
    LatencyTarget,
    MeasuredLatency,
    ServiceTime,
    SizedEndpoint,
    instances_needed,
    predicted_latency_ms,
    shape_demand,
    size_endpoint,
)

GATE = shape_demand(
    base_rps=5,
    peak_rps=80,
    peak_hours=tuple(range(8, 19)),
    weekend_factor=0.3,
    time_zone="Europe/Berlin",
)
SERVICE = ServiceTime(mean_ms=38, cv=0.6)
TARGET = LatencyTarget(max_ms=250)


def sized(demand: Demand = GATE, **changed: object) -> SizedEndpoint:
    arguments: dict[str, object] = {
        "instance_type": "ml.g5.xlarge", "production": True, "time_zone": "Europe/Berlin",
    }  # fmt: skip
    return size_endpoint(demand, SERVICE, TARGET, **(arguments | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mean_ms", "cv", "workers", "max_ms", "percentile", "peak"),
    [(38, 0.6, 1, 250, 99, 80), (12, 1.0, 4, 60, 99, 900), (400, 0.3, 2, 900, 95, 12)],
)
def test_the_busiest_hour_meets_its_target_in_a_simulation(
    mean_ms: float, cv: float, workers: int, max_ms: float, percentile: float, peak: float
) -> None:
    demand = Demand(rps=np.full(168, peak))
    service = ServiceTime(mean_ms=mean_ms, cv=cv)
    counts = instances_needed(
        demand, service, LatencyTarget(max_ms=max_ms, percentile=percentile), workers
    )
    count = int(counts[0])

    taken = simulate(peak, mean_ms / 1000, cv, workers, instances=count, count=200_000)

    assert float(np.percentile(taken, percentile)) * 1000 <= max_ms
    assert predicted_latency_ms(
        service, peak, count, percentile=percentile, workers=workers
    ) <= max_ms  # fmt: skip


def test_one_instance_less_than_without_headroom_misses_the_target() -> None:
    demand = Demand(rps=np.full(168, 80.0))
    count = int(instances_needed(demand, SERVICE, TARGET, headroom=0)[0])

    assert predicted_latency_ms(SERVICE, 80, count, percentile=99) <= 250
    assert predicted_latency_ms(SERVICE, 80, count - 1, percentile=99) > 250


def test_production_has_two_instances_at_any_time() -> None:
    quiet = Demand(rps=np.zeros(168))

    assert sized(quiet).min_instances == 2
    assert sized(quiet, production=False).min_instances == 1
    assert sized(quiet).target_invocations_per_minute is None
    assert sized(quiet).max_instances == 2


def test_a_predictable_peak_is_scheduled_before_it_comes() -> None:
    found = sized()

    assert [(a.schedule, a.min_instances) for a in found.scheduled] == [
        ("cron(52 7 ? * MON-FRI *)", 8),
        ("cron(0 19 ? * * *)", 2),
        ("cron(52 7 ? * SAT,SUN *)", 3),
    ]
    assert {a.time_zone for a in found.scheduled} == {"Europe/Berlin"}
    assert len({a.name for a in found.scheduled}) == 3
    assert (found.counts >= found.needed).all()
    assert (found.min_instances, found.max_instances) == (2, 12)
    assert found.scale_out_cooldown_seconds == 300
    # Eleven busy hours on five days, and on two days at weekends; the rest is the least.
    assert found.counts.sum() == 5 * (11 * 8 + 13 * 2) + 2 * (11 * 3 + 13 * 2)


def test_a_schedule_keeps_to_local_time_over_a_clock_change() -> None:
    demand = shape_demand(
        base_rps=5,
        peak_rps=80,
        peak_hours=tuple(range(8, 19)),
        time_zone="Europe/Berlin",
        year=2027,
    )
    found = sized(demand)

    assert [a.schedule for a in found.scheduled] == ["cron(52 7 ? * * *)", "cron(0 19 ? * * *)"]
    assert found.counts.tolist() == found.needed.tolist()


def test_an_early_action_may_fall_on_the_day_before() -> None:
    demand = shape_demand(base_rps=2, peak_rps=80, peak_hours=(0, 1, 2), weekend_factor=0)

    assert [a.schedule for a in sized(demand, time_zone="UTC").scheduled] == [
        "cron(0 3 ? * MON-FRI *)",
        "cron(52 23 ? * MON,TUE,WED,THU,SUN *)",
    ]


def test_traffic_that_changes_slowly_is_left_to_target_tracking() -> None:
    hours = np.arange(168)
    demand = Demand(rps=60 + 30 * np.sin(hours / 168 * 2 * np.pi))
    found = sized(demand)

    assert found.scheduled == ()
    assert found.max_instances > found.min_instances
    one = found.capacity.rps
    assert found.target_invocations_per_minute == pytest.approx(one * 60 / 1.2, abs=0.01)


def test_fails_on_a_target_that_no_count_meets() -> None:
    with pytest.raises(PlanError) as caught:
        size_endpoint(GATE, SERVICE, LatencyTarget(max_ms=100), instance_type="ml.g5.xlarge")

    assert str(caught.value) == (
        "serving.latency.max_ms: no number of instances meets it: the 99th percentile of the service "
        "time alone is 118.4 ms, got 100; allow more than 119 ms, make the model faster, or serve it "
        "from a faster instance type"
    )


def test_fails_on_too_few_instances_and_on_absurdly_many() -> None:
    with pytest.raises(
        PlanError, match=r"the busiest hour needs 8 instances, got 5; raise it to 8"
    ):
        sized(max_instances=5)
    with pytest.raises(PlanError, match="would need more than 10000 instances"):
        sized(Demand(rps=np.full(168, 1e6)))


def test_measured_latencies_keep_the_concurrency_that_meets_the_target() -> None:
    levels = tuple(
        MeasuredLatency(concurrency=c, p50_ms=a, p99_ms=b)
        for c, a, b in ((1, 20, 40), (4, 30, 70), (16, 100, 300))
    )
    table = LatencyTable(levels=levels)
    rps, _ = table.capacity(99, 100)
    mean = levels[1].mean_ms / 1000
    # At most 3 others in progress, but for one request in a hundred.
    others = np.random.default_rng(1).poisson(rps * mean, 400_000)

    assert float((others > 3).mean()) == pytest.approx(0.01, abs=0.001)
    assert int(instances_needed(Demand(rps=np.full(168, 3 * rps)), table,
                                LatencyTarget(max_ms=100), headroom=0)[0]) == 3  # fmt: skip
    with pytest.raises(PlanError, match=r"best measured 99th percentile is 40.0 ms, got 39"):
        table.capacity(99, 39)


def test_a_thousand_endpoints_by_a_year_take_well_under_a_second() -> None:
    rng = np.random.default_rng(0)
    demands = [Demand(rps=rng.uniform(1, 50, 8760)) for _ in range(100)]
    began = time.process_time()
    for i in range(1000):
        instances_needed(demands[i % 100], ServiceTime(mean_ms=70 + i / 100, cv=0.6), TARGET, 4)
    assert time.process_time() - began < 1.5  # measured: 0.2 s
