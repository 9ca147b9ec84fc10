"""Spec of how a model is served."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict, Tag

from groundplan.blueprints.spec.base import (
    RELATIVE_PATH,
    Count,
    Flag,
    Name,
    NotBuilt,
    Number,
    Percent,
    SpecModel,
    choose,
)
from groundplan.blueprints.spec.instance import (
    HostingInstance,
    HostingInstanceChoice,
    TransformInstance,
)
from groundplan.blueprints.spec.schedule import check_cron, check_time_zone

Positive = Annotated[Number, Field(gt=0)]
RequestRate = Annotated[Number, Field(ge=0, le=10_000_000)]
RelativePath = Annotated[str, Field(pattern=RELATIVE_PATH, max_length=1024)]


class InstancesSpec(SpecModel):
    """How many instances serve; scales between the two bounds when they differ."""

    min: Annotated[Count, Field(le=1000)]
    """Least number of instances."""

    max: Annotated[Count, Field(le=1000)] | None = None
    """Greatest number of instances. Default: ``min``, which means no scaling."""

    target_invocations_per_minute: Positive | None = None
    """Invocations a minute and instance that scaling aims at; needed when ``max`` exceeds ``min``."""


class TrafficSpec(SpecModel):
    """Expected requests: a file, a list of hours, or a shape."""

    profile: RelativePath | None = None
    """File of requests per second by hour, relative to the spec: CSV with the columns ``rps`` and
    ``hour`` or ``timestamp``, or JSON of CloudWatch's metric ``Invocations``. Default: none."""

    rps: Annotated[tuple[RequestRate, ...], Field(min_length=168, max_length=8784)] | None = None
    """Requests per second in each of the 168 hours of a week, Monday at 00:00 first, or in each of
    the 8,760 or 8,784 of a year in UTC. Default: none."""

    growth_per_year: Annotated[Number, Field(gt=-1, le=100)] = 0
    """Growth of the traffic over a year from now; 0.2 is 20 percent. Default: 0."""

    base_rps: RequestRate | None = None
    """Requests per second outside the peak. Default: there is no shape."""

    peak_rps: RequestRate | None = None
    """Requests per second in the peak. Default: ``base_rps``."""

    peak_hours: tuple[Annotated[int, Strict(), Field(ge=0, le=23)], ...] = ()
    """Hours of the day that are the peak; 8 is 08:00 to 09:00. Default: none."""

    weekend_factor: Annotated[Number, Field(ge=0, le=100)] = 1
    """What a shape is multiplied by on Saturday and Sunday. Default: 1."""

    time_zone: Annotated[
        str, AfterValidator(check_time_zone), Field(examples=["Europe/Berlin"])
    ] = "UTC"
    """Time zone of the hours, in which peaks recur. Default: ``UTC``."""

    year: Annotated[int, Strict(), Field(ge=2000, le=2200)] | None = None
    """Year whose clock changes apply to a week or a shape. Default: a week in standard time."""


class ServiceTimeSpec(SpecModel):
    """How long one request takes on an idle instance."""

    mean: Annotated[Positive, Field(le=3_600_000)]
    """Mean, in milliseconds."""

    cv: Annotated[Number, Field(ge=0, le=5)] = 1
    """Coefficient of variation: standard deviation over mean. Default: 1."""


class LatencySpec(SpecModel):
    """How long a request may take."""

    percentile: Annotated[Number, Field(ge=50, le=99.9)] = 99
    """Share of requests that must be that fast, in percent. Default: 99."""

    max_ms: Annotated[Positive, Field(le=3_600_000)]
    """Longest time, in milliseconds."""


class MeasuredLatencySpec(SpecModel):
    """One level of a load test on one instance."""

    instance: HostingInstance
    """Instance type that was measured."""

    concurrency: Annotated[Count, Field(le=1000)]
    """Requests in progress at a time."""

    p50_ms: Positive
    """Median latency, in milliseconds."""

    p99_ms: Positive
    """99th percentile of the latency, in milliseconds."""


class SizingSpec(SpecModel):
    """How the number of instances follows from traffic."""

    workers: Annotated[Count, Field(le=512)] = 1
    """Requests that one instance answers at a time. Default: 1."""

    headroom: Annotated[Number, Field(ge=0, le=5)] = 0.2
    """Share of capacity above what traffic needs. Default: 0.2."""

    start_seconds: Annotated[int, Strict(), Field(ge=30, le=3600)] = 300
    """Time in which a new instance starts. Default: 300."""

    max_instances: Annotated[Count, Field(le=1000)] | None = None
    """Greatest number of instances. Default: half as many again as the busiest hour needs."""

    measured: Annotated[tuple[MeasuredLatencySpec, ...], Field(max_length=200)] = ()
    """Latencies of a load test, which take the place of ``service_time_ms``. Default: none."""

    allow_errors_while_waking: Flag = False
    """Whether the endpoint goes to zero instances while nothing is asked, in every environment, also
    in production, and fails requests for the minutes in which it wakes. It has no capture, shadow,
    canary or linear rollout then. Default: it keeps its fewest instances."""


class CaptureSpec(SpecModel):
    """Keeping of requests and answers."""

    percent: Annotated[int, Strict(), Field(ge=0, le=100)]
    """Share of the requests that is kept; 0, which an environment may override with, keeps none."""


class RolloutSpec(SpecModel):
    """How a new model takes over."""

    strategy: Literal["all_at_once", "canary", "linear"] = "all_at_once"
    """How traffic moves to the new instances. Default: ``all_at_once``."""

    percent: Annotated[Percent, Field(le=50)] | None = None
    """Share of the instances in the first (canary) or each (linear) step. Default: 10, and none
    for ``all_at_once``."""

    bake_minutes: Annotated[int, Strict(), Field(ge=0, le=60)] = 10
    """Time for which alarms can still roll back, after each step. Default: 10."""

    shadow_first: Annotated[bool, Strict()] = False
    """Whether the new model first answers copies of requests, on instances of its own. Default: it
    does not."""

    shadow_minutes: Annotated[int, Strict(), Field(ge=1, le=10_080)] | None = None
    """Time for which it does. Default: 60, and none without ``shadow_first``."""


class AlarmsSpec(SpecModel):
    """When an endpoint alarms, and a rollout is rolled back."""

    p99_ms: Positive | None = None
    """Greatest 99th percentile of the model's latency, in milliseconds. Default: no such alarm."""

    error_rate: Annotated[Number, Field(gt=0, le=1)] = 0.01
    """Greatest share of failed requests, from 0 to 1. Default: 0.01."""


class RealtimeServing(SpecModel):
    """An endpoint that is always there."""

    kind: Literal["realtime"] = "realtime"
    """``realtime``, which is also what serving without a kind is."""

    image: Name | None = None
    """Image of the project that serves; SageMaker starts it with the argument ``serve``. Default:
    the training image."""

    instance: HostingInstanceChoice = "ml.m5.large"
    """Instance type. Default: ``ml.m5.large``."""

    instances: InstancesSpec | None = None
    """Number of instances. Default: 2 in production and for a canary or linear rollout, else 1."""

    traffic: TrafficSpec | None = None
    """Expected requests, from which the number of instances follows in production, or everywhere in
    a project without production; other environments serve from the least number, unless their
    overrides say. Default: none."""

    service_time_ms: ServiceTimeSpec | None = None
    """How long one request takes. Default: none."""

    latency: LatencySpec | None = None
    """How long a request may take. Default: none."""

    sizing: SizingSpec | None = None
    """How the number of instances follows from traffic. Default: as :class:`SizingSpec` says."""

    capture: CaptureSpec | None = None
    """Keeping of requests and answers. Default: nothing is kept."""

    rollout: RolloutSpec = Field(default_factory=RolloutSpec)
    """How a new model takes over. Default: as :class:`RolloutSpec` says."""

    alarms: AlarmsSpec = Field(default_factory=AlarmsSpec)
    """When the endpoint alarms. Default: as :class:`AlarmsSpec` says."""


class ServerlessServing(SpecModel):
    """An endpoint that runs only while it answers."""

    kind: Annotated[Literal["serverless"], NotBuilt(built=("realtime", "batch"))]
    """``serverless``."""

    image: Name | None = None
    """Image of the project that serves. Default: the training image."""

    memory_mib: Literal[1024, 2048, 3072, 4096, 5120, 6144] = 2048
    """Memory of one copy. Default: 2048."""

    max_concurrency: Annotated[Count, Field(le=200)] = 10
    """Greatest number of copies. Default: 10."""


class AsynchronousServing(SpecModel):
    """An endpoint that takes requests from a queue and writes answers to a bucket."""

    kind: Annotated[Literal["asynchronous"], NotBuilt(built=("realtime", "batch"))]
    """``asynchronous``."""

    image: Name | None = None
    """Image of the project that serves. Default: the training image."""

    instance: HostingInstanceChoice = "ml.m5.large"
    """Instance type. Default: ``ml.m5.large``."""

    instances: InstancesSpec | None = None
    """Number of instances. Default: 2 in production, else 1."""

    max_concurrent_invocations: Count | None = None
    """Greatest number of requests that one instance works on. Default: SageMaker decides."""


class BatchScheduleSpec(SpecModel):
    """When a whole dataset is scored."""

    cron: Annotated[str, AfterValidator(check_cron), Field(examples=["0 2 * * *"])] = "0 2 * * *"
    """Minute, hour, day of the month, month, and day of the week by name. Default: 02:00."""

    time_zone: Annotated[
        str, AfterValidator(check_time_zone), Field(examples=["Europe/Berlin"])
    ] = "UTC"
    """Time zone of ``cron``. Default: ``UTC``."""


class BatchServing(SpecModel):
    """Predictions for a whole dataset, at set times, by the newest approved version.

    The files below ``score/`` of the dataset are scored in every staging and production environment
    that may read it, or in the training environment where there is none. Each file's predictions
    are one object in the environment's work bucket, below
    ``predictions/MODEL/dt=DATE/version=NUMBER/``, beside a ``manifest.json`` that says which version
    scored which version of the data.
    """

    kind: Literal["batch"]
    """``batch``."""

    image: Name | None = None
    """Image of the project that predicts. Default: the training image."""

    dataset: Name
    """Dataset to predict for. No model is trained on it: what is to be scored would count as new
    training data."""

    schedule: BatchScheduleSpec | None = Field(default_factory=BatchScheduleSpec)
    """When it is scored; null means only when started by hand. Default: every night at 02:00 UTC."""

    prefer: Literal["speed", "cost"] = "speed"
    """``speed`` scores with SageMaker batch transform, ``cost`` on AWS Batch with Fargate Spot, which
    needs a network and has no GPU. Default: ``speed``."""

    instance: TransformInstance | None = None
    """Instance type of the transform job. Default: ``ml.m5.large``."""

    instance_count: Annotated[Count, Field(le=100)] | None = None
    """Number of instances, among which files are shared out. Default: 1."""

    vcpus: Literal[1, 2, 4, 8, 16] | None = None
    """Virtual CPUs of the container on AWS Batch. Default: 2."""

    memory_gib: Count | None = None
    """Memory of the container on AWS Batch. Default: twice as much as ``vcpus``."""

    max_runtime_hours: Annotated[Number, Field(gt=0, le=120)] = 4
    """Longest time for one try. Default: 4."""


ServingSpec = Annotated[
    Annotated[RealtimeServing, Tag("realtime")]
    | Annotated[ServerlessServing, Tag("serverless")]
    | Annotated[AsynchronousServing, Tag("asynchronous")]
    | Annotated[BatchServing, Tag("batch")],
    choose("kind", "realtime", "serverless", "asynchronous", "batch", default="realtime"),
]
