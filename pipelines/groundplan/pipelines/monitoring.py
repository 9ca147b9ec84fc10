"""The standard monitoring pipeline: what an endpoint has captured against what it was judged on."""

from dataclasses import dataclass

from groundplan.pipelines.dag import ParameterSpec, Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.steps import (
    CaptureWindow,
    Channel,
    Condition,
    Job,
    Network,
    Notify,
    ProcessingJob,
    PublishMetrics,
    ReadEndpoint,
    ReadModel,
    ResolveImage,
    Step,
)
from groundplan.pipelines.steps.monitoring import Period
from groundplan.pipelines.values import (
    Either,
    Execution,
    Failure,
    Join,
    NumberOutput,
    ObjectOutput,
    Parameter,
    Text,
    TextOutput,
)

REPORT = "monitoring.json"
OTHER_SECONDS = 10_800
ARGUMENT_PART = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringPipelineSettings:
    """One endpoint's monitoring in one environment. URIs end with a slash.

    Attributes:
        job_prefix: Begins every job's name; at most 30 characters.
        image_registry_host: Registry of the monitoring image, in ``image_registry_account``.
        captured_uri: Where data capture writes the variant's requests: ``.../ENDPOINT/VARIANT/``.
        work_uri: Where reports go (the environment's bucket).
        labels_uri: Where labels arrive; ``None`` where none do.
        labels_after_days: How long after the request its label is known.
        period: How much is checked at a time.
        options: The job's options as one line of canonical JSON.
    """

    project: str
    environment: str
    model: str
    partition: str
    endpoint_name: str
    topic_arn: str
    job_prefix: str
    processing_role_arn: str
    image_registry_account: str
    image_registry_host: str
    image_repository: str
    captured_uri: str
    work_uri: str
    labels_uri: str | None = None
    labels_after_days: int = 0
    work_kms_key_id: str
    volume_kms_key_id: str
    period: Period
    options: str
    entrypoint: tuple[str, ...] = ("python", "-m", "monitor")
    instance_type: str
    volume_key: bool
    volume_gib: int = 30
    max_runtime_seconds: int = 3600
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


def metric_namespace(project: str) -> str:
    """Return the CloudWatch namespace of a project's own metrics."""
    return f"groundplan/{project}"


def metric_dimensions(environment: str, model: str) -> tuple[tuple[str, str], ...]:
    """Return the dimensions of a model's own metrics."""
    return (("Environment", environment), ("Model", model))


def monitoring_pipeline(settings: MonitoringPipelineSettings) -> Pipeline:
    """The steps from the requests of a period to metrics that say whether they have drifted.

    The version that is served names its own baseline. Without an endpoint, or without a request in
    the period, nothing is checked and nothing fails.

    Raises:
        PipelineError: If a setting cannot work.
    """
    for name in ("captured_uri", "work_uri", "labels_uri"):
        uri = getattr(settings, name)
        if uri is not None and (not uri.startswith("s3://") or not uri.endswith("/")):
            raise PipelineError(
                f"settings.{name}",
                "must be an S3 URI that ends with a slash",
                got=uri,
                fix="use s3://BUCKET/PREFIX/",
            )
    serves = Condition(
        output=TextOutput("endpoint", "version"), comparison="not_equals", value="none"
    )
    windows = _windows(settings, serves)
    asked = Condition(output=NumberOutput("window", "objects"), comparison="at_least", value=1)
    when = (serves, asked)
    report = ObjectOutput("monitor", "report")
    steps: tuple[Step, ...] = (
        ReadEndpoint(id="endpoint", endpoint_name=settings.endpoint_name),
        ReadModel(
            id="model",
            when=(serves,),
            model_package_arn=TextOutput("endpoint", "version"),
        ),
        *windows,
        ResolveImage(
            id="image",
            when=when,
            registry_account=settings.image_registry_account,
            registry_host=settings.image_registry_host,
            repository=settings.image_repository,
        ),
        _job(settings, windows, when),
        PublishMetrics(
            id="metrics",
            when=when,
            namespace=metric_namespace(settings.project),
            dimensions=metric_dimensions(settings.environment, settings.model),
            report=report,
        ),
    )
    return Pipeline(
        name=f"{settings.project}-{settings.environment}-{settings.model}-monitoring",
        partition=settings.partition,
        parameters=(
            ParameterSpec(
                name="until",
                default="",
                description="the last whole period before this moment (ISO 8601, UTC) is checked; "
                "by default the one before the execution",
            ),
        ),
        steps=steps,
        on_failure=(tell_failure(settings.model, settings.environment, settings.topic_arn),),
        outputs=(
            ("version", TextOutput("endpoint", "version")),
            ("objects", Either(NumberOutput("window", "objects"), 0)),
            ("report_uri", Either(TextOutput("monitor", "report_uri"), "")),
            ("report", Either(report, "insufficient_data")),
        ),
        timeout_seconds=settings.max_runtime_seconds + OTHER_SECONDS,
    )


def tell_failure(model: str, environment: str, topic_arn: str) -> Notify:
    """Return the step that tells people of a run that failed."""
    subject = f"Monitoring of {model} in {environment} failed"
    return Notify(
        id="tell",
        topic_arn=topic_arn,
        subject=subject[:100],
        message=Join(
            (
                f"{subject} at step ",
                Failure("step"),
                ": ",
                Failure("error"),
                "\n",
                Failure("cause"),
                "\nexecution: ",
                Execution("id"),
            )
        ),
    )


def _windows(settings: MonitoringPipelineSettings, serves: Condition) -> tuple[CaptureWindow, ...]:
    baseline = TextOutput("model", "baseline_uri")
    until = Parameter("until")
    captured = CaptureWindow(
        id="window",
        when=(serves,),
        uri=settings.captured_uri,
        period=settings.period,
        until=until,
        fallback=baseline,
    )
    if settings.labels_uri is None:
        return (captured,)
    labelled = CaptureWindow(
        id="labelled",
        when=(serves,),
        uri=settings.captured_uri,
        period=settings.period,
        until=until,
        delay_days=settings.labels_after_days,
        fallback=baseline,
    )
    labels = CaptureWindow(
        id="labels",
        when=(serves,),
        uri=settings.labels_uri,
        period=None,
        until=until,
        fallback=baseline,
    )
    return (captured, labelled, labels)


def _job(
    settings: MonitoringPipelineSettings,
    windows: tuple[CaptureWindow, ...],
    when: tuple[Condition, ...],
) -> ProcessingJob:
    inputs = [Channel(name="baseline", uri=TextOutput("model", "baseline_uri"))]
    arguments: list[Text] = []
    for window in windows:
        name = "captured" if window.id == "window" else window.id
        count = 2 if window.period == "week" else 1
        inputs += [
            Channel(name=f"{name}-{index}", uri=TextOutput(window.id, f"uri_{index}"))
            for index in range(count)
        ]
        if window.period is not None:
            arguments += [f"--{name}", TextOutput(window.id, "begin"), TextOutput(window.id, "end")]
    options = settings.options
    parts = [
        options[start : start + ARGUMENT_PART] for start in range(0, len(options), ARGUMENT_PART)
    ]
    return ProcessingJob(
        id="monitor",
        when=when,
        job=Job(
            job_prefix=settings.job_prefix,
            image=TextOutput("image", "uri"),
            role_arn=settings.processing_role_arn,
            entrypoint=settings.entrypoint,
            arguments=(*arguments, "--options", *parts),
            inputs=tuple(inputs),
            output_uri=Join((f"{settings.work_uri}monitoring/", Execution("short_id"), "/")),
            output_kms_key_id=settings.work_kms_key_id,
            volume_kms_key_id=settings.volume_kms_key_id,
            volume_gib=settings.volume_gib,
            max_runtime_seconds=settings.max_runtime_seconds,
            network=Network(
                subnet_ids=settings.subnet_ids, security_group_ids=settings.security_group_ids
            ),
            tags=settings.tags,
        ),
        instance_type=settings.instance_type,
        volume_key=settings.volume_key,
        report=REPORT,
    )
