"""Tuning jobs: training jobs with hyperparameters from ranges, of which the best is kept."""

import hashlib
import math
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from groundplan.stacks.rehearsal.emulator.clock import CLOCK
from groundplan.stacks.rehearsal.emulator.jobs.job import ENDED, Place
from groundplan.stacks.rehearsal.emulator.jobs.registry import scripts_of
from groundplan.stacks.rehearsal.emulator.jobs.training import TrainingJob

_COPIED = (
    "CheckpointConfig",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "EnableNetworkIsolation",
    "Environment",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "RoleArn",
    "StoppingCondition",
    "VpcConfig",
)
_COUNTERS = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
_OBJECTIVES = ("Succeeded", "Pending", "Failed")


class TuningJob:
    """Starts as many training jobs as may run at once, and the next one when one has ended.

    Each description takes a step of every running training job. The values are the same for the
    same ranges, so that a repeated run trains the same models.
    """

    def __init__(
        self, place: Place, request: dict[str, Any], training_jobs: dict[str, Any]
    ) -> None:
        """Create the job with its first training jobs.

        Args:
            place: Where it runs.
            request: Of CreateHyperParameterTuningJob.
            training_jobs: Those of the account, by name; its own are added.
        """
        self._place = place
        self.request = request
        self._training_jobs = training_jobs
        self._config = request["HyperParameterTuningJobConfig"]
        self.name = str(request["HyperParameterTuningJobName"])
        self.arn = (
            f"arn:aws:sagemaker:{place.region}:{place.account}:"
            f"hyper-parameter-tuning-job/{self.name.lower()}"
        )
        self.tags = list(request.get("Tags", []))
        self.status = "InProgress"
        self.failure_reason = ""
        self.creation_time = self.last_modified_time = CLOCK.now()
        self.end_time: Any = None
        self.jobs: list[TrainingJob] = []
        self._stopping = False
        self._lock = threading.RLock()
        self._fill()

    def belongs_to(self, emulator: object) -> bool:
        """Whether it was created on that emulator."""
        return self._place.emulator is emulator

    def stop(self) -> None:
        """Ask every training job to stop and start no further one."""
        with self._lock:
            if self.status not in ENDED:
                self._stopping, self.status = True, "Stopping"
                for job in self.jobs:
                    job.stop()

    def describe(self) -> dict[str, Any]:
        """Take a step, then describe."""
        with self._lock:
            if self.status not in ENDED:
                self._step()
            return self._description()

    def list_jobs(self) -> list[dict[str, Any]]:
        """A summary of each training job, in order of creation."""
        with self._lock:
            return [self._summary(job) for job in self.jobs]

    def _step(self) -> None:
        for job in self.jobs:
            if job.status not in ENDED:
                job.describe()
        self._fill()
        if any(job.status not in ENDED for job in self.jobs):
            return
        self.end_time = self.last_modified_time = CLOCK.now()
        if self._stopping:
            self.status = "Stopped"
        elif self.best() is None:
            self.status = "Failed"
            self.failure_reason = (
                "No training job succeeded with the objective metric "
                f"{self._objective['MetricName']}"
            )
        else:
            self.status = "Completed"

    @property
    def _objective(self) -> dict[str, str]:
        objective: dict[str, str] = self._config["HyperParameterTuningJobObjective"]
        return objective

    def _fill(self) -> None:
        limits = self._config["ResourceLimits"]
        running = sum(job.status not in ENDED for job in self.jobs)
        while (
            not self._stopping
            and len(self.jobs) < limits["MaxNumberOfTrainingJobs"]
            and running < limits["MaxParallelTrainingJobs"]
        ):
            job = TrainingJob(self._place, self._training_request(len(self.jobs) + 1))
            self.jobs.append(job)
            self._training_jobs[job.name] = job
            running += 1

    def _training_request(self, number: int) -> dict[str, Any]:
        definition = self.request["TrainingJobDefinition"]
        algorithm = definition["AlgorithmSpecification"]
        suffix = hashlib.sha256(f"{self.name}/{number}".encode()).hexdigest()[:8]
        return {
            **{key: definition[key] for key in _COPIED if key in definition},
            "AlgorithmSpecification": {
                **algorithm,
                "ContainerEntrypoint": train_command(
                    scripts_of(algorithm.get("TrainingImage", ""), self._place.emulator.images)
                ),
            },
            "HyperParameters": {
                **definition.get("StaticHyperParameters", {}),
                **self._drawn(number),
                "_tuning_objective_metric": self._objective["MetricName"],
            },
            "Tags": self.tags,
            "TrainingJobName": f"{self.name}-{number:03}-{suffix}",
        }

    def _drawn(self, number: int) -> dict[str, str]:
        ranges = self._config.get("ParameterRanges", {})
        drawn: dict[str, str] = {}
        for item in ranges.get("IntegerParameterRanges", []):
            low, high = float(item["MinValue"]), float(item["MaxValue"])
            drawn[item["Name"]] = str(round(_between(low, high, item, number)))
        for item in ranges.get("ContinuousParameterRanges", []):
            low, high = float(item["MinValue"]), float(item["MaxValue"])
            drawn[item["Name"]] = repr(_between(low, high, item, number))
        for item in ranges.get("CategoricalParameterRanges", []):
            values = item["Values"]
            drawn[item["Name"]] = values[int(_uniform(item["Name"], number) * len(values))]
        return drawn

    def value(self, job: TrainingJob) -> float | None:
        """The objective of a training job that has succeeded; ``None``: it printed none."""
        if job.status != "Completed":
            return None
        found = job.description().get("FinalMetricDataList", [])
        name = self._objective["MetricName"]
        return next((float(item["Value"]) for item in found if item["MetricName"] == name), None)

    def best(self) -> TrainingJob | None:
        """The training job with the best objective so far, the first of equals."""
        found = [(value, job) for job in self.jobs if (value := self.value(job)) is not None]
        sign = -1 if self._objective["Type"] == "Maximize" else 1
        return min(found, key=lambda item: sign * item[0])[1] if found else None

    def _summary(self, job: TrainingJob) -> dict[str, Any]:
        shown = job.description()
        tuned = self._drawn(self.jobs.index(job) + 1)
        value = self.value(job)
        times = ("CreationTime", "TrainingStartTime", "TrainingEndTime")
        metric = {"MetricName": self._objective["MetricName"], "Value": value}
        return {
            "TrainingJobName": job.name,
            "TrainingJobArn": job.arn,
            "TrainingJobStatus": job.status,
            **{name: shown[name] for name in times if name in shown},
            **({"FailureReason": job.failure_reason} if job.failure_reason else {}),
            "TunedHyperParameters": tuned,
            "ObjectiveStatus": self._objective_status(job),
            **({} if value is None else {"FinalHyperParameterTuningJobObjectiveMetric": metric}),
        }

    def _objective_status(self, job: TrainingJob) -> str:
        if job.status not in ENDED:
            return "Pending"
        return "Failed" if self.value(job) is None else "Succeeded"

    def _description(self) -> dict[str, Any]:
        statuses = Counter(
            {"Failed": "NonRetryableError", "Stopping": "InProgress"}.get(job.status, job.status)
            for job in self.jobs
        )
        objectives = Counter(self._objective_status(job) for job in self.jobs)
        best = self.best()
        return {
            "HyperParameterTuningJobName": self.name,
            "HyperParameterTuningJobArn": self.arn,
            "HyperParameterTuningJobConfig": self._config,
            "TrainingJobDefinition": self.request["TrainingJobDefinition"],
            "HyperParameterTuningJobStatus": self.status,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            "TrainingJobStatusCounters": {name: statuses[name] for name in _COUNTERS},
            "ObjectiveStatusCounters": {name: objectives[name] for name in _OBJECTIVES},
            **({} if self.end_time is None else {"HyperParameterTuningEndTime": self.end_time}),
            **({"FailureReason": self.failure_reason} if self.failure_reason else {}),
            **({} if best is None else {"BestTrainingJob": self._summary(best)}),
        }


def train_command(scripts: Path) -> list[str]:
    """What a tuning job's container runs, since a tuning job cannot name an entrypoint: ``train``.

    Empty, so that the job fails, where the image's Dockerfile makes no such program.
    """
    recipe = scripts / "Dockerfile"
    known = not recipe.exists() or "/bin/train" in recipe.read_text(errors="replace")
    return ["python", "train.py"] if known and (scripts / "train.py").exists() else []


def _between(low: float, high: float, item: dict[str, Any], number: int) -> float:
    share = _uniform(item["Name"], number)
    if item.get("ScalingType") == "Logarithmic" and low > 0:
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    return low + share * (high - low)


def _uniform(name: str, number: int) -> float:
    """From 0 to 1, the same for the same name and number."""
    return int(hashlib.sha256(f"{name}/{number}".encode()).hexdigest()[:13], 16) / 16**13
