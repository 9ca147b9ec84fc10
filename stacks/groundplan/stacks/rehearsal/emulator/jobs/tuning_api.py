"""SageMaker's operations on tuning jobs."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import (
    AWSValidationException,
    ResourceInUseException,
)
from moto.sagemaker.responses import SageMakerResponse

from groundplan.stacks.rehearsal.emulator.jobs import rules
from groundplan.stacks.rehearsal.emulator.jobs.constraints import check
from groundplan.stacks.rehearsal.emulator.jobs.job import Place
from groundplan.stacks.rehearsal.emulator.jobs.registry import scripts_of
from groundplan.stacks.rehearsal.emulator.jobs.tuning import TuningJob

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator

_NAME = "HyperParameterTuningJobName"


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Let tuning jobs train until the context ends."""

    def create(self: Any) -> ActionResult:
        request = json.loads(self.body)
        check("CreateHyperParameterTuningJob", request)
        _check_definition(request, self.current_account, self.region)
        definition = request["TrainingJobDefinition"]
        scripts_of(definition["AlgorithmSpecification"].get("TrainingImage", ""), emulator.images)
        jobs, name = _jobs(self), request[_NAME]
        if name in jobs:
            raise ResourceInUseException(
                "Hyperparameter tuning job names must be unique within an AWS account and region, "
                f"and a tuning job with this name already exists ({jobs[name].arn})"
            )
        place = Place(emulator, self.current_account, self.region)
        jobs[name] = TuningJob(place, request, self.sagemaker_backend.training_jobs)
        return ActionResult({"HyperParameterTuningJobArn": jobs[name].arn})

    methods = {
        "create_hyper_parameter_tuning_job": create,
        "describe_hyper_parameter_tuning_job": _describe,
        "list_training_jobs_for_hyper_parameter_tuning_job": _list_jobs,
        "stop_hyper_parameter_tuning_job": _stop,
    }
    with ExitStack() as stack:
        for name, method in methods.items():
            stack.enter_context(mock.patch.object(SageMakerResponse, name, method, create=True))
        yield


def _check_definition(request: dict[str, Any], account: str, region: str) -> None:
    if "TrainingJobDefinition" not in request or "WarmStartConfig" in request:
        raise AWSValidationException("The emulator tunes one TrainingJobDefinition, from the start")
    definition = request["TrainingJobDefinition"]
    rules.check_training(definition, account, region)
    config = request["HyperParameterTuningJobConfig"]
    metric = config["HyperParameterTuningJobObjective"]["MetricName"]
    defined = definition["AlgorithmSpecification"].get("MetricDefinitions", [])
    if metric not in {item["Name"] for item in defined}:
        raise AWSValidationException(
            f"The objective metric [{metric}] is not among the metric definitions"
        )
    tuned = [item["Name"] for kind in config.get("ParameterRanges", {}).values() for item in kind]
    fixed = definition.get("StaticHyperParameters", {}).keys() & set(tuned)
    if fixed or len(tuned) != len(set(tuned)):
        raise AWSValidationException(
            f"A hyperparameter can be static or tuned once, got {', '.join(sorted(fixed or tuned))}"
        )


def _describe(self: Any) -> ActionResult:
    return ActionResult(_find(self).describe())


def _stop(self: Any) -> EmptyResult:
    _find(self).stop()
    return EmptyResult()


def _list_jobs(self: Any) -> ActionResult:
    request = json.loads(self.body)
    wanted = request.get("StatusEquals")
    found = [
        item for item in _find(self).list_jobs() if wanted in (None, item["TrainingJobStatus"])
    ]
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        metric = "FinalHyperParameterTuningJobObjectiveMetric"
        found = sorted((i for i in found if metric in i), key=lambda i: i[metric]["Value"])
    if request.get("SortOrder", "Ascending") == "Descending":
        found = found[::-1]
    most = request.get("MaxResults", 100)
    return ActionResult({"TrainingJobSummaries": found[:most]})


def _jobs(response: Any) -> dict[str, TuningJob]:
    jobs: dict[str, TuningJob] = response.sagemaker_backend.hyper_parameter_tuning_jobs
    return jobs


def _find(response: Any) -> TuningJob:
    job = _jobs(response).get(json.loads(response.body)[_NAME])
    if job is None:
        raise AWSValidationException("Requested resource not found.")
    return job
