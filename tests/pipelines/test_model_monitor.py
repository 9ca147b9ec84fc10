"""The pipeline that reads how Model Monitor's run ended, executed by the interpreter of `conftest`."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from groundplan.pipelines import ModelMonitorPipelineSettings, definition, model_monitor_pipeline

PACKAGE = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn-churn/7"
SETTINGS = ModelMonitorPipelineSettings(
    project="churn",
    environment="prod",
    model="churn",
    partition="aws",
    endpoint_name="churn-prod-churn",
    schedule_name="churn-prod-churn",
    topic_arn="arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts",
    max_age_seconds=172_800,
)
Services = dict[str, Callable[[dict[str, Any]], Mapping[str, Any]]]
DUE = "2026-11-21T01:00:00Z"


def services(last: dict[str, Any] | None) -> Services:
    shown = (
        {} if last is None else {"LastMonitoringExecutionSummary": {"ScheduledTime": DUE, **last}}
    )
    return {
        "describeEndpoint": lambda _: {
            "EndpointName": "churn-prod-churn",
            "EndpointConfigName": "churn-7",
            "EndpointStatus": "InService",
        },
        "describeEndpointConfig": lambda _: {
            "ProductionVariants": [{"VariantName": "primary", "ModelName": "churn-7"}]
        },
        "describeModel": lambda _: {"PrimaryContainer": {"ModelPackageName": PACKAGE}},
        "describeMonitoringSchedule": lambda _: {
            "MonitoringScheduleName": "churn-prod-churn", **shown
        },
        "putMetricData": lambda _: {},
        "publish": lambda _: {"MessageId": "1"},
    }  # fmt: skip


def published(run: Any) -> list[tuple[str, float]]:
    return [
        (item["MetricName"], item["Value"])
        for name, arguments in run.calls
        if name.endswith("putMetricData")
        for item in arguments["MetricData"]
    ]


@pytest.mark.parametrize(("status", "value"), [("Completed", 0), ("CompletedWithViolations", 1)])
def test_violations_are_drift(machine: Any, status: str, value: int) -> None:
    run = machine(
        definition(model_monitor_pipeline(SETTINGS)),
        services({"MonitoringExecutionStatus": status}),
    )
    assert run.run() == {"version": PACKAGE, "status": status}
    assert published(run) == [("data_drift", value)]


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (None, "None"),
        ({"MonitoringExecutionStatus": "InProgress"}, "InProgress"),
        (
            {"MonitoringExecutionStatus": "Failed", "FailureReason": "Job inputs had no data"},
            "Failed",
        ),
        (
            {"MonitoringExecutionStatus": "CompletedWithViolations", "ScheduledTime": "2026-11-18T01:00:00Z"},
            "None",
        ),
    ],
    ids=["no run yet", "still running", "no request", "too old"],
)  # fmt: skip
def test_nothing_is_published_without_a_run_that_checked_anything(
    machine: Any, last: dict[str, Any] | None, status: str
) -> None:
    run = machine(definition(model_monitor_pipeline(SETTINGS)), services(last))
    assert run.run()["status"] == status
    assert published(run) == []


def test_a_failed_run_is_told(machine: Any) -> None:
    last = {"MonitoringExecutionStatus": "Failed", "FailureReason": "no constraints.json"}
    run = machine(definition(model_monitor_pipeline(SETTINGS)), services(last))
    assert run.run()["Error"] == "MonitoringFailed"
    [message] = [arguments["Message"] for name, arguments in run.calls if name.endswith("publish")]
    assert "Model Monitor: Failed no constraints.json" in message
    assert published(run) == []
