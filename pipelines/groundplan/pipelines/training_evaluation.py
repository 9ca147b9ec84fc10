"""The steps of the standard training pipeline that measure a model and decide whether it is good."""

from collections.abc import Iterator

from groundplan.pipelines.settings import TrainingPipelineSettings
from groundplan.pipelines.steps import (
    ChampionGate,
    Channel,
    Condition,
    FairnessGate,
    MetricGate,
    ProcessingJob,
    Step,
)
from groundplan.pipelines.training_facts import HAS_CHAMPION, NEW, TRAINED_MODEL
from groundplan.pipelines.training_jobs import evaluation_uri, processing_job
from groundplan.pipelines.values import ObjectOutput, Text, TextOutput

HELD_OUT = "test"
FUTURE = "future"
EVALUATION_REPORT = "evaluation.json"
METRICS_ONLY = ("--metrics-only",)


def evaluations(settings: TrainingPipelineSettings) -> Iterator[Step]:
    """The new model on each kind of data that a gate asks for, then the champion on the same."""
    yield _evaluate(
        settings, "evaluate", TRAINED_MODEL, HELD_OUT, (NEW,), _fairness_arguments(settings)
    )
    if settings.future_bounds or settings.future_regressions:
        yield _evaluate(settings, "future", TRAINED_MODEL, FUTURE, (NEW,), METRICS_ONLY)
    champion = TextOutput("incumbent", "artifact_uri")
    both = (NEW, HAS_CHAMPION)
    if settings.regressions:
        yield _evaluate(settings, "champion", champion, HELD_OUT, both, METRICS_ONLY)
    if settings.future_regressions:
        yield _evaluate(settings, "champ_future", champion, FUTURE, both, METRICS_ONLY)


def gates(settings: TrainingPipelineSettings) -> Iterator[Step]:
    held_out, future = ObjectOutput("evaluate", "report"), ObjectOutput("future", "report")
    yield MetricGate(id="gate", when=(NEW,), report=held_out, bounds=settings.bounds)
    if settings.future_bounds:
        yield MetricGate(
            id="gate_future", when=(NEW,), report=future, bounds=settings.future_bounds
        )
    if settings.regressions:
        yield ChampionGate(
            id="gate_champ",
            when=(NEW, HAS_CHAMPION),
            report=held_out,
            champion=ObjectOutput("champion", "report"),
            bounds=settings.regressions,
        )
    if settings.future_regressions:
        yield ChampionGate(
            id="gate_champ_f",
            when=(NEW, HAS_CHAMPION),
            report=future,
            champion=ObjectOutput("champ_future", "report"),
            bounds=settings.future_regressions,
        )
    if settings.fairness is not None:
        yield FairnessGate(
            id="fairness", when=(NEW,), report=held_out, bounds=settings.fairness.bounds
        )


def _evaluate(
    settings: TrainingPipelineSettings,
    step_id: str,
    model: Text,
    folder: str,
    when: tuple[Condition, ...],
    arguments: tuple[str, ...] = (),
) -> ProcessingJob:
    """Measures a model on a folder of the dataset."""
    below = () if step_id == "evaluate" else (f"{step_id}/",)
    return ProcessingJob(
        id=step_id,
        when=when,
        job=processing_job(
            settings,
            settings.evaluation_entrypoint,
            (
                Channel(name="model", uri=model),
                Channel(name="data", uri=f"{settings.dataset_uri}{folder}/"),
            ),
            evaluation_uri(settings, *below),
            settings.artifacts_kms_key_id,
            arguments,
        ),
        instance_type=settings.processing_instance_type,
        volume_key=settings.processing_volume_key,
        report=EVALUATION_REPORT,
    )


def _fairness_arguments(settings: TrainingPipelineSettings) -> tuple[str, ...]:
    """What the standard evaluation program needs to measure gaps between groups."""
    fairness = settings.fairness
    if fairness is None:
        return ()
    facets = dict.fromkeys(bound.facet for bound in fairness.bounds)
    decision = ("--label", fairness.label, "--positive", fairness.positive)
    return (*decision, "--threshold", f"{fairness.threshold:g}", "--facets", *facets)
