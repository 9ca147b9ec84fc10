"""Puts a user's own steps into the standard training pipeline."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.context import Context, training_image
from groundplan.blueprints.plan.offered import check_offered
from groundplan.blueprints.spec import ModelSpec, StepSpec
from groundplan.pipelines import Pipeline, PipelineError
from groundplan.pipelines.steps import (
    Channel,
    Fingerprint,
    Job,
    ProcessingJob,
    ResolveImage,
    Step,
)
from groundplan.pipelines.values import Execution, Join, TextOutput

OWN_FOLDER = "steps"
"""Folder of a model's working data that own steps write to."""
TRAIN = "train"
"""Step whose conditions own steps share: they run whenever something is trained."""

Kind = TypeVar("Kind", bound=Step)


def own_steps(context: Context, model: ModelSpec) -> Iterator[tuple[int, StepSpec]]:
    """Yield the user's steps for a model, each with its place in the spec's list."""
    for index, step in enumerate(context.spec.pipelines.steps):
        if step.model in ("all", model.name):
            yield index, step


def own_images(context: Context, model: ModelSpec) -> tuple[str, ...]:
    """Return the images of a model's own steps."""
    return tuple(
        dict.fromkeys(step.image or training_image(model) for _, step in own_steps(context, model))
    )


def with_own_steps(context: Context, model: ModelSpec, pipeline: Pipeline) -> Pipeline:
    """Return the training pipeline of a model with the user's steps in it.

    The digests of their images and their commands become part of the fingerprint: a changed step
    trains again.

    Raises:
        PlanError: If a step does not fit, with its place in the spec.
    """
    for index, spec in own_steps(context, model):
        path = f"pipelines.steps[{index}]"
        check_offered(spec.instance, context.region, "processing", spec_path=f"{path}.instance")
        try:
            pipeline = _with(context, model, pipeline, spec, path)
        except PipelineError as exc:
            raise PlanError(f"{path}: {exc.path}", exc.problem, got=exc.got, fix=exc.fix) from exc
    return pipeline


def _with(
    context: Context, model: ModelSpec, pipeline: Pipeline, spec: StepSpec, path: str
) -> Pipeline:
    replaced = _replaced(pipeline, spec, path)
    base = replaced or _first(pipeline, ProcessingJob)
    train = next((step for step in pipeline.steps if step.id == TRAIN), base)
    image, pipeline = _image(
        pipeline, context.repository(spec.image or training_image(model)), spec
    )
    step = ProcessingJob(
        id=spec.name if replaced is None else replaced.id,
        after=spec.after if replaced is None else replaced.after,
        when=train.when if replaced is None else replaced.when,
        on_failure=spec.on_failure,
        job=_job(context, model, base.job, replaced, spec, image),
        instance_type=spec.instance,
        volume_key=not instance_types()[spec.instance].local_nvme,
        report=spec.report if replaced is None else spec.report or replaced.report,
    )
    pipeline = _fingerprinted(pipeline, spec, image)
    if replaced is not None:
        return pipeline.replace(step)
    return pipeline.insert(step, before=spec.before)


def _replaced(pipeline: Pipeline, spec: StepSpec, path: str) -> ProcessingJob | None:
    if spec.replaces is None:
        return None
    jobs = {step.id: step for step in pipeline.steps if isinstance(step, ProcessingJob)}
    if spec.replaces not in jobs:
        raise PlanError(
            f"{path}.replaces",
            "is no job of the pipeline that another one can replace",
            got=spec.replaces,
            fix=f"use one of {', '.join(jobs)}",
        )
    return jobs[spec.replaces]


def _job(
    context: Context,
    model: ModelSpec,
    base: Job,
    replaced: ProcessingJob | None,
    spec: StepSpec,
    image: TextOutput,
) -> Job:
    job = replace(
        base,
        image=image,
        entrypoint=spec.command,
        arguments=spec.arguments,
        volume_gib=spec.volume_gib,
        max_runtime_seconds=round(spec.max_runtime_hours * 3600),
    )
    if spec.inputs is not None or replaced is None:
        wanted = spec.inputs if spec.inputs is not None else ("dataset",)
        job = replace(job, inputs=tuple(_channel(context, model, item) for item in wanted))
    if replaced is None:
        environment = context.training
        folder = f"s3://{context.work_bucket(environment)}/{model.name}/{OWN_FOLDER}/{spec.name}/"
        job = replace(
            job,
            output_uri=Join((folder, Execution("short_id"), "/")),
            output_kms_key_id=context.environment_key_alias_arn(environment),
        )
    return job


def _channel(context: Context, model: ModelSpec, item: str) -> Channel:
    if item == "model":
        return Channel(name="model", uri=TextOutput(TRAIN, "artifact_uri"))
    uri = context.dataset_uri(context.dataset(model.training.dataset))
    if item == "dataset":
        return Channel(name="data", uri=uri)
    return Channel(name=item.replace("/", "-").replace("_", "-"), uri=f"{uri}{item}/")


def _image(pipeline: Pipeline, repository: str, spec: StepSpec) -> tuple[TextOutput, Pipeline]:
    """Return the URI of an image by its digest, and the pipeline that finds it out."""
    for step in pipeline.steps:
        if isinstance(step, ResolveImage) and step.repository == repository:
            return TextOutput(step.id, "uri"), pipeline
    first = _first(pipeline, ResolveImage)
    id = f"{spec.name[:8].rstrip('_')}_img"
    found = replace(first, id=id, repository=repository)
    return TextOutput(id, "uri"), replace(pipeline, steps=(found, *pipeline.steps))


def _fingerprinted(pipeline: Pipeline, spec: StepSpec, image: TextOutput) -> Pipeline:
    fingerprint = _first(pipeline, Fingerprint)
    command = " ".join((*spec.command, *spec.arguments))
    parts = (
        *fingerprint.parts,
        (f"step {spec.name}", TextOutput(image.step, "digest")),
        (f"command of step {spec.name}", command),
    )
    return pipeline.replace(replace(fingerprint, parts=parts))


def _first(pipeline: Pipeline, kind: type[Kind]) -> Kind:
    return next(step for step in pipeline.steps if isinstance(step, kind))
