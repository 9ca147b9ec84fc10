"""States of spot training: the rungs of a ladder, each with a training job."""

from groundplan.pipelines.step_functions.jsonata import code
from groundplan.pipelines.step_functions.rungs import Kind, rungs
from groundplan.pipelines.step_functions.states import (
    Scope,
    State,
    States,
    failure,
    job_name,
    words,
)
from groundplan.pipelines.step_functions.training_request import request
from groundplan.pipelines.steps import TrainingJob

STARTED = ("Downloading", "DownloadingTrainingImage", "Training", "Uploading")


def training(step: TrainingJob, scope: Scope) -> States:
    """All rungs, then one state that keeps what the rest of the pipeline reads.

    Raises:
        PipelineError: If there is no rung, or a spot job may wait for less time than it may run.
    """
    kind = Kind(
        noun="TrainingJob",
        name=lambda number: job_name(step, step.job, number),
        request=lambda number: request(step, number),
        observed=_observed(step),
    )
    return (
        rungs(step, scope, kind)
        | {f"{words(step)} done": _done(step, scope)}
        | failure(step, scope)
    )


def _observed(step: TrainingJob) -> dict[str, str]:
    """What a look at the job adds, as JSONata."""
    own, found = f"${step.id}", "$states.result"
    seen = f"$append({found}.SecondaryStatusTransitions.Status, {found}.SecondaryStatus)"
    started = " or ".join(f"'{status}' in {seen}" for status in STARTED)
    trained = f"{found}.TrainingTimeInSeconds"
    billed = f"{found}.BillableTimeInSeconds"
    return {
        "status": f"{found}.TrainingJobStatus",
        "secondary_status": f"$string({found}.SecondaryStatus) & ''",
        "reason": f"$substring($string({found}.FailureReason) & '', 0, 2000)",
        "artifact_uri": f"$string({found}.ModelArtifacts.S3ModelArtifacts) & ''",
        "training_seconds": f"$exists({trained}) ? {trained} : 0",
        "billable_seconds": f"$exists({billed}) ? {billed} : 0",
        "started": f"{own}.started or {started}",
        "polls": f"{own}.polls + 1",
    }


def _done(step: TrainingJob, scope: Scope) -> State:
    """Keeps the outputs; seconds and savings are those of all rungs together."""
    own = f"${step.id}"
    trained, billed = (
        f"$sum($append([{own}.{member}], {own}.attempts.{member}))"
        for member in ("training_seconds", "billable_seconds")
    )
    savings = f"{trained} = 0 ? 0 : $round(100 * (1 - {billed} / {trained}), 1)"
    return {
        "Type": "Pass",
        "Assign": {
            step.id: {
                "job_name": code(f"{own}.job_name"),
                "artifact_uri": code(f"{own}.artifact_uri"),
                "instance_type": code(f"{own}.instance_type"),
                "training_seconds": code(trained),
                "billable_seconds": code(billed),
                "savings_percent": code(savings),
                "attempts": code(f"{own}.attempts"),
            }
        },
        "Next": scope.following,
    }
