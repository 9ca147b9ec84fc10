"""The step of the standard training pipeline that records the run in MLflow."""

from collections.abc import Iterator
from dataclasses import replace

from groundplan.pipelines.settings import TrainingPipelineSettings
from groundplan.pipelines.steps import Channel, Network, ProcessingJob, ResolveImage
from groundplan.pipelines.training_evaluation import EVALUATION_REPORT
from groundplan.pipelines.training_facts import FINGERPRINT, NEW
from groundplan.pipelines.training_jobs import evaluation_uri, processing_job
from groundplan.pipelines.values import Execution, Join, Parameter, Part, Text, TextOutput

RUNS = "tracking/"
"""Folder of a training's checkpoints that holds what it recorded."""


def record_run(
    settings: TrainingPipelineSettings, serving: ResolveImage
) -> Iterator[ProcessingJob]:
    """Records the run before any gate, so that those that no gate lets through are there too.

    Whatever goes wrong here, training goes on.
    """
    tracking = settings.tracking
    if tracking is None:
        return
    job = processing_job(
        settings,
        tracking.entrypoint,
        (
            Channel(
                name="runs",
                uri=Join((f"{settings.work_uri}checkpoints/", FINGERPRINT, f"/{RUNS}")),
            ),
            Channel(name="evaluation", uri=evaluation_uri(settings, EVALUATION_REPORT)),
        ),
        Join((f"{settings.work_uri}{RUNS}", Execution("short_id"), "/")),
        settings.work_kms_key_id,
    )
    facts: tuple[tuple[str, Part], ...] = (
        ("project", settings.project),
        ("environment", settings.environment),
        ("model", settings.model),
        ("fingerprint", FINGERPRINT),
        ("dataset_version", TextOutput("dataset", "version")),
        ("code_version", Parameter("code_version")),
        ("training_image_digest", TextOutput("image", "digest")),
        ("serving_image_digest", TextOutput(serving.id, "digest")),
        ("training_job", TextOutput("train", "job_name")),
        ("artifact_uri", TextOutput("train", "artifact_uri")),
        ("instance_type", TextOutput("train", "instance_type")),
        ("execution", Execution("id")),
    )
    arguments: list[Text] = ["--server", tracking.server, "--experiment", tracking.experiment]
    for name, value in facts:
        arguments += ["--tag", Join((f"groundplan.{name}=", value))]
    yield ProcessingJob(
        id="track",
        after=("evaluate",),
        when=(NEW,),
        on_failure="continue",
        job=replace(
            job,
            role_arn=tracking.role_arn,
            arguments=tuple(arguments),
            max_runtime_seconds=tracking.max_runtime_seconds,
            network=job.network if tracking.attached else Network(),
        ),
        instance_type=settings.processing_instance_type,
        volume_key=settings.processing_volume_key,
        isolated=False,
    )
