"""The standard training pipeline: check the data, train on spot, evaluate, gate, register."""

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.settings import TrainingPipelineSettings
from groundplan.pipelines.steps import (
    Channel,
    Fingerprint,
    Job,
    MetricGate,
    Network,
    ProcessingJob,
    QualityGate,
    RegisterModel,
    ResolveDataset,
    ResolveImage,
    Step,
    TrainingJob,
)
from groundplan.pipelines.values import Execution, Join, NumberOutput, ObjectOutput, TextOutput

START_UP_SECONDS = 7200
RULE_PART = 200
QUALITY_REPORT = "report.json"
EVALUATION_REPORT = "evaluation.json"


def training_pipeline(settings: TrainingPipelineSettings) -> Pipeline:
    """The steps from a dataset to a registered model that waits for approval.

    Checkpoints live under the fingerprint of data, image and hyperparameters: a rung of the ladder,
    or a later run of the same inputs, goes on where the one before it stopped.

    Raises:
        PipelineError: If a setting cannot work.
    """
    _check(settings)
    image = _image(settings, "image", settings.image_repository)
    serving = image
    images: tuple[ResolveImage, ...] = (image,)
    if settings.serving_image_repository != settings.image_repository:
        serving = _image(settings, "serving", settings.serving_image_repository)
        images = (image, serving)
    report = ObjectOutput("evaluate", "report")
    lineage = (
        ("groundplan.project", settings.project),
        ("groundplan.environment", settings.environment),
        ("groundplan.fingerprint", TextOutput("fingerprint", "value")),
        ("groundplan.dataset_uri", settings.dataset_uri),
        ("groundplan.dataset_version", TextOutput("dataset", "version")),
        ("groundplan.dataset_objects", NumberOutput("dataset", "objects")),
        ("groundplan.training_image_digest", TextOutput("image", "digest")),
        ("groundplan.training_job", TextOutput("train", "job_name")),
        ("groundplan.instance_type", TextOutput("train", "instance_type")),
        ("groundplan.savings_percent", NumberOutput("train", "savings_percent")),
        ("groundplan.execution", Execution("id")),
    )
    steps: tuple[Step, ...] = (
        *images,
        ResolveDataset(id="dataset", uri=settings.dataset_uri),
        Fingerprint(
            id="fingerprint",
            parts=(
                ("dataset", TextOutput("dataset", "version")),
                ("image", TextOutput("image", "digest")),
                ("entrypoint", " ".join(settings.training_entrypoint)),
                *((f"hyperparameter {name}", text) for name, text in settings.hyperparameters),
            ),
        ),
        _quality(settings),
        QualityGate(id="data_gate", report=ObjectOutput("quality", "report")),
        _train(settings),
        _evaluate(settings),
        MetricGate(id="gate", report=report, bounds=settings.bounds),
        RegisterModel(
            id="register",
            after=("gate",),
            model_package_group_arn=settings.model_package_group_arn,
            description=f"{settings.model} of {settings.project}, trained in {settings.environment}",
            image=TextOutput(serving.id, "uri"),
            artifact_uri=TextOutput("train", "artifact_uri"),
            report=report,
            report_uri=TextOutput("evaluate", "report_uri"),
            lineage=lineage,
            content_types=settings.content_types,
            response_types=settings.response_types,
        ),
    )
    return Pipeline(
        name=f"{settings.project}-{settings.environment}-{settings.model}-training",
        partition=settings.partition,
        steps=steps,
        outputs=(
            ("model_package_arn", TextOutput("register", "model_package_arn")),
            ("fingerprint", TextOutput("fingerprint", "value")),
            ("dataset_version", TextOutput("dataset", "version")),
            ("image_digest", TextOutput("image", "digest")),
            ("metrics", report),
            ("training_job", TextOutput("train", "job_name")),
            ("instance_type", TextOutput("train", "instance_type")),
            ("training_seconds", NumberOutput("train", "training_seconds")),
            ("billable_seconds", NumberOutput("train", "billable_seconds")),
            ("savings_percent", NumberOutput("train", "savings_percent")),
            ("attempts", ObjectOutput("train", "attempts")),
        ),
        timeout_seconds=(
            len(settings.ladder) * (settings.max_wait_seconds + START_UP_SECONDS)
            + 2 * (settings.processing_max_runtime_seconds + START_UP_SECONDS)
        ),
    )


def _check(settings: TrainingPipelineSettings) -> None:
    for name in ("dataset_uri", "artifacts_uri", "work_uri"):
        uri = getattr(settings, name)
        if not uri.startswith("s3://") or not uri.endswith("/"):
            raise PipelineError(
                f"settings.{name}",
                "must be an S3 URI that ends with a slash",
                got=uri,
                fix="use s3://BUCKET/PREFIX/",
            )
    names = [bound.metric for bound in settings.bounds]
    for bound in settings.bounds:
        if bound.min is None and bound.max is None:
            raise PipelineError(
                f"settings.bounds[{bound.metric}]",
                "bounds nothing",
                got=None,
                fix="set min or max, or remove it",
            )
        if names.count(bound.metric) > 1:
            raise PipelineError(
                f"settings.bounds[{bound.metric}]",
                "one metric has several bounds",
                got=names.count(bound.metric),
                fix="merge them into one",
            )


def _image(settings: TrainingPipelineSettings, step_id: str, repository: str) -> ResolveImage:
    suffix = "amazonaws.com.cn" if settings.partition == "aws-cn" else "amazonaws.com"
    account = settings.image_registry_account
    return ResolveImage(
        id=step_id,
        registry_account=account,
        registry_host=f"{account}.dkr.ecr.{settings.region}.{suffix}",
        repository=repository,
    )


def _network(settings: TrainingPipelineSettings) -> Network:
    return Network(subnet_ids=settings.subnet_ids, security_group_ids=settings.security_group_ids)


def _processing_job(
    settings: TrainingPipelineSettings,
    entrypoint: tuple[str, ...],
    inputs: tuple[Channel, ...],
    folder: str,
    arguments: tuple[str | Execution, ...] = (),
) -> Job:
    return Job(
        job_prefix=settings.job_prefix,
        image=TextOutput("image", "uri"),
        role_arn=settings.processing_role_arn,
        entrypoint=entrypoint,
        arguments=arguments,
        inputs=inputs,
        output_uri=Join((f"{settings.work_uri}{folder}/", Execution("short_id"), "/")),
        output_kms_key_id=settings.work_kms_key_id,
        volume_kms_key_id=settings.volume_kms_key_id,
        volume_gib=settings.processing_volume_gib,
        max_runtime_seconds=settings.processing_max_runtime_seconds,
        network=_network(settings),
        tags=settings.tags,
    )


def _quality(settings: TrainingPipelineSettings) -> ProcessingJob:
    rules = settings.quality_rules
    parts = [rules[start : start + RULE_PART] for start in range(0, len(rules), RULE_PART)]
    return ProcessingJob(
        id="quality",
        job=_processing_job(
            settings,
            settings.quality_entrypoint,
            (Channel(name="data", uri=settings.dataset_uri),),
            "quality",
            ("--reference-time", Execution("start_time"), "--rules", *parts),
        ),
        instance_type=settings.processing_instance_type,
        volume_key=settings.processing_volume_key,
        report=QUALITY_REPORT,
    )


def _train(settings: TrainingPipelineSettings) -> TrainingJob:
    return TrainingJob(
        id="train",
        after=("data_gate",),
        job=Job(
            job_prefix=settings.job_prefix,
            image=TextOutput("image", "uri"),
            role_arn=settings.training_role_arn,
            entrypoint=settings.training_entrypoint,
            inputs=(Channel(name="train", uri=f"{settings.dataset_uri}train/"),),
            output_uri=settings.artifacts_uri,
            output_kms_key_id=settings.artifacts_kms_key_id,
            volume_kms_key_id=settings.volume_kms_key_id,
            volume_gib=settings.volume_gib,
            max_runtime_seconds=settings.max_runtime_seconds,
            network=_network(settings),
            tags=settings.tags,
        ),
        ladder=settings.ladder,
        instance_count=settings.instance_count,
        hyperparameters=settings.hyperparameters,
        checkpoint_uri=Join(
            (f"{settings.work_uri}checkpoints/", TextOutput("fingerprint", "value"), "/")
        ),
        patience_seconds=settings.patience_seconds,
        max_wait_seconds=settings.max_wait_seconds,
    )


def _evaluate(settings: TrainingPipelineSettings) -> ProcessingJob:
    return ProcessingJob(
        id="evaluate",
        job=_processing_job(
            settings,
            settings.evaluation_entrypoint,
            (
                Channel(name="model", uri=TextOutput("train", "artifact_uri")),
                Channel(name="data", uri=f"{settings.dataset_uri}test/"),
            ),
            "evaluation",
        ),
        instance_type=settings.processing_instance_type,
        volume_key=settings.processing_volume_key,
        report=EVALUATION_REPORT,
    )
