"""The standard scoring pipeline: predict for a whole dataset with the newest approved version."""

from groundplan.pipelines.dag import ParameterSpec, Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.scoring_settings import ScoringPipelineSettings, TransformSettings
from groundplan.pipelines.steps import (
    BatchScoring,
    BatchTransform,
    Condition,
    FindChampion,
    FindModel,
    Fingerprint,
    Metric,
    Network,
    Notify,
    PublishMetrics,
    RecordModel,
    ResolveDataset,
    ScoringTarget,
    Step,
    WriteManifest,
)
from groundplan.pipelines.values import (
    Either,
    Execution,
    Failure,
    Join,
    NumberOutput,
    Parameter,
    TextOutput,
)

TRIES = 3  # of AWS Batch; a batch transform is tried twice
START_UP_SECONDS = 14_400  # queueing, pauses between tries, and all that is not the job itself
MAX_SUBJECT = 100
FORCE = ParameterSpec(
    name="force", default="no", description="yes scores again what was scored before"
)
VERSION = TextOutput("champion", "model_package_arn")
DATA_VERSION = TextOutput("dataset", "version")


def scoring_pipeline(settings: ScoringPipelineSettings) -> Pipeline:
    """The steps from a dataset to predictions that say what made them.

    Predictions lie below ``dt=DATE/version=NUMBER/`` with a ``manifest.json`` that names the model
    version, the dataset version and the execution. The same data is scored once by each version,
    unless the execution is started with ``force`` equal to ``yes``. Without an approved version the
    execution tells so and succeeds.

    Raises:
        PipelineError: If a setting cannot work.
    """
    for name in ("data_uri", "predictions_uri"):
        uri = getattr(settings, name)
        if not uri.startswith("s3://") or not uri.endswith("/"):
            raise PipelineError(
                f"settings.{name}",
                "must be an S3 URI that ends with a slash",
                got=uri,
                fix="use s3://BUCKET/PREFIX/",
            )
    found = Condition(output=TextOutput("champion", "known"), comparison="equals", value="yes")
    nothing = Condition(output=TextOutput("champion", "known"), comparison="equals", value="no")
    new = Condition(output=TextOutput("scored", "known"), comparison="equals", value="no")
    record_uri = Join((f"{settings.predictions_uri}scored/", TextOutput("key", "value"), ".json"))
    output_uri = Join((settings.predictions_uri, TextOutput("target", "folder")))
    subject = f"{settings.project} {settings.environment}: scoring by {settings.model}"
    steps: tuple[Step, ...] = (
        FindChampion(id="champion", model_package_group_arn=settings.model_package_group_arn),
        Notify(
            id="nothing",
            when=(nothing,),
            topic_arn=settings.topic_arn,
            subject=_subject(subject, "nothing to score with"),
            message=f"{settings.model} has no approved version yet, so nothing was scored.",
        ),
        ResolveDataset(id="dataset", when=(found,), uri=settings.data_uri),
        Fingerprint(id="key", when=(found,), parts=(("model", VERSION), ("dataset", DATA_VERSION))),
        FindModel(id="scored", when=(found,), record_uri=record_uri, force=Parameter("force")),
        ScoringTarget(id="target", when=(found, new), model_package_arn=VERSION),
        _score(settings, (found, new), output_uri),
        WriteManifest(
            id="manifest",
            after=("score",),
            when=(found, new),
            output_uri=output_uri,
            expected=NumberOutput("dataset", "objects"),
            facts=(
                ("project", settings.project),
                ("environment", settings.environment),
                ("model", settings.model),
                ("model_package_arn", VERSION),
                ("model_trained_on", TextOutput("target", "trained_on")),
                ("dataset_uri", settings.data_uri),
                ("dataset_version", DATA_VERSION),
                ("objects", NumberOutput("dataset", "objects")),
                ("job", TextOutput("score", "job_name")),
                ("left_behind", TextOutput("score", "left_behind")),
                ("execution", Execution("id")),
                ("started_at", Execution("start_time")),
            ),
        ),
        RecordModel(
            id="record",
            after=("manifest",),
            when=(found, new),
            record_uri=record_uri,
            kms_key_id=settings.key_id,
            model_package_arn=VERSION,
        ),
        PublishMetrics(
            id="metrics",
            after=("record",),
            when=(found, new),
            namespace=f"groundplan/{settings.project}",
            dimensions=(("Environment", settings.environment), ("Model", settings.model)),
            metrics=(
                Metric(
                    name="ObjectsScored",
                    value=NumberOutput("manifest", "predictions"),
                    unit="Count",
                ),
            ),
        ),
        Notify(
            id="tell",
            after=("metrics",),
            when=(found, new),
            topic_arn=settings.topic_arn,
            subject=_subject(subject, "done"),
            message=Join(
                (
                    "predictions: ",
                    NumberOutput("manifest", "predictions"),
                    "\nmodel version: ",
                    VERSION,
                    "\ndataset version: ",
                    DATA_VERSION,
                    "\nmanifest: ",
                    TextOutput("manifest", "manifest_uri"),
                    "\nleft behind: ",
                    TextOutput("score", "left_behind"),
                )
            ),
        ),
    )
    return Pipeline(
        name=f"{settings.project}-{settings.environment}-{settings.model}-scoring",
        partition=settings.partition,
        parameters=(FORCE,),
        steps=steps,
        on_failure=(
            Notify(
                id="alert",
                topic_arn=settings.topic_arn,
                subject=_subject(subject, "failed"),
                message=Join(
                    (
                        Failure("error"),
                        ": ",
                        Failure("cause"),
                        "\nexecution: ",
                        Execution("id"),
                    )
                ),
            ),
        ),
        outputs=(
            ("model_package_arn", VERSION),
            ("dataset_version", Either(DATA_VERSION, "none")),
            ("scored_before", Either(TextOutput("scored", "known"), "no")),
            ("predictions", Either(NumberOutput("manifest", "predictions"), 0)),
            ("manifest_uri", Either(TextOutput("manifest", "manifest_uri"), "none")),
        ),
        timeout_seconds=TRIES * settings.max_runtime_seconds + START_UP_SECONDS,
    )


def _subject(what: str, how: str) -> str:
    """A subject as SNS takes it."""
    return f"{what}: {how}" if len(what) + len(how) < MAX_SUBJECT - 1 else f"scoring: {how}"


def _score(
    settings: ScoringPipelineSettings, when: tuple[Condition, ...], output_uri: Join
) -> Step:
    given = settings.scoring
    if isinstance(given, TransformSettings):
        return BatchTransform(
            id="score",
            when=when,
            job_prefix=settings.job_prefix,
            model_package_arn=VERSION,
            execution_role_arn=given.execution_role_arn,
            input_uri=settings.data_uri,
            output_uri=output_uri,
            content_type=given.content_type,
            instance_type=given.instance_type,
            instance_count=given.instance_count,
            volume_key=given.volume_key,
            volume_kms_key_id=settings.key_id,
            output_kms_key_id=settings.key_id,
            max_runtime_seconds=settings.max_runtime_seconds,
            network=Network(
                subnet_ids=settings.subnet_ids, security_group_ids=settings.security_group_ids
            ),
            tags=settings.tags,
        )
    return BatchScoring(
        id="score",
        when=when,
        job_prefix=settings.job_prefix,
        job_queue_arn=given.job_queue_arn,
        image=TextOutput("target", "image"),
        execution_role_arn=given.execution_role_arn,
        job_role_arn=given.job_role_arn,
        entrypoint=given.entrypoint,
        arguments=(
            "--model",
            TextOutput("target", "artifact_uri"),
            "--input",
            settings.data_uri,
            "--output",
            output_uri,
        ),
        output_uri=output_uri,
        vcpus=given.vcpus,
        memory_mib=given.memory_mib,
        attempts=given.attempts,
        max_runtime_seconds=settings.max_runtime_seconds,
        log_group=given.log_group,
        tags=settings.tags,
    )
