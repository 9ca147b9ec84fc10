"""Steps that register, tell, publish, or call any other API once."""

import json
import re
from collections.abc import Mapping
from typing import Any

from groundplan.pipelines.runtime.base import Outputs, Run, Step, StepFailed, as_text

MAX_METRICS = 30
MAX_METADATA_VALUE = 256
MAX_MESSAGE = 200 * 1024
METRICS_A_CALL = 100
# boto3 has other names for some services than the SDK that Step Functions calls.
SERVICES = {
    "applicationautoscaling": "application-autoscaling",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sagemakerruntime": "sagemaker-runtime",
    "sfn": "stepfunctions",
}


def numbers(report: Mapping[str, Any] | None) -> list[tuple[str, float]]:
    """The numbers among a report's metrics, by name."""
    metrics = (report or {}).get("metrics", {})
    return sorted(
        (name, value)
        for name, value in metrics.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    )


def register_model(given: Step, run: Run) -> Outputs:
    """Creates a version; the client token makes a repeated call create nothing twice."""
    facts = {name: as_text(value)[:MAX_METADATA_VALUE] for name, value in given["lineage"]}
    measured = numbers(given["report"])[:MAX_METRICS]
    facts = {name: text for name, text in facts.items() if text}  # SageMaker takes no empty one
    facts |= {f"metric.{name}": as_text(value) for name, value in measured}
    created = run.client("sagemaker").create_model_package(
        ModelPackageGroupName=given["model_package_group_arn"],
        ModelPackageDescription=given["description"],
        ModelApprovalStatus="Approved" if given["approved"] else "PendingManualApproval",
        InferenceSpecification={
            "Containers": [{"Image": given["image"], "ModelDataUrl": given["artifact_uri"]}],
            "SupportedContentTypes": given["content_types"],
            "SupportedResponseMIMETypes": given["response_types"],
        },
        ModelMetrics={
            "ModelQuality": {
                "Statistics": {"ContentType": "application/json", "S3Uri": given["report_uri"]}
            }
        },
        CustomerMetadataProperties=facts,
        ClientToken=f"{run.short_id}-{given['id'].replace('_', '-')}",
    )
    return {"model_package_arn": created["ModelPackageArn"]}


def notify(given: Step, run: Run) -> Outputs:
    """Publishes a message."""
    message = given["message"].encode()[:MAX_MESSAGE].decode(errors="ignore")
    run.client("sns").publish(
        TopicArn=given["topic_arn"], Subject=given["subject"], Message=message
    )
    return {}


def emit_event(given: Step, run: Run) -> Outputs:
    """Puts one event on a bus."""
    answer = run.client("events").put_events(
        Entries=[
            {
                "EventBusName": given["bus_arn"],
                "Source": given["source"],
                "DetailType": given["detail_type"],
                "Detail": json.dumps(dict(given["detail"])),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        [entry] = answer["Entries"]
        raise StepFailed(entry["ErrorCode"], entry.get("ErrorMessage", ""))
    return {}


def publish_metrics(given: Step, run: Run) -> Outputs:
    """Publishes numbers to CloudWatch."""
    named = [(metric["name"], metric["value"], metric["unit"]) for metric in given["metrics"]]
    named += [(name, value, "None") for name, value in numbers(given["report"])[:METRICS_A_CALL]]
    dimensions = [{"Name": name, "Value": value} for name, value in given["dimensions"]]
    for start in range(0, len(named), METRICS_A_CALL):
        run.client("cloudwatch").put_metric_data(
            Namespace=given["namespace"],
            MetricData=[
                {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions}
                for name, value, unit in named[start : start + METRICS_A_CALL]
            ],
        )
    return {}


def service_call(given: Step, run: Run) -> Outputs:
    """Calls an API of any service; argument names may begin with a capital, as the SDK's do."""
    service: str = given["service"]
    client = run.client(SERVICES.get(service, service))
    operation = given["action"][:1].upper() + given["action"][1:]
    members = client.meta.service_model.operation_model(operation).input_shape.members
    names = {name[:1].upper() + name[1:]: name for name in members}
    arguments = {names.get(name[:1].upper() + name[1:], name): v for name, v in given["arguments"]}
    method = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()
    answer = getattr(client, method)(**arguments)
    return {name: _member(answer, path) for name, _, path in given["results"]}


def _member(answer: Any, path: str) -> Any:
    for name in path.split("."):
        answer = answer[name] if name in answer else answer[name[:1].lower() + name[1:]]
    return answer
