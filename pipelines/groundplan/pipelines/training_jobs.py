"""The steps of the standard training pipeline that run containers."""

import math
import re
from collections.abc import Sequence

from groundplan.pipelines.settings import TrainingPipelineSettings, TuningSettings
from groundplan.pipelines.steps import (
    Channel,
    Condition,
    Job,
    Network,
    ProcessingJob,
    TrainingJob,
    TuningJob,
)
from groundplan.pipelines.training_facts import IMAGE
from groundplan.pipelines.values import Execution, Join, Parameter, Text, TextOutput

START_UP_SECONDS = 7200
RULE_PART = 200
QUALITY_REPORT = "report.json"
CASES = "cases.json"
BASELINE = "baseline.jsonl"
LINEAGE = "LINEAGE_"
"""What the variables of a training job that become its model's lineage begin with."""


def evaluation_uri(settings: TrainingPipelineSettings, *below: str) -> Join:
    """Where this run's evaluation is, or something below it."""
    return Join((settings.evaluations_uri, Execution("short_id"), "/", *below))


def fixed_hyperparameters(
    settings: TrainingPipelineSettings, parameters: Sequence[str]
) -> tuple[tuple[str, Text], ...]:
    """Every hyperparameter's value: the execution's where one of ``parameters`` is its name."""
    return tuple(
        (name, Parameter(name) if name in parameters else text)
        for name, text in settings.hyperparameters
    )


def quality_check(settings: TrainingPipelineSettings, when: tuple[Condition, ...]) -> ProcessingJob:
    """Checks the whole dataset against its rules."""
    rules = settings.quality_rules
    parts = [rules[start : start + RULE_PART] for start in range(0, len(rules), RULE_PART)]
    return ProcessingJob(
        id="quality",
        when=when,
        job=processing_job(
            settings,
            settings.quality_entrypoint,
            (Channel(name="data", uri=settings.dataset_uri),),
            Join((f"{settings.work_uri}quality/", Execution("short_id"), "/")),
            settings.work_kms_key_id,
            ("--reference-time", Execution("start_time"), "--rules", *parts),
        ),
        instance_type=settings.processing_instance_type,
        volume_key=settings.processing_volume_key,
        report=QUALITY_REPORT,
    )


def train(
    settings: TrainingPipelineSettings,
    hyperparameters: tuple[tuple[str, Text], ...],
    when: tuple[Condition, ...],
) -> TrainingJob | TuningJob:
    """Trains once, or many times where hyperparameters are searched for."""
    job = Job(
        job_prefix=settings.job_prefix,
        image=IMAGE,
        role_arn=settings.training_role_arn,
        entrypoint=settings.training_entrypoint,
        environment=_origin(settings),
        inputs=(Channel(name="train", uri=f"{settings.dataset_uri}train/"),),
        output_uri=settings.artifacts_uri,
        output_kms_key_id=settings.artifacts_kms_key_id,
        volume_kms_key_id=settings.volume_kms_key_id,
        volume_gib=settings.volume_gib,
        max_runtime_seconds=settings.max_runtime_seconds,
        network=_network(settings),
        tags=settings.tags,
    )
    checkpoints = Join(
        (f"{settings.work_uri}checkpoints/", TextOutput("fingerprint", "value"), "/")
    )
    tuning = settings.tuning
    if tuning is None:
        return TrainingJob(
            id="train",
            after=("data_gate",),
            when=when,
            job=job,
            ladder=settings.ladder,
            instance_count=settings.instance_count,
            hyperparameters=hyperparameters,
            checkpoint_uri=checkpoints,
            patience_seconds=settings.patience_seconds,
            max_wait_seconds=settings.max_wait_seconds,
        )
    return TuningJob(
        id="train",
        after=("data_gate",),
        when=when,
        job=job,
        ladder=settings.ladder,
        instance_count=settings.instance_count,
        hyperparameters=hyperparameters,
        ranges=tuning.ranges,
        objective_metric=tuning.metric,
        objective_regex=objective_regex(tuning.metric),
        goal=tuning.goal,
        max_jobs=tuning.max_jobs,
        parallel_jobs=tuning.parallel_jobs,
        checkpoint_uri=checkpoints,
        patience_seconds=settings.patience_seconds,
        max_wait_seconds=settings.max_wait_seconds,
    )


def _origin(settings: TrainingPipelineSettings) -> tuple[tuple[str, Text], ...]:
    """What the model is made of, for the file `lineage.json` that training leaves in the artefact."""
    return (
        (f"{LINEAGE}PROJECT", settings.project),
        (f"{LINEAGE}MODEL", settings.model),
        (f"{LINEAGE}FINGERPRINT", TextOutput("fingerprint", "value")),
        (f"{LINEAGE}DATA_URI", settings.dataset_uri),
        (f"{LINEAGE}DATA_VERSION", TextOutput("dataset", "version")),
        (f"{LINEAGE}IMAGE_DIGEST", TextOutput("image", "digest")),
        (f"{LINEAGE}EXECUTION", Execution("id")),
    )


def objective_regex(metric: str) -> str:
    """What finds the objective in a training program's log: ``METRIC=NUMBER``."""
    return rf"\b{re.escape(metric)}=([-+0-9.eE]+)"


def training_rounds(tuning: TuningSettings | None) -> int:
    """How many training jobs run one after another on a rung."""
    return 1 if tuning is None else math.ceil(tuning.max_jobs / tuning.parallel_jobs)


def _network(settings: TrainingPipelineSettings) -> Network:
    return Network(subnet_ids=settings.subnet_ids, security_group_ids=settings.security_group_ids)


def processing_job(
    settings: TrainingPipelineSettings,
    entrypoint: tuple[str, ...],
    inputs: tuple[Channel, ...],
    output_uri: Join,
    output_kms_key_id: str,
    arguments: tuple[str | Execution, ...] = (),
) -> Job:
    """What every processing job of a run has in common."""
    return Job(
        job_prefix=settings.job_prefix,
        image=IMAGE,
        role_arn=settings.processing_role_arn,
        entrypoint=entrypoint,
        arguments=arguments,
        inputs=inputs,
        output_uri=output_uri,
        output_kms_key_id=output_kms_key_id,
        volume_kms_key_id=settings.volume_kms_key_id,
        volume_gib=settings.processing_volume_gib,
        max_runtime_seconds=settings.processing_max_runtime_seconds,
        network=_network(settings),
        tags=settings.tags,
    )
