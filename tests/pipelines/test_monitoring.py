"""The monitoring and drift pipelines, executed by the interpreter of `conftest`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from groundplan.pipelines import (
    DriftPipelineSettings,
    MonitoringPipelineSettings,
    PipelineError,
    definition,
    drift_pipeline,
    monitoring_pipeline,
)

PACKAGE = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn-churn/7"
BASELINE = "s3://churn-artifacts/evaluations/churn/0123/baseline.jsonl"
TOPIC = "arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts"
CAPTURED = "churn/capture/churn-prod/primary/"
Services = dict[str, Callable[[dict[str, Any]], Mapping[str, Any]]]

SETTINGS = MonitoringPipelineSettings(
    project="churn",
    environment="prod",
    model="churn",
    partition="aws",
    endpoint_name="churn-prod-churn",
    topic_arn=TOPIC,
    job_prefix="churn-prod-churn",
    processing_role_arn="arn:aws:iam::333333333333:role/groundplan/churn/monitoring",
    image_registry_account="111111111111",
    image_registry_host="111111111111.dkr.ecr.eu-west-1.amazonaws.com",
    image_repository="churn/groundplan-monitoring",
    captured_uri=f"s3://churn-prod-work/{CAPTURED}",
    work_uri="s3://churn-prod-work/churn/",
    work_kms_key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod",
    volume_kms_key_id="arn:aws:kms:eu-west-1:333333333333:alias/churn-prod",
    period="day",
    options='{"checks":["data_drift"]}',
    instance_type="ml.m5.large",
    volume_key=True,
)
LABELLED = replace(
    SETTINGS, labels_uri="s3://churn-customers/labels/", labels_after_days=30, period="week"
)


def services(**changed: Any) -> tuple[Services, list[str]]:
    """What answers the machine, and the keys that it listed."""
    listed: list[str] = []
    report = {"metrics": {"data_drift": 1, "rows": 800, "data_drift_columns": 9}, "drifted": True}

    def objects(request: dict[str, Any]) -> Mapping[str, Any]:
        listed.append(request["Prefix"])
        return {"KeyCount": changed.get("objects", 1)}

    variant = {"VariantName": "primary", "ModelName": "churn-7"}
    found: Services = {
        "describeEndpoint": lambda _: {
            "EndpointName": "churn-prod-churn",
            "EndpointConfigName": "churn-7",
            "EndpointStatus": "InService",
        },
        "describeEndpointConfig": lambda _: {"ProductionVariants": [variant]},
        "describeModel": lambda _: {"PrimaryContainer": {"ModelPackageName": PACKAGE}},
        "describeModelPackage": lambda _: {
            "ModelPackageArn": PACKAGE,
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://a/b"}]},
            "CustomerMetadataProperties": changed.get(
                "metadata", {"groundplan.baseline_uri": BASELINE}
            ),
        },
        "listObjectsV2": objects,
        "describeImages": lambda _: {
            "ImageDetails": [{"ImageDigest": "sha256:1", "ImagePushedAt": 1, "ImageTags": ["a"]}]
        },
        "createProcessingJob": lambda request: {"ProcessingJobName": request["ProcessingJobName"]},
        "getObject": lambda _: {"Body": json.dumps(report)},
        "putMetricData": lambda _: {},
        "publish": lambda _: {"MessageId": "1"},
    }
    return found | changed.get("services", {}), listed


def request_of(run: Any, call: str) -> Any:
    return next(arguments for name, arguments in run.calls if name.endswith(call))


def test_a_day_is_checked_and_its_numbers_are_published(machine: Any) -> None:
    answers, listed = services()
    run = machine(definition(monitoring_pipeline(SETTINGS)), answers)
    done = run.run()
    assert done["version"] == PACKAGE
    assert done["report"]["drifted"] is True
    assert listed == [f"{CAPTURED}2026/11/20/"]
    job = request_of(run, "createProcessingJob.sync")
    inputs = {item["InputName"]: item["S3Input"]["S3Uri"] for item in job["ProcessingInputs"]}
    assert inputs == {
        "baseline": BASELINE,
        "captured-0": f"s3://churn-prod-work/{CAPTURED}2026/11/20/",
    }
    assert job["AppSpecification"]["ContainerArguments"] == [
        "--captured", "2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z",
        "--options", '{"checks":["data_drift"]}',
    ]  # fmt: skip
    published = request_of(run, "putMetricData")
    assert published["Namespace"] == "groundplan/churn"
    assert {item["MetricName"]: item["Value"] for item in published["MetricData"]} == {
        "data_drift": 1,
        "data_drift_columns": 9,
        "rows": 800,
    }


def test_a_late_start_still_checks_its_own_hour(machine: Any) -> None:
    answers, listed = services()
    hourly = monitoring_pipeline(replace(SETTINGS, period="hour"))
    machine(definition(hourly), answers, {"until": "2026-11-01T00:20:00Z"}).run()
    assert listed == [f"{CAPTURED}2026/10/31/23/"]


def test_a_week_may_touch_two_months_and_labels_come_later(machine: Any) -> None:
    answers, listed = services()
    run = machine(
        definition(monitoring_pipeline(LABELLED)), answers, {"until": "2026-11-03T01:30:00Z"}
    )
    run.run()
    assert listed == [
        f"{CAPTURED}2026/10/",
        f"{CAPTURED}2026/11/",
        f"{CAPTURED}2026/09/",
        f"{CAPTURED}2026/10/",
        "labels/",
    ]
    job = request_of(run, "createProcessingJob.sync")
    assert job["AppSpecification"]["ContainerArguments"][:6] == [
        "--captured", "2026-10-27T00:00:00.000Z", "2026-11-03T00:00:00.000Z",
        "--labelled", "2026-09-27T00:00:00.000Z", "2026-10-04T00:00:00.000Z",
    ]  # fmt: skip
    assert [item["InputName"] for item in job["ProcessingInputs"]] == [
        "baseline", "captured-0", "captured-1", "labelled-0", "labelled-1", "labels-0",
    ]  # fmt: skip


def test_a_week_within_one_month_reads_it_once(machine: Any) -> None:
    answers, listed = services()
    run = machine(
        definition(monitoring_pipeline(replace(SETTINGS, period="week"))),
        answers,
        {"until": "2026-12-01T01:30:00Z"},
    )
    run.run()
    assert listed == [f"{CAPTURED}2026/11/"]
    inputs = request_of(run, "createProcessingJob.sync")["ProcessingInputs"]
    assert inputs[2]["S3Input"]["S3Uri"] == BASELINE


def test_nothing_runs_without_traffic(machine: Any) -> None:
    answers, _ = services(objects=0)
    run = machine(definition(monitoring_pipeline(SETTINGS)), answers)
    assert run.run()["report"] == "insufficient_data"
    assert not [call for call, _ in run.calls if "createProcessingJob" in call]


def test_nothing_runs_without_an_endpoint(machine: Any, service_error: Any) -> None:
    def missing(_: dict[str, Any]) -> Mapping[str, Any]:
        raise service_error(
            "SageMaker.SageMakerException", 'Could not find endpoint "churn-prod-churn".'
        )

    answers, _ = services(services={"describeEndpoint": missing})
    run = machine(definition(monitoring_pipeline(SETTINGS)), answers)
    done = run.run()
    assert (done["version"], done["report"]) == ("none", "insufficient_data")


def test_fails_for_a_version_without_a_baseline(machine: Any) -> None:
    answers, _ = services(metadata={})
    run = machine(definition(monitoring_pipeline(SETTINGS)), answers)
    done = run.run()
    assert done["Error"] == "NoBaseline"
    assert "register one whose evaluation leaves baseline.jsonl" in done["Cause"]
    assert request_of(run, "publish")["Subject"] == "Monitoring of churn in prod failed"


@pytest.mark.parametrize(
    "call", ["listObjectsV2", "createProcessingJob", "getObject", "putMetricData"]
)
def test_a_call_that_fails_is_told(call: str, machine: Any, service_error: Any) -> None:
    def refused(_: dict[str, Any]) -> Mapping[str, Any]:
        raise service_error("Service.ValidationException", "no")

    answers, _ = services(services={call: refused})
    run = machine(definition(monitoring_pipeline(SETTINGS)), answers)
    assert "Error" in run.run()
    assert "Service.ValidationException" in request_of(run, "publish")["Message"]


def test_fails_for_a_uri_without_a_slash() -> None:
    with pytest.raises(PipelineError, match=r"settings.captured_uri: must be an S3 URI"):
        monitoring_pipeline(replace(SETTINGS, captured_uri="s3://churn-prod-work/captured"))


DRIFT = DriftPipelineSettings(
    project="churn",
    environment="prod",
    model="churn",
    partition="aws",
    lock_table="churn-prod-locks",
    cooldown_seconds=86_400,
    bus_arn="arn:aws:events:eu-west-1:333333333333:event-bus/churn-prod-events",
    topic_arn=TOPIC,
)


def drift(machine: Any, lock: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Any:
    answers: Services = {
        "putItem": lock,
        "updateItem": lock,
        "putEvents": lambda _: {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]},
        "publish": lambda _: {"MessageId": "1"},
    }
    return machine(definition(drift_pipeline(DRIFT)), answers)


def test_drift_asks_for_training(machine: Any) -> None:
    run = drift(machine, lambda _: {})
    assert run.run() == {"acquired": "yes"}
    (entry,) = request_of(run, "putEvents")["Entries"]
    assert (entry["Source"], entry["DetailType"]) == ("groundplan.churn", "Drift Detected")
    detail = entry["Detail"]
    assert (detail["environment"], detail["model"]) == ("prod", "churn")


def test_drift_within_the_cool_down_does_nothing(machine: Any, service_error: Any) -> None:
    def held(_: dict[str, Any]) -> Mapping[str, Any]:
        raise service_error("DynamoDb.ConditionalCheckFailedException", "held")

    run = drift(machine, held)
    assert run.run() == {"acquired": "no"}
    assert not [call for call, _ in run.calls if call.endswith("putEvents")]


def test_drift_that_cannot_be_passed_on_is_told(machine: Any, service_error: Any) -> None:
    def refused(_: dict[str, Any]) -> Mapping[str, Any]:
        raise service_error("DynamoDb.ResourceNotFoundException", "no table")

    run = drift(machine, refused)
    assert "Error" in run.run()
    assert request_of(run, "publish")["Subject"] == "Drift of churn in prod was not passed on"
