"""The drift pipeline: an alarm on drift asks for training, at most once in a cool-down."""

from dataclasses import dataclass

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.messages import tell_failure
from groundplan.pipelines.steps import AcquireLock, Condition, EmitEvent
from groundplan.pipelines.values import Execution, TextOutput

DRIFT_DETECTED = "Drift Detected"
TIMEOUT_SECONDS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPipelineSettings:
    """What follows when an alarm on drift of one model in one environment goes off.

    Attributes:
        lock_table: The environment's lock table.
        cooldown_seconds: Least time between two reactions.
        bus_arn: The project's bus of the environment that trains.
    """

    project: str
    environment: str
    model: str
    partition: str
    lock_table: str
    cooldown_seconds: int
    bus_arn: str
    topic_arn: str


def event_source(project: str) -> str:
    """Return the source of a project's own events."""
    return f"groundplan.{project}"


def drift_pipeline(settings: DriftPipelineSettings) -> Pipeline:
    """Takes a lock that nobody gives back, and tells the environment that trains if it got it.

    Retraining on data that has drifted for good does not stop the alarm until the new model is
    served with its own baseline: without the lock every period would train once more.
    """
    subject = f"Drift of {settings.model} in {settings.environment} was not passed on"
    first = Condition(output=TextOutput("cooldown", "acquired"), comparison="equals", value="yes")
    return Pipeline(
        name=f"{settings.project}-{settings.environment}-{settings.model}-drift",
        partition=settings.partition,
        steps=(
            AcquireLock(
                id="cooldown",
                required=False,
                table_name=settings.lock_table,
                lock_id=f"cool-down-{settings.model}",
                lease_seconds=settings.cooldown_seconds,
                wait_seconds=0,
            ),
            EmitEvent(
                id="emit",
                when=(first,),
                bus_arn=settings.bus_arn,
                source=event_source(settings.project),
                detail_type=DRIFT_DETECTED,
                detail=(
                    ("environment", settings.environment),
                    ("model", settings.model),
                    ("execution", Execution("id")),
                ),
            ),
        ),
        on_failure=(tell_failure(subject, settings.topic_arn),),
        outputs=(("acquired", TextOutput("cooldown", "acquired")),),
        timeout_seconds=TIMEOUT_SECONDS,
    )
