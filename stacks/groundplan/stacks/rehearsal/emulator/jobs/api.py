"""SageMaker's job operations on moto's server."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import AWSValidationException, ResourceInUseException
from moto.sagemaker.responses import SageMakerResponse

from groundplan.stacks.rehearsal.emulator.jobs import rules
from groundplan.stacks.rehearsal.emulator.jobs.constraints import check
from groundplan.stacks.rehearsal.emulator.jobs.job import Job, Place
from groundplan.stacks.rehearsal.emulator.jobs.processing import ProcessingJob
from groundplan.stacks.rehearsal.emulator.jobs.registry import scripts_of
from groundplan.stacks.rehearsal.emulator.jobs.training import TrainingJob

if TYPE_CHECKING:
    from groundplan.stacks.rehearsal.emulator import Emulator


@contextmanager
def patched(emulator: "Emulator") -> Iterator[None]:
    """Let the job operations run scripts; add StopTrainingJob."""

    def create_training_job(self: Any) -> ActionResult:
        asked = request(self, "CreateTrainingJob")
        rules.check_training(asked, self.current_account, self.region)
        scripts_of(asked["AlgorithmSpecification"].get("TrainingImage", ""), emulator.images)
        return create(emulator, TrainingJob, self, asked)

    def create_processing_job(self: Any) -> ActionResult:
        asked = request(self, "CreateProcessingJob")
        rules.check_processing(asked, self.current_account, self.region)
        scripts_of(asked["AppSpecification"]["ImageUri"], emulator.images)
        return create(emulator, ProcessingJob, self, asked)

    methods = {
        "create_training_job": create_training_job,
        "create_processing_job": create_processing_job,
        "describe_training_job": describe(TrainingJob),
        "describe_processing_job": describe(ProcessingJob),
        "stop_training_job": stop(TrainingJob),
        "stop_processing_job": stop(ProcessingJob),
    }
    with ExitStack() as stack:
        for name, method in methods.items():
            stack.enter_context(mock.patch.object(SageMakerResponse, name, method, create=True))
        yield


def create(
    emulator: "Emulator", kind: type[Job], response: Any, request: dict[str, Any]
) -> ActionResult:
    """Create a job of a kind.

    Raises:
        ResourceInUseException: There is one of that name.
    """
    jobs = _jobs(response, kind)
    name = request[f"{kind.OPERATION}Name"]
    if name in jobs:
        raise ResourceInUseException(
            f"{kind.KIND.capitalize()} job names must be unique within an AWS account and "
            f"region, and a {kind.KIND} job with this name already exists ({jobs[name].arn})"
        )
    place = Place(emulator, response.current_account, response.region)
    job = jobs[name] = kind(place, request)
    return ActionResult({f"{kind.OPERATION}Arn": job.arn})


def describe(kind: type[Job]) -> Any:
    """The operation that describes jobs of a kind."""

    def described(self: Any) -> ActionResult:
        return ActionResult(_find(self, kind).describe())

    return described


def stop(kind: type[Job]) -> Any:
    """The operation that stops jobs of a kind."""

    def stopped(self: Any) -> EmptyResult:
        _find(self, kind).stop()
        return EmptyResult()

    return stopped


def request(response: Any, operation: str) -> dict[str, Any]:
    """A request that fits its operation.

    Raises:
        AWSValidationException: It does not.
    """
    found: dict[str, Any] = json.loads(response.body)
    check(operation, found)
    return found


def _jobs(response: Any, kind: type[Job]) -> dict[str, Job]:
    jobs: dict[str, Job] = getattr(response.sagemaker_backend, f"{kind.KIND}_jobs")
    return jobs


def _find(response: Any, kind: type[Job]) -> Job:
    name = json.loads(response.body)[f"{kind.OPERATION}Name"]
    job = _jobs(response, kind).get(name)
    if job is None:
        raise AWSValidationException("Requested resource not found.")
    return job
