"""Hyperparameter tuning: many training jobs, of which the best one is kept."""

from typing import Any

from groundplan.pipelines.runtime.base import Outputs, Run, Step, tags
from groundplan.pipelines.runtime.jobs import describe, found
from groundplan.pipelines.runtime.ladder import ENDED, Kind, Rung, Seen, climb
from groundplan.pipelines.runtime.training import (
    hyperparameters,
    savings_percent,
    training_definition,
)

SEED = 20_261_121
MAX_PREFIX = 14  # of the 32 characters that a tuning job's name may have
MAX_DIGITS = 12


def tuning(given: Step, run: Run) -> Outputs:
    """Tunes on the first rung that gets capacity; seconds are those of the best training job."""
    sagemaker = run.client("sagemaker")
    prefix = given["job"]["job_prefix"][:MAX_PREFIX].rstrip("-")
    kind = Kind(
        name=lambda number, attempt: f"{prefix}-{run.short_id[:MAX_DIGITS]}-{number}-{attempt}",
        create=lambda name, rung: sagemaker.create_hyper_parameter_tuning_job(
            **tuning_request(given, rung, name)
        ),
        look=lambda name: _look(sagemaker, name),
        stop=lambda name: sagemaker.stop_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name
        ),
    )
    rung, job, attempts = climb(given, run, kind)
    best = job.described["BestTrainingJob"]
    model = describe(sagemaker, "Training", best["TrainingJobName"])
    trained = int(model.get("TrainingTimeInSeconds", 0))
    billed = int(model.get("BillableTimeInSeconds", 0))
    return {
        "job_name": best["TrainingJobName"],
        "artifact_uri": model["ModelArtifacts"]["S3ModelArtifacts"],
        "instance_type": rung["instance_type"],
        "training_seconds": trained,
        "billable_seconds": billed,
        "savings_percent": savings_percent(trained, billed),
        "attempts": attempts,
        "best_hyperparameters": best.get("TunedHyperParameters", {}),
    }


def _look(sagemaker: Any, name: str) -> Seen | None:
    """What DescribeHyperParameterTuningJob shows.

    A tuning job of which no training job ever started ends without saying why. It is shown as what
    it is: one that waited for capacity in vain.
    """
    job = found(
        lambda: sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    )
    if job is None:
        return None
    status, reason = job["HyperParameterTuningJobStatus"], job.get("FailureReason", "")
    counts = job.get("TrainingJobStatusCounters", {})
    started = counts.get("Completed", 0) > 0 or counts.get("NonRetryableError", 0) > 0
    if not started and status not in ENDED:
        listed = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name, MaxResults=10
        )
        started = any("TrainingStartTime" in item for item in listed["TrainingJobSummaries"])
    seen = Seen(name=name, status=status, reason=reason, started=started, described=job)
    if status in ENDED and "TrainingJobName" not in job.get("BestTrainingJob", {}):
        seen.reason = reason or "no training job left a model"
        if not started and counts.get("Stopped", 0) > 0:
            seen.status, seen.secondary_status = "Stopped", "MaxWaitTimeExceeded"
        elif status == "Completed":
            seen.status = "Failed"
    return seen


def tuning_request(given: Step, rung: Rung, name: str) -> dict[str, Any]:
    """The arguments of CreateHyperParameterTuningJob."""
    definition = {
        "AlgorithmSpecification": {
            "TrainingImage": given["job"]["image"],
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": given["objective_metric"], "Regex": given["objective_regex"]}
            ],
        },
        **training_definition(given, rung),
    }
    if given["hyperparameters"]:
        definition["StaticHyperParameters"] = hyperparameters(given)
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {
                "Type": given["goal"],
                "MetricName": given["objective_metric"],
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": given["max_jobs"],
                "MaxParallelTrainingJobs": given["parallel_jobs"],
            },
            "ParameterRanges": {
                "IntegerParameterRanges": _ranges(given, "integer"),
                "ContinuousParameterRanges": _ranges(given, "continuous"),
            },
            "TrainingJobEarlyStoppingType": "Off",
            "RandomSeed": SEED,
        },
        "TrainingJobDefinition": definition,
        "Tags": tags(given["job"]["tags"]),
    }


def _ranges(given: Step, kind: str) -> list[dict[str, str]]:
    return [
        {
            "Name": item["name"],
            "MinValue": _bound(item, "min"),
            "MaxValue": _bound(item, "max"),
            "ScalingType": item["scaling"],
        }
        for item in given["ranges"]
        if item["kind"] == kind
    ]


def _bound(item: Any, name: str) -> str:
    return str(int(item[name])) if item["kind"] == "integer" else repr(float(item[name]))
