"""States of hyperparameter tuning: the rungs of a ladder, each with a tuning job."""

from math import ceil

from groundplan.pipelines.step_functions.jsonata import code
from groundplan.pipelines.step_functions.rungs import Kind, abandoning, rungs
from groundplan.pipelines.step_functions.states import (
    Scope,
    State,
    States,
    api_task,
    failure,
    merged,
    words,
)
from groundplan.pipelines.step_functions.tuning_request import name, request
from groundplan.pipelines.steps import TuningJob

TRIALS_A_PAGE = 10
ENDED = ("Completed", "Failed", "Stopped")


def tuning(step: TuningJob, scope: Scope) -> States:
    """All rungs, then a look at the best training job, which holds the model.

    Raises:
        PipelineError: If there is no rung, a spot job may wait for less time than it may run, or
            the ranges are none that SageMaker takes.
    """
    label = words(step)
    kind = Kind(
        noun="HyperParameterTuningJob",
        name=lambda number: name(step, number),
        request=lambda number: request(step, number),
        observed=_observed(step),
        watch=lambda following: _watch(step, scope, following),
        rounds=ceil(step.max_jobs / step.parallel_jobs),
    )
    return {
        **rungs(step, scope, kind),
        f"{label} done": api_task(
            step,
            scope,
            "aws-sdk:sagemaker:describeTrainingJob",
            {"TrainingJobName": code(f"${step.id}.best_job")},
            scope.following,
            Assign={step.id: _outputs(step)},
        ),
        **failure(step, scope),
    }


def _observed(step: TuningJob) -> dict[str, str]:
    """What a look at the job adds, as JSONata.

    A tuning job of which no training job ever started ends without saying why. It is shown as what
    it is: one that waited for capacity in vain.
    """
    own, found = f"${step.id}", "$states.result"
    status, counts = f"{found}.HyperParameterTuningJobStatus", f"{found}.TrainingJobStatusCounters"
    ended = " or ".join(f"{status} = '{item}'" for item in ENDED)
    started = f"({own}.started or {counts}.Completed > 0 or {counts}.NonRetryableError > 0)"
    no_model = f"({ended}) and $not($exists({found}.BestTrainingJob.TrainingJobName))"
    in_vain = f"{no_model} and $not{started} and {counts}.Stopped > 0"
    reason = f"$substring($string({found}.FailureReason) & '', 0, 2000)"
    nothing = "'no training job left a model'"
    return {
        "status": f"{in_vain} ? 'Stopped' : {no_model} and {status} = 'Completed' ? 'Failed' : {status}",
        "secondary_status": f"{in_vain} ? 'MaxWaitTimeExceeded' : ''",
        "reason": f"{no_model} and {reason} = '' ? {nothing} : {reason}",
        "best_job": f"$string({found}.BestTrainingJob.TrainingJobName) & ''",
        "best_hyperparameters": (f"$merge([{{}}, {found}.BestTrainingJob.TunedHyperParameters])"),
        "started": started,
        "polls": f"{own}.polls + 1",
    }


def _watch(step: TuningJob, scope: Scope, following: str) -> State:
    """A training job has a start time as soon as it has capacity; counters do not tell."""
    started = "$count($states.result.TrainingJobSummaries.TrainingStartTime) > 0"
    return api_task(
        step,
        scope,
        "aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob",
        {
            "HyperParameterTuningJobName": code(f"${step.id}.job_name"),
            "MaxResults": TRIALS_A_PAGE,
        },
        following,
        Assign=merged(step, {"started": f"${step.id}.started or {started}"}),
        Catch=abandoning(step),
    )


def _outputs(step: TuningJob) -> State:
    """The outputs; seconds and savings are those of the best training job."""
    own, found = f"${step.id}", "$states.result"
    trained, billed = (
        f"($exists({found}.{member}) ? {found}.{member} : 0)"
        for member in ("TrainingTimeInSeconds", "BillableTimeInSeconds")
    )
    savings = f"{trained} = 0 ? 0 : $round(100 * (1 - {billed} / {trained}), 1)"
    return {
        "job_name": code(f"{own}.best_job"),
        "artifact_uri": code(f"{found}.ModelArtifacts.S3ModelArtifacts"),
        "instance_type": code(f"{own}.instance_type"),
        "training_seconds": code(trained),
        "billable_seconds": code(billed),
        "savings_percent": code(savings),
        "attempts": code(f"{own}.attempts"),
        "best_hyperparameters": code(f"{own}.best_hyperparameters"),
    }
