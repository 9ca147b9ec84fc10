import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from groundplan.blueprints.errors import GroundplanError, InputError
from groundplan.blueprints.plan.sizing import LatencyTarget
from groundplan.blueprints.plan.sizing.advice import Current
from groundplan.blueprints.plan.sizing.cloudwatch import metrics_demand, parse_metrics
from groundplan.blueprints.plan.sizing.right_size import RightSizing, right_size

START = datetime(2026, 9, 7, tzinfo=UTC)  # a Monday
DAY = [5] * 8 + [40] * 11 + [5] * 5


class Book:
    class Usd:
        def __init__(self, usd: str) -> None:
            self.usd_per_hour = Decimal(usd)

    def on_demand(self, instance_type: str, component: str, region: str) -> "Book.Usd | None":
        known = {"ml.g5.xlarge": "1.408", "ml.g5.2xlarge": "1.515", "ml.m5.xlarge": "0.23"}
        return Book.Usd(known[instance_type]) if instance_type in known else None


def series(label: str, values: list[float], step: int = 3600) -> dict[str, Any]:
    times = [(START + timedelta(seconds=step * i)).isoformat() for i in range(len(values))]
    # CloudWatch gives the newest first
    return {"Id": "m", "Label": label, "Timestamps": times[::-1], "Values": values[::-1],
            "StatusCode": "Complete"}  # fmt: skip


def export(*changed: dict[str, Any], weeks: int = 1) -> str:
    rps = DAY * 7 * weeks
    count = len(rps)
    found = {
        item["Label"]: item
        for item in (
            series("Invocations", [float(value * 3600) for value in rps]),
            series("InvocationsPerInstance", [value * 3600 / 8 for value in rps]),
            series("ModelLatency p50", [30_000.0] * count),
            series("ModelLatency p99", [90_000.0] * count),
            series("OverheadLatency p99", [10_000.0] * count),
            *changed,
        )
    }
    return json.dumps({"MetricDataResults": list(found.values()), "Messages": []})


def sized(text: str, **changed: Any) -> RightSizing:
    current = Current(
        instance_type=changed.pop("instance", "ml.g5.xlarge"), min_instances=8, max_instances=8
    )
    return right_size(
        parse_metrics(text, "m.json"), current, LatencyTarget(max_ms=300), region="us-east-1",
        prices=Book(), file="m.json", **changed,
    )  # fmt: skip


def test_an_oversized_endpoint_gets_bounds_a_target_and_a_saving() -> None:
    found = sized(export())

    proposed = {item.what: item.proposed for item in found.advice}
    assert found.service.mean_ms == pytest.approx(
        30 * np.exp((np.log(3) / 2.3263) ** 2 / 2), rel=1e-3
    )
    assert proposed["instances.min"] == "2"
    assert proposed["instances.target_invocations_per_minute"] == (
        f"{found.sized.target_invocations_per_minute:g}"
    )
    assert found.instances_now == 8
    assert found.saving_usd_per_month == pytest.approx((8 - found.instances_proposed) * 1.408 * 730)
    assert "10.0 ms of the target go to SageMaker's own overhead" in found.notes


def test_a_missing_price_is_named_and_no_saving_is_made_up() -> None:
    found = sized(export(), instance="ml.g6.xlarge")

    assert found.saving_usd_per_month is None
    assert ("no price is known for ml.g6.xlarge in us-east-1: the saving is in instances"
            in found.notes)  # fmt: skip


def test_an_idle_gpu_is_seen_and_a_type_is_to_be_measured_first() -> None:
    used = [series(f"{name}Utilization Maximum", [value] * 168)
            for name, value in (("CPU", 120.0), ("Memory", 30.0), ("GPU", 1.0))]  # fmt: skip
    advice = {item.what: item for item in sized(export(*used)).advice}

    assert advice["instance"].proposed == "ml.m5.xlarge"
    assert advice["instance"].why == (
        "peak use: CPU 120 % of 400 %, memory 30 %, GPU 1 %; 0.23 instead of 1.408 USD an hour. "
        "Its latency is not known: measure it first"
    )
    used[2] = series("GPUUtilization Maximum", [60.0] * 168)
    assert "instance" not in {item.what for item in sized(export(*used)).advice}


def test_the_busiest_minutes_of_an_hour_and_of_several_weeks_count() -> None:
    values = [60.0] * (60 * 24 * 14)
    values[90] = 600.0
    demand = metrics_demand(
        parse_metrics(json.dumps({"MetricDataResults": [series("Invocations", values, 60)]}), "m"),
        "m",
    )

    assert demand.is_week
    assert demand.rps[1] == 10
    assert demand.rps[2] == 1


def test_statistics_are_read_as_well() -> None:
    points = [
        {"Timestamp": (START + timedelta(hours=i)).isoformat(), "Sum": 3600.0 * i, "Unit": "None"}
        for i in range(168)
    ]
    text = json.dumps({"Label": "Invocations", "Datapoints": points})

    assert metrics_demand(parse_metrics(text, "m"), "m").rps.tolist() == list(range(168))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", ("m.json:1: is no JSON, got 'expecting property name enclosed in double quotes'; "
              "export it again")),
        ("[]", "m.json: is no export of CloudWatch, got 'list'; save the whole answer"),
        ('{"a": 1}', ("m.json: is no export of CloudWatch, got 'a'; save what get-metric-data or "
                     "get-metric-statistics prints")),
        ('{"MetricDataResults": [], "NextToken": "x"}',
         "m.json: NextToken: the export was cut short, got 'more pages'; export all pages"),
        (export(series("Invocations", [1.0, -2.0])),
         ("m.json: MetricDataResults[0][0]: must be a finite number of 0 or more, got -2.0; "
         "export it again")),
        (export(series("Invocations", [1.0] * 24)),
         ("m.json: Invocations: must cover a week or more, got '24 hours'; export a longer time, with "
         "the first and the last hour in it")),
        (export(series("Invocations", [1.0] * 14, 86400)),
         ("m.json: Invocations: periods must not be longer than an hour, got '86400 seconds'; "
         "export it with --period 3600 or less")),
        (json.dumps({"MetricDataResults": [series("Invocations", [1.0] * 168)]}),
         ("m.json: ModelLatency: the service time follows from p50 and p99 of the model's latency, or "
         "from its mean, got 'invocations.Sum'; export ModelLatency with the statistics p50 and p99")),
    ],
)  # fmt: skip
def test_fails_on_an_export_that_says_too_little(text: str, message: str) -> None:
    with pytest.raises(GroundplanError) as caught:
        sized(text)
    assert str(caught.value) == message


def test_fails_on_a_series_that_is_there_twice() -> None:
    twice = [series("Invocations", [1.0]), series("Invocations", [2.0])]
    with pytest.raises(InputError, match=r"is in the file twice, got 'invocations.Sum'"):
        parse_metrics(json.dumps({"MetricDataResults": twice}), "m.json")


def test_fails_on_a_label_without_its_statistic() -> None:
    with pytest.raises(InputError) as caught:
        parse_metrics(export(series("ModelLatency", [1.0])), "m.json")
    assert str(caught.value) == (
        "m.json: MetricDataResults[5]: the label does not say which statistic it is, got "
        "'ModelLatency'; label it like 'ModelLatency p50'"
    )


def test_another_percentile_is_not_taken_for_a_known_one() -> None:
    found = parse_metrics(export(series("ModelLatency p99.9", [1.0] * 168)), "m.json")

    assert found["modellatency.p99"].values[0] == 90_000


def test_the_last_year_of_a_longer_export_counts() -> None:
    values = [1.0] * 24 + [7200.0] * 8760
    text = json.dumps({"MetricDataResults": [series("Invocations", values)]})
    demand = metrics_demand(parse_metrics(text, "m"), "m")

    assert demand.start == START + timedelta(days=1)
    assert demand.rps.tolist() == [2.0] * 8760
