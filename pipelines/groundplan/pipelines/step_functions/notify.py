"""States that tell the world: a message, an event, numbers."""

import re

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions.jsonata import code, expression, render
from groundplan.pipelines.step_functions.states import (
    Scope,
    State,
    States,
    api_task,
    failure,
    words,
)
from groundplan.pipelines.steps import EmitEvent, Metric, Notify, PublishMetrics

# SNS: a subject is ASCII of at most 100 characters, a message at most 256 KiB.
SUBJECT = re.compile(r"[!-~][ -~]{0,99}")
MAX_MESSAGE = 50_000  # characters: 200,000 bytes where each takes four
MAX_REPORTED = 100


def notify(step: Notify, scope: Scope) -> States:
    """Publishes. A call that may have arrived is repeated: twice is better than never.

    Raises:
        PipelineError: If SNS would refuse the subject.
    """
    if not SUBJECT.fullmatch(step.subject):
        raise PipelineError(
            f"steps[{step.id}].subject",
            "must be 1 to 100 printable ASCII characters and not begin with a space",
            got=step.subject,
            fix="shorten it",
        )
    arguments = {
        "TopicArn": render(step.topic_arn),
        "Subject": render(step.subject),
        "Message": code(f"$substring({expression(step.message)}, 0, {MAX_MESSAGE})"),
    }
    return {
        words(step): api_task(step, scope, "sns:publish", arguments, scope.following),
        **failure(step, scope),
    }


def emit(step: EmitEvent, scope: Scope) -> States:
    """Puts one event; Step Functions itself fails the state when the bus did not take it."""
    entry = {
        "EventBusName": render(step.bus_arn),
        "Source": render(step.source),
        "DetailType": render(step.detail_type),
        "Detail": {name: render(value) for name, value in step.detail},
    }
    return {
        words(step): api_task(
            step, scope, "events:putEvents", {"Entries": [entry]}, scope.following
        ),
        **failure(step, scope),
    }


def publish(step: PublishMetrics, scope: Scope) -> States:
    """Publishes what is named, and the first `MAX_REPORTED` numbers of the report by name.

    Raises:
        PipelineError: If there is nothing to publish.
    """
    if not step.metrics and step.report is None:
        raise PipelineError(
            f"steps[{step.id}].metrics", "publishes nothing", got=(), fix="add a metric or a report"
        )
    dimensions: list[State] = [{"Name": name, "Value": value} for name, value in step.dimensions]
    data: object = [_datum(metric, dimensions) for metric in step.metrics]
    if step.report is not None:
        data = code(_reported(step))
    return {
        words(step): api_task(
            step,
            scope,
            "aws-sdk:cloudwatch:putMetricData",
            {"Namespace": step.namespace, "MetricData": data},
            scope.following,
        ),
        **failure(step, scope),
    }


def _datum(metric: Metric, dimensions: list[State]) -> State:
    return {
        "MetricName": metric.name,
        "Dimensions": dimensions,
        "Value": render(metric.value),
        "Unit": metric.unit,
    }


def _reported(step: PublishMetrics) -> str:
    """JSONata of all data: the named ones as they are, one for each number in the report."""
    assert step.report is not None
    metrics = f"{expression(step.report)}.metrics"
    dimensions = ", ".join(
        f"{{'Name': {expression(name)}, 'Value': {expression(value)}}}"
        for name, value in step.dimensions
    )
    first = ", ".join(
        f"{{'MetricName': {expression(metric.name)}, 'Dimensions': [{dimensions}], "
        f"'Value': {expression(metric.value)}, 'Unit': {expression(metric.unit)}}}"
        for metric in step.metrics
    )
    names = f"$sort($keys($sift({metrics}, function($v) {{ $type($v) = 'number' }})))"
    each = (
        f"function($n) {{ {{'MetricName': $n, 'Dimensions': [{dimensions}], "
        f"'Value': $lookup({metrics}, $n), 'Unit': 'None'}} }}"
    )
    return f"$append([{first}], $map([{names}][[0..{MAX_REPORTED - 1}]], {each}))"
