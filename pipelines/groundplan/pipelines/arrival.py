"""The arrival pipeline: when data has come and no more comes for a while, training starts."""

from dataclasses import dataclass

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.steps import (
    AcquireLock,
    Condition,
    Notify,
    QuietDataset,
    ReleaseLock,
    ServiceCall,
)
from groundplan.pipelines.values import Execution, Failure, Join, TextOutput

DAY_SECONDS = 86_400
MARGIN_SECONDS = 3600
MIN_LOOKS, MAX_LOOKS = 4, 48
"""How often a dataset is looked at before it is given up; each look fills the history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalPipelineSettings:
    """What follows when an object of a model's dataset has arrived.

    Attributes:
        lock_table: The environment's lock table.
        dataset_uri: ``s3://BUCKET/PREFIX/`` of the dataset.
        quiet_seconds: How long nothing must have changed before training starts.
        training_machine_arn: State machine of the model's training.
    """

    project: str
    environment: str
    model: str
    partition: str
    lock_table: str
    dataset_uri: str
    quiet_seconds: int
    training_machine_arn: str
    topic_arn: str


def arrival_pipeline(settings: ArrivalPipelineSettings) -> Pipeline:
    """Waits for the last of many objects, and then starts training once.

    One execution waits; those that further objects start end at once. The lock is given back before
    training starts: training sees what came before that, and what comes later starts a new wait.
    """
    quiet = settings.quiet_seconds
    max_wait = max(MIN_LOOKS * quiet, min(DAY_SECONDS, MAX_LOOKS * quiet))
    lock_id = f"arrival-{settings.model}"
    first = Condition(output=TextOutput("lock", "acquired"), comparison="equals", value="yes")
    subject = f"New data for {settings.model} in {settings.environment} started no training"
    return Pipeline(
        name=f"{settings.project}-{settings.environment}-{settings.model}-arrival",
        partition=settings.partition,
        steps=(
            AcquireLock(
                id="lock",
                required=False,
                table_name=settings.lock_table,
                lock_id=lock_id,
                lease_seconds=max_wait + MARGIN_SECONDS,
                wait_seconds=0,
            ),
            QuietDataset(
                id="quiet",
                when=(first,),
                uri=settings.dataset_uri,
                quiet_seconds=quiet,
                max_wait_seconds=max_wait,
            ),
            ReleaseLock(
                id="unlock",
                after=("quiet",),
                when=(first,),
                table_name=settings.lock_table,
                lock_id=lock_id,
            ),
            ServiceCall(
                id="start",
                after=("unlock",),
                when=(first,),
                service="sfn",
                action="startExecution",
                repeatable=True,
                # The same name starts nothing twice when the call is repeated.
                arguments=(
                    ("Input", "{}"),
                    ("Name", Join(("data-", Execution("short_id")))),
                    ("StateMachineArn", settings.training_machine_arn),
                ),
            ),
        ),
        on_failure=(
            ReleaseLock(id="let_go", table_name=settings.lock_table, lock_id=lock_id),
            Notify(
                id="tell",
                topic_arn=settings.topic_arn,
                subject=subject[:100],
                message=Join(
                    (
                        f"{subject}: step ",
                        Failure("step"),
                        " ended with ",
                        Failure("error"),
                        "\n",
                        Failure("cause"),
                        "\nexecution: ",
                        Execution("id"),
                    )
                ),
            ),
        ),
        outputs=(("started", TextOutput("lock", "acquired")),),
        timeout_seconds=max_wait + 2 * MARGIN_SECONDS,
    )
