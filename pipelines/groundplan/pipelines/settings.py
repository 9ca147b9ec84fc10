"""Everything the standard training pipeline is built from, resolved: the plan fills it in."""

from dataclasses import dataclass
from typing import Literal

from groundplan.pipelines.steps import (
    FairnessBound,
    MetricBound,
    RegressionBound,
    Rung,
    TuningRange,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningSettings:
    """The search for hyperparameters.

    Attributes:
        metric: What the training program prints as ``METRIC=NUMBER``.
        ranges: What is tried; none of them is a fixed hyperparameter too.
    """

    metric: str
    goal: Literal["Minimize", "Maximize"]
    ranges: tuple[TuningRange, ...]
    max_jobs: int
    parallel_jobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessSettings:
    """How the standard evaluation program tells groups and decisions apart.

    Attributes:
        label: Column of the truth.
        positive: Its value that counts as positive, as text.
        threshold: Probability from which on a prediction counts as positive.
        bounds: Greatest gaps; their facets are columns.
    """

    label: str
    positive: str
    threshold: float
    bounds: tuple[FairnessBound, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSettings:
    """Where a training's run is recorded in MLflow, by a job of its own.

    Training has no network, so that it leaves what it records beside its checkpoints; this job, which
    has one, reads that and the evaluation's numbers.

    Attributes:
        role_arn: Role of the job.
        server: ARN of the MLflow app or tracking server, or the placeholder ``${MlflowArn}``.
        experiment: Name of the experiment.
        attached: Whether the job runs in the network of the others. Otherwise it runs in SageMaker's.
    """

    role_arn: str
    server: str
    experiment: str
    attached: bool = True
    entrypoint: tuple[str, ...] = ("python", "tracking.py")
    max_runtime_seconds: int = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPipelineSettings:
    """One model's training in one environment.

    URIs are ``s3://BUCKET/PREFIX/`` with a slash at the end. Pairs are sorted by the caller.
    Placeholders (``${SubnetId0}``) are allowed in the two network fields and in ``tracking.server``
    only.

    Attributes:
        job_prefix: Begins every job's name; at most 30 characters.
        image_registry_account: The account that holds both image repositories.
        image_repository: The image that checks, trains and evaluates.
        serving_image_repository: The image that serves; may be the same one.
        dataset_uri: Has the folders ``train/`` and ``test/``, and ``future/`` where a gate asks for
            data from after the training data.
        releases_uri: Where released versions of the dataset are on record. ``None``: any version will do.
        artifacts_uri: Where trained models go (the tooling account's bucket).
        evaluations_uri: Where evaluations go, beside the models, so that other accounts can read
            the stored cases.
        work_uri: Where checkpoints, records and quality reports go (the environment's bucket).
        artifacts_kms_key_id: Key of what is written below ``artifacts_uri`` and
            ``evaluations_uri``.
        work_kms_key_id: Key of what processing writes below ``work_uri``.
        volume_kms_key_id: Key of job volumes, where the instance type takes one.
        ladder: Instance types in the order in which they are tried.
        patience_seconds: How long a rung may wait for capacity before the next one is tried.
        max_wait_seconds: Bounds a spot job, waiting included; at least ``max_runtime_seconds``.
        hyperparameters: Name and text, as SageMaker passes them; an execution may be started with
            other values of those whose name can be a parameter's.
        tuning: Search for further hyperparameters instead of one training job.
        quality_rules: The dataset's rules as one line of canonical JSON: a list of objects.
        bounds: What the metrics on held-out data must satisfy before the model is registered.
        future_bounds: The same on future data.
        regressions: How much worse than the champion's the metrics on held-out data may be.
        future_regressions: The same on future data.
        tracking: Where runs are recorded besides.
        approve_on_registration: Whether a new version needs nobody's approval for staging.
        topic_arn: Topic that is told how a run ended.
        event_bus_arn: The project's bus, which gets `Training Failed`.
    """

    project: str
    environment: str
    model: str
    region: str
    account: str
    partition: str
    job_prefix: str
    training_role_arn: str
    processing_role_arn: str
    image_registry_account: str
    image_repository: str
    serving_image_repository: str
    dataset_uri: str
    artifacts_uri: str
    evaluations_uri: str
    work_uri: str
    artifacts_kms_key_id: str
    work_kms_key_id: str
    volume_kms_key_id: str
    ladder: tuple[Rung, ...]
    instance_count: int = 1
    volume_gib: int = 30
    patience_seconds: int = 1800
    max_wait_seconds: int
    max_runtime_seconds: int
    hyperparameters: tuple[tuple[str, str], ...] = ()
    tuning: TuningSettings | None = None
    training_entrypoint: tuple[str, ...] = ("python", "train.py")
    processing_instance_type: str
    processing_volume_key: bool
    processing_volume_gib: int = 30
    processing_max_runtime_seconds: int = 3600
    quality_entrypoint: tuple[str, ...] = ("python", "quality.py")
    quality_rules: str = "[]"
    evaluation_entrypoint: tuple[str, ...] = ("python", "evaluate.py")
    bounds: tuple[MetricBound, ...] = ()
    future_bounds: tuple[MetricBound, ...] = ()
    regressions: tuple[RegressionBound, ...] = ()
    future_regressions: tuple[RegressionBound, ...] = ()
    fairness: FairnessSettings | None = None
    tracking: TrackingSettings | None = None
    releases_uri: str | None = None
    model_package_group_arn: str
    approve_on_registration: bool = False
    topic_arn: str
    event_bus_arn: str
    content_types: tuple[str, ...] = ("application/json", "text/csv")
    response_types: tuple[str, ...] = ("application/json",)
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
