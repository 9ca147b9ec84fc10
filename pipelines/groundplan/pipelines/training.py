"""The standard training pipeline: check the data, train on spot, evaluate, gate, register, tell."""

from collections.abc import Iterator

from groundplan.pipelines.dag import PARAMETER_NAME, ParameterSpec, Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.settings import TrainingPipelineSettings
from groundplan.pipelines.steps import (
    FindChampion,
    FindModel,
    Fingerprint,
    QualityGate,
    RecordModel,
    RegisterModel,
    ResolveDataset,
    ResolveImage,
    Step,
)
from groundplan.pipelines.training_evaluation import evaluations, gates
from groundplan.pipelines.training_facts import FINGERPRINT, NEW, TRAINED_MODEL, VERSION
from groundplan.pipelines.training_jobs import (
    BASELINE,
    CASES,
    START_UP_SECONDS,
    evaluation_uri,
    fixed_hyperparameters,
    quality_check,
    train,
    training_rounds,
)
from groundplan.pipelines.training_messages import messages, on_failure, savings
from groundplan.pipelines.training_tracking import record_run
from groundplan.pipelines.values import (
    Either,
    Execution,
    Join,
    NumberOutput,
    ObjectOutput,
    Parameter,
    Text,
    TextOutput,
    Value,
)

MAX_TIMEOUT_SECONDS = 365 * 24 * 3600  # of an execution
FORCE, CHAMPION, CODE_VERSION = "force", "champion", "code_version"


def training_pipeline(settings: TrainingPipelineSettings) -> Pipeline:
    """The steps from a dataset to a registered model.

    When a model was registered under the fingerprint of data, images and hyperparameters before, it
    is named and nothing is trained. Checkpoints live under the fingerprint too: a rung of the ladder,
    or a later run of the same inputs, goes on where the one before it stopped.

    Raises:
        PipelineError: If a setting cannot work.
    """
    _check(settings)
    parameters = _parameters(settings)
    images = _images(settings)
    hyperparameters = fixed_hyperparameters(settings, [item.name for item in parameters])
    record = Join((f"{settings.work_uri}fingerprints/", FINGERPRINT, ".json"))
    evaluated = tuple(evaluations(settings))
    gated = tuple(gates(settings))
    unchanged = tuple(_unchanged(settings, tuple(step.id for step in evaluated)))
    steps: tuple[Step, ...] = (
        *images,
        ResolveDataset(id="dataset", uri=settings.dataset_uri, releases_uri=settings.releases_uri),
        _fingerprint(settings, images, hyperparameters),
        FindModel(id="known", record_uri=record, force=Parameter(FORCE)),
        quality_check(settings, (NEW,)),
        QualityGate(id="data_gate", when=(NEW,), report=ObjectOutput("quality", "report")),
        train(settings, hyperparameters, (NEW,)),
        savings(settings),
        FindChampion(
            id="incumbent",
            after=("train",),
            when=(NEW,),
            model_package_group_arn=settings.model_package_group_arn,
            use=Parameter(CHAMPION),
        ),
        *evaluated,
        *record_run(settings, images[-1]),
        *gated,
        *unchanged,
        _register(settings, images[-1], tuple(step.id for step in (*gated, *unchanged))),
        RecordModel(
            id="record",
            when=(NEW,),
            record_uri=record,
            kms_key_id=settings.work_kms_key_id,
            model_package_arn=VERSION,
        ),
        *messages(settings),
    )
    return Pipeline(
        name=f"{settings.project}-{settings.environment}-{settings.model}-training",
        partition=settings.partition,
        parameters=parameters,
        steps=steps,
        on_failure=on_failure(settings),
        outputs=_outputs(),
        timeout_seconds=min(_longest(settings, len(evaluated)), MAX_TIMEOUT_SECONDS),
    )


def _unchanged(
    settings: TrainingPipelineSettings, after: tuple[str, ...]
) -> Iterator[ResolveDataset]:
    """A release while jobs were reading would make the record of what they have read untrue."""
    if settings.releases_uri is not None:
        yield ResolveDataset(
            id="unchanged",
            after=after,
            when=(NEW,),
            uri=settings.dataset_uri,
            expected=TextOutput("dataset", "version"),
        )


def _longest(settings: TrainingPipelineSettings, evaluations: int) -> int:
    """Seconds that a run may take: every rung waited for in vain, and every job as long as allowed."""
    jobs = 1 + evaluations + (settings.tracking is not None)
    return len(settings.ladder) * training_rounds(settings.tuning) * (
        settings.max_wait_seconds + START_UP_SECONDS
    ) + jobs * (settings.processing_max_runtime_seconds + START_UP_SECONDS)


def _check(settings: TrainingPipelineSettings) -> None:
    for name in ("dataset_uri", "artifacts_uri", "evaluations_uri", "work_uri"):
        uri = getattr(settings, name)
        if not uri.startswith("s3://") or not uri.endswith("/"):
            raise PipelineError(
                f"settings.{name}",
                "must be an S3 URI that ends with a slash",
                got=uri,
                fix="use s3://BUCKET/PREFIX/",
            )
    for field in ("bounds", "future_bounds"):
        bounds = getattr(settings, field)
        names = [bound.metric for bound in bounds]
        for bound in bounds:
            if bound.min is None and bound.max is None:
                raise PipelineError(
                    f"settings.{field}[{bound.metric}]",
                    "bounds nothing",
                    got=None,
                    fix="set min or max, or remove it",
                )
            if names.count(bound.metric) > 1:
                raise PipelineError(
                    f"settings.{field}[{bound.metric}]",
                    "one metric has several bounds",
                    got=names.count(bound.metric),
                    fix="merge them into one",
                )


def _parameters(settings: TrainingPipelineSettings) -> tuple[ParameterSpec, ...]:
    own = (
        ParameterSpec(
            name=FORCE, default="no", description="yes trains although nothing has changed."
        ),
        ParameterSpec(
            name=CHAMPION,
            default="compare",
            description="skip compares with no champion, such as one that the code cannot load.",
        ),
        ParameterSpec(
            name=CODE_VERSION, default="", description="The commit that the images were built from."
        ),
    )
    taken = {item.name for item in own}
    return own + tuple(
        ParameterSpec(name=name, default=text, description="A hyperparameter.")
        for name, text in settings.hyperparameters
        if PARAMETER_NAME.fullmatch(name) and name not in taken
    )


def _images(settings: TrainingPipelineSettings) -> tuple[ResolveImage, ...]:
    suffix = "amazonaws.com.cn" if settings.partition == "aws-cn" else "amazonaws.com"
    account = settings.image_registry_account
    repositories = dict.fromkeys((settings.image_repository, settings.serving_image_repository))
    return tuple(
        ResolveImage(
            id=step_id,
            registry_account=account,
            registry_host=f"{account}.dkr.ecr.{settings.region}.{suffix}",
            repository=repository,
        )
        for step_id, repository in zip(("image", "serving"), repositories, strict=False)
    )


def _fingerprint(
    settings: TrainingPipelineSettings,
    images: tuple[ResolveImage, ...],
    hyperparameters: tuple[tuple[str, Text], ...],
) -> Fingerprint:
    """The digest of an image stands for the code in it."""
    tuning = settings.tuning
    tuned: tuple[tuple[str, Text], ...] = ()
    if tuning is not None:
        ranges = ", ".join(
            f"{item.name} {item.kind} {item.min:g} {item.max:g} {item.scaling}"
            for item in tuning.ranges
        )
        tuned = (("tuning", f"{tuning.goal} {tuning.metric} in {tuning.max_jobs} jobs: {ranges}"),)
    return Fingerprint(
        id="fingerprint",
        parts=(
            ("dataset", TextOutput("dataset", "version")),
            *((step.id, TextOutput(step.id, "digest")) for step in images),
            ("entrypoint", " ".join(settings.training_entrypoint)),
            *((f"hyperparameter {name}", value) for name, value in hyperparameters),
            *tuned,
        ),
    )


def _register(
    settings: TrainingPipelineSettings, serving: ResolveImage, gates: tuple[str, ...]
) -> RegisterModel:
    released: tuple[tuple[str, Text], ...] = ()
    if settings.releases_uri is not None:
        released = (("groundplan.dvc_version", TextOutput("dataset", "release")),)
    return RegisterModel(
        id="register",
        after=gates,
        when=(NEW,),
        model_package_group_arn=settings.model_package_group_arn,
        description=f"{settings.model} of {settings.project}, trained in {settings.environment}",
        image=TextOutput(serving.id, "uri"),
        artifact_uri=TRAINED_MODEL,
        report=ObjectOutput("evaluate", "report"),
        report_uri=TextOutput("evaluate", "report_uri"),
        lineage=(
            ("groundplan.project", settings.project),
            ("groundplan.environment", settings.environment),
            ("groundplan.fingerprint", FINGERPRINT),
            ("groundplan.dataset_uri", settings.dataset_uri),
            ("groundplan.dataset_version", TextOutput("dataset", "version")),
            ("groundplan.dataset_objects", NumberOutput("dataset", "objects")),
            *released,
            ("groundplan.code_version", Parameter(CODE_VERSION)),
            ("groundplan.training_image_digest", TextOutput("image", "digest")),
            ("groundplan.serving_image_digest", TextOutput(serving.id, "digest")),
            ("groundplan.parent_model", TextOutput("incumbent", "model_package_arn")),
            ("groundplan.training_job", TextOutput("train", "job_name")),
            ("groundplan.instance_type", TextOutput("train", "instance_type")),
            ("groundplan.savings_percent", NumberOutput("train", "savings_percent")),
            ("groundplan.cases_uri", evaluation_uri(settings, CASES)),
            ("groundplan.baseline_uri", evaluation_uri(settings, BASELINE)),
            ("groundplan.execution", Execution("id")),
        ),
        content_types=settings.content_types,
        response_types=settings.response_types,
        approved=settings.approve_on_registration,
    )


def _outputs() -> tuple[tuple[str, Value], ...]:
    """What is not known of a run that trained nothing is an empty text, or 0."""
    trained = ("training_seconds", "billable_seconds", "savings_percent")
    return (
        ("model_package_arn", Either(VERSION, TextOutput("known", "model_package_arn"))),
        ("reused", TextOutput("known", "known")),
        ("fingerprint", FINGERPRINT),
        ("dataset_version", TextOutput("dataset", "version")),
        ("image_digest", TextOutput("image", "digest")),
        ("metrics", Either(ObjectOutput("evaluate", "report"), "")),
        ("training_job", Either(TextOutput("train", "job_name"), "")),
        ("instance_type", Either(TextOutput("train", "instance_type"), "")),
        *((name, Either(NumberOutput("train", name), 0)) for name in trained),
        ("attempts", Either(ObjectOutput("train", "attempts"), "")),
    )
