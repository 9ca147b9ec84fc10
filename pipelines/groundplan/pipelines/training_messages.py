"""The steps of the standard training pipeline that tell how a run ended."""

from groundplan.pipelines.settings import TrainingPipelineSettings
from groundplan.pipelines.steps import EmitEvent, Metric, Notify, PublishMetrics, Step
from groundplan.pipelines.training_facts import FINGERPRINT, NEW, REUSED, VERSION
from groundplan.pipelines.values import Execution, Failure, Join, NumberOutput, TextOutput


def savings(settings: TrainingPipelineSettings) -> PublishMetrics:
    return PublishMetrics(
        id="savings",
        when=(NEW,),
        namespace=f"groundplan/{settings.project}",
        dimensions=(("Environment", settings.environment), ("Model", settings.model)),
        metrics=(
            Metric(
                name="SavingsPercent",
                value=NumberOutput("train", "savings_percent"),
                unit="Percent",
            ),
            Metric(
                name="TrainingSeconds",
                value=NumberOutput("train", "training_seconds"),
                unit="Seconds",
            ),
            Metric(
                name="BillableSeconds",
                value=NumberOutput("train", "billable_seconds"),
                unit="Seconds",
            ),
        ),
    )


def messages(settings: TrainingPipelineSettings) -> tuple[Notify, ...]:
    state = "approved" if settings.approve_on_registration else "waiting for approval"
    version = TextOutput("known", "model_package_arn")
    ending = ("\nfingerprint ", FINGERPRINT, "\nexecution ", Execution("id"))
    job = ("\ntraining job ", TextOutput("train", "job_name"), " on ")
    return (
        Notify(
            id="notify",
            after=("record",),
            when=(NEW,),
            topic_arn=settings.topic_arn,
            subject=_subject(settings, "has a new version"),
            message=Join(
                (
                    f"{settings.model} is registered, {state}: ",
                    VERSION,
                    *job,
                    TextOutput("train", "instance_type"),
                    *ending,
                )
            ),
        ),
        Notify(
            id="notify_reuse",
            when=(REUSED,),
            topic_arn=settings.topic_arn,
            subject=_subject(settings, "has not changed"),
            message=Join(
                (
                    f"{settings.model} was not trained: data, images and hyperparameters are those of ",
                    version,
                    *ending,
                )
            ),
        ),
    )


def on_failure(settings: TrainingPipelineSettings) -> tuple[Step, ...]:
    facts = (Failure("step"), Failure("error"), Failure("cause"))
    return (
        Notify(
            id="tell_failure",
            topic_arn=settings.topic_arn,
            subject=_subject(settings, "could not be trained"),
            message=Join(
                (
                    f"training of {settings.model} failed in step ",
                    facts[0],
                    " with ",
                    facts[1],
                    "\n",
                    facts[2],
                    "\nexecution ",
                    Execution("id"),
                )
            ),
        ),
        EmitEvent(
            id="emit_failure",
            bus_arn=settings.event_bus_arn,
            source=f"groundplan.{settings.project}",
            detail_type="Training Failed",
            detail=(
                ("environment", settings.environment),
                ("model", settings.model),
                ("execution", Execution("id")),
                ("step", facts[0]),
                ("error", facts[1]),
                ("cause", facts[2]),
            ),
        ),
    )


def _subject(settings: TrainingPipelineSettings, what: str) -> str:
    return f"{settings.project} {settings.environment}: {settings.model} {what}"[:100]
