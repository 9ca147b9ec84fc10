"""The pipeline that turns what Model Monitor found into a metric."""

from dataclasses import dataclass

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.monitoring import metric_dimensions, metric_namespace, tell_failure
from groundplan.pipelines.steps import (
    Condition,
    Metric,
    MonitoringOutcome,
    PublishMetrics,
    ReadEndpoint,
)
from groundplan.pipelines.values import Either, NumberOutput, TextOutput

SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMonitorPipelineSettings:
    """One endpoint that Model Monitor watches in one environment.

    Attributes:
        schedule_name: Model Monitor's schedule, there while the endpoint serves a model.
        max_age_seconds: How long ago a run may have been due to count.
    """

    project: str
    environment: str
    model: str
    partition: str
    endpoint_name: str
    schedule_name: str
    topic_arn: str
    max_age_seconds: int


def model_monitor_pipeline(settings: ModelMonitorPipelineSettings) -> Pipeline:
    """The steps from the last run of Model Monitor to the metric ``data_drift``.

    Model Monitor starts and runs its own jobs. Without an endpoint, a run or a request nothing is
    published and nothing fails.
    """
    serves = Condition(
        output=TextOutput("endpoint", "version"), comparison="not_equals", value="none"
    )
    ended = Condition(output=NumberOutput("outcome", "finished"), comparison="at_least", value=1)
    return Pipeline(
        name=f"{settings.project}-{settings.environment}-{settings.model}-monitoring",
        partition=settings.partition,
        parameters=(),
        steps=(
            ReadEndpoint(id="endpoint", endpoint_name=settings.endpoint_name),
            MonitoringOutcome(
                id="outcome",
                when=(serves,),
                schedule_name=settings.schedule_name,
                max_age_seconds=settings.max_age_seconds,
            ),
            PublishMetrics(
                id="metrics",
                when=(serves, ended),
                namespace=metric_namespace(settings.project),
                dimensions=metric_dimensions(settings.environment, settings.model),
                metrics=(Metric(name="data_drift", value=NumberOutput("outcome", "data_drift")),),
            ),
        ),
        on_failure=(tell_failure(settings.model, settings.environment, settings.topic_arn),),
        outputs=(
            ("version", TextOutput("endpoint", "version")),
            ("status", Either(TextOutput("outcome", "status"), "None")),
        ),
        timeout_seconds=SECONDS,
    )
