"""Steps that publish messages, events and numbers."""

from typing import Any

import pytest

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions import api_calls, definition
from groundplan.pipelines.steps import (
    EmitEvent,
    Fingerprint,
    Metric,
    Notify,
    ProcessingJob,
    PublishMetrics,
    ResolveDataset,
    Step,
)
from groundplan.pipelines.steps.jobs import Job, Network
from groundplan.pipelines.values import Execution, Join, NumberOutput, ObjectOutput, TextOutput

TOPIC = "arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts"
BUS = "arn:aws:events:eu-west-1:333333333333:event-bus/churn-prod"
DIGEST = Fingerprint(id="digest", parts=(("part", "a"),))
REPORT = ProcessingJob(
    id="check",
    job=Job(
        job_prefix="p",
        image="image",
        role_arn="arn:aws:iam::333333333333:role/processing",
        entrypoint=("python",),
        inputs=(),
        output_uri="s3://churn-work/reports/",
        output_kms_key_id="k",
        volume_kms_key_id="k",
        volume_gib=1,
        max_runtime_seconds=60,
        network=Network(),
        tags=(),
    ),
    instance_type="ml.m5.large",
    volume_key=False,
    report="report.json",
)


def run(machine: Any, *steps: Step, **services: Any) -> Any:
    built = machine(
        definition(Pipeline(name="p", steps=steps, timeout_seconds=60)),
        {"createProcessingJob": lambda request: request, **services},
    )
    return built.run(), built


def test_a_message_is_published_and_cut(machine: Any) -> None:
    message = Join(("digest ", TextOutput("digest", "value"), "x" * 60_000))
    tell = Notify(id="tell", topic_arn=TOPIC, subject="churn: registered", message=message)
    _, built = run(machine, DIGEST, tell, publish=lambda _: {})

    [(integration, request)] = built.calls
    assert integration == "sns:publish"
    assert (request["TopicArn"], request["Subject"]) == (TOPIC, "churn: registered")
    assert request["Message"].startswith("digest ")
    assert len(request["Message"]) == 50_000


@pytest.mark.parametrize("subject", ["", " x", "a\nb", "x" * 101, "Modell für Kunden"])
def test_fails_on_a_subject_that_sns_refuses(subject: str) -> None:
    step = Notify(id="tell", topic_arn=TOPIC, subject=subject, message="m")

    with pytest.raises(PipelineError) as caught:
        definition(Pipeline(name="p", steps=(step,), timeout_seconds=60))

    assert str(caught.value) == (
        "steps[tell].subject: must be 1 to 100 printable ASCII characters and not begin with a "
        f"space, got {subject!r}; shorten it"
    )


EVENT = EmitEvent(
    id="emit",
    bus_arn=BUS,
    source="groundplan.churn",
    detail_type="Training Failed",
    detail=(("environment", "prod"), ("execution", Execution("id")), ("tries", 2)),
)


def test_an_event_has_an_object_as_its_detail(machine: Any) -> None:
    _, built = run(machine, EVENT, putEvents=lambda _: {"FailedEntryCount": 0})

    [(integration, request)] = built.calls
    assert integration == "events:putEvents"
    [entry] = request["Entries"]
    assert entry["EventBusName"] == BUS
    assert entry["Detail"]["environment"] == "prod"
    assert entry["Detail"]["tries"] == 2
    assert entry["Detail"]["execution"].startswith("arn:aws:states:")


@pytest.mark.parametrize(
    ("step", "service", "error"),
    [
        (EVENT, "putEvents", "EventBridge.FailedEntry"),
        (Notify(id="emit", topic_arn=TOPIC, subject="s", message="m"), "publish", "SNS.NotFound"),
        (
            PublishMetrics(
                id="emit",
                namespace="n",
                dimensions=(),
                metrics=(Metric(name="m", value=NumberOutput("data", "objects")),),
            ),
            "putMetricData",
            "CloudWatch.Throttled",
        ),
    ],
)
def test_fails_as_its_service_does(
    machine: Any, service_error: Any, step: Step, service: str, error: str
) -> None:
    def broken(_: dict[str, Any]) -> Any:
        raise service_error(error, "refused")

    version = {"Key": "k", "VersionId": "v", "ETag": "e", "IsLatest": True}
    count = ResolveDataset(id="data", uri="s3://bucket/prefix/")
    output, built = run(
        machine,
        count,
        step,
        listObjectVersions=lambda _: {"Versions": [version], "IsTruncated": False},
        **{service: broken},
    )

    assert output == {"Error": "EmitFailed", "Cause": f"step emit: {error}: refused"}
    assert len(built.calls) == 6


def test_named_metrics_come_before_the_numbers_of_a_report(machine: Any) -> None:
    many = {f"m{number:03}": number / 2 for number in range(150)}
    step = PublishMetrics(
        id="publish",
        namespace="groundplan/churn",
        dimensions=(("Environment", "prod"), ("Model", "churn")),
        report=ObjectOutput("check", "report"),
    )
    for metrics, names in (
        ({"drift": 0.5, "label": "none", "auc": 1}, ["auc", "drift"]),
        ({"only": 2}, ["only"]),
        (many, list(many)[:100]),
    ):
        _, built = run(
            machine,
            REPORT,
            step,
            getObject=lambda _, metrics=metrics: {"Body": {"metrics": metrics}},
            putMetricData=lambda _: {},
        )
        data = built.calls[-1][1]["MetricData"]
        assert [datum["MetricName"] for datum in data] == names
        assert data[0]["Value"] == metrics[names[0]]
        assert data[0]["Dimensions"] == [
            {"Name": "Environment", "Value": "prod"},
            {"Name": "Model", "Value": "churn"},
        ]


def test_named_metrics_keep_their_units(machine: Any) -> None:
    step = PublishMetrics(
        id="publish",
        namespace="groundplan/churn",
        dimensions=(("Model", "churn"),),
        metrics=(Metric(name="Savings", value=NumberOutput("data", "objects"), unit="Percent"),),
    )
    version = {"Key": "k", "VersionId": "v", "ETag": "e", "IsLatest": True}
    _, built = run(
        machine,
        ResolveDataset(id="data", uri="s3://bucket/prefix/"),
        step,
        listObjectVersions=lambda _: {"Versions": [version], "IsTruncated": False},
        putMetricData=lambda _: {},
    )

    assert built.calls[-1][1] == {
        "Namespace": "groundplan/churn",
        "MetricData": [
            {
                "MetricName": "Savings",
                "Dimensions": [{"Name": "Model", "Value": "churn"}],
                "Value": 1,
                "Unit": "Percent",
            }
        ],
    }


def test_fails_on_nothing_to_publish() -> None:
    step = PublishMetrics(id="publish", namespace="n", dimensions=())

    with pytest.raises(PipelineError) as caught:
        definition(Pipeline(name="p", steps=(step,), timeout_seconds=60))

    assert str(caught.value) == (
        "steps[publish].metrics: publishes nothing, got (); add a metric or a report"
    )


def test_the_actions_have_their_services_names() -> None:
    steps = (EVENT, Notify(id="tell", topic_arn=TOPIC, subject="s", message="m"))

    assert api_calls(Pipeline(name="p", steps=steps, timeout_seconds=60)) == (
        "events:PutEvents",
        "sns:Publish",
    )
