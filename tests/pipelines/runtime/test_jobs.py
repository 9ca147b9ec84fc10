"""Jobs of the runtime: begun once, waited for, stopped."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from groundplan.pipelines import TrainingPipelineSettings, training_pipeline
from groundplan.pipelines.embedding import described
from groundplan.pipelines.runtime.base import Run, StepFailed, perform
from groundplan.pipelines.runtime.jobs import processing
from groundplan.pipelines.runtime.training import training
from groundplan.pipelines.steps import Step

STARTING = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Starting"}
RUNNING = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training"}
STOPPED = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}
COMPLETED = {
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://churn-artifacts/model.tar.gz"},
    "TrainingTimeInSeconds": 100,
    "BillableTimeInSeconds": 30,
}
BROKEN = {
    "TrainingJobStatus": "Failed",
    "SecondaryStatus": "Failed",
    "SecondaryStatusTransitions": [{"Status": "Training"}],
    "FailureReason": "AlgorithmError: exit code 1",
}


class SageMaker:
    """Training jobs whose looks are told in advance, by rung and attempt; the last one stays."""

    def __init__(self, service_error: Any, looks: Mapping[str, list[Any]]) -> None:
        self.error = service_error
        self.looks = {name: list(seen) for name, seen in looks.items()}
        self.created: list[str] = []
        self.stopped: list[str] = []
        self.there: set[str] = set()

    def services(self) -> dict[str, Any]:
        return {
            "createTrainingJob": self.create,
            "describeTrainingJob": self.describe,
            "stopTrainingJob": self.stop,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = "-".join(request["TrainingJobName"].rsplit("-", 2)[1:])
        refusal = self.looks[name][0]
        if isinstance(refusal, Exception):
            raise refusal
        self.created.append(name)
        self.there.add(name)
        return {}

    def describe(self, request: dict[str, Any]) -> Any:
        name = "-".join(request["TrainingJobName"].rsplit("-", 2)[1:])
        if name not in self.there:
            raise self.error("ValidationException", "Requested resource not found.")
        seen = self.looks[name]
        return seen.pop(0) if len(seen) > 1 else seen[0]

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        self.stopped.append("-".join(request["TrainingJobName"].rsplit("-", 2)[1:]))
        return {}


def step_of(settings: TrainingPipelineSettings, step_id: str) -> Step:
    return next(step for step in training_pipeline(settings).steps if step.id == step_id)


def train(
    settings: TrainingPipelineSettings, aws: Any, again: bool = False
) -> tuple[dict[str, Any], list[float]]:
    slept: list[float] = []
    run = Run(
        execution_id="run",
        start_time="2026-11-21T03:00:00.000Z",
        parameters={name: "x" for name in ("SubnetId0", "SubnetId1", "SecurityGroupId0")}
        | {"label": "churned", "learning_rate": "0.1"},
        outputs={
            "image": {"uri": "i@sha256:1", "digest": "sha256:1"},
            "dataset": {"version": "d"},
            "fingerprint": {"value": "f"},
        },
        client=aws.client,
        again=again,
        sleep=slept.append,
    )
    step = json.loads(json.dumps(described(step_of(settings, "train"))))
    return perform(training, step, run), slept


def test_a_rung_without_capacity_is_stopped_and_the_next_one_tried(
    settings: TrainingPipelineSettings, fake_aws: Any, service_error: Any
) -> None:
    sagemaker = SageMaker(
        service_error,
        {"1-0": [*[STARTING] * 4, STOPPED], "2-0": [STARTING, RUNNING, COMPLETED]},
    )

    outputs, slept = train(settings, fake_aws(sagemaker.services()))

    assert (sagemaker.created, sagemaker.stopped) == (["1-0", "2-0"], ["1-0"])
    assert len(slept) == 4 + 2
    assert outputs["instance_type"] == "ml.m5.xlarge"
    assert [(item["instance_type"], item["status"]) for item in outputs["attempts"]] == [
        ("ml.g5.xlarge", "Stopped")
    ]


def test_a_limit_of_the_account_is_no_reason_to_give_up(
    settings: TrainingPipelineSettings, fake_aws: Any, service_error: Any
) -> None:
    limit = service_error("ResourceLimitExceeded", "0 instances of ml.g5.xlarge")
    sagemaker = SageMaker(service_error, {"1-0": [limit], "2-0": [COMPLETED]})

    outputs, _ = train(settings, fake_aws(sagemaker.services()))

    assert [item["status"] for item in outputs["attempts"]] == ["NotCreated"]


def test_a_step_that_is_carried_out_again_finds_the_job_that_it_has_begun(
    settings: TrainingPipelineSettings, fake_aws: Any, service_error: Any
) -> None:
    sagemaker = SageMaker(service_error, {"1-0": [STOPPED], "2-0": [RUNNING, COMPLETED]})
    sagemaker.there = {"1-0", "2-0"}

    outputs, _ = train(settings, fake_aws(sagemaker.services()))

    assert sagemaker.created == []
    assert outputs["instance_type"] == "ml.m5.xlarge"


@pytest.mark.parametrize("again", [False, True])
def test_a_job_that_failed_is_replaced_only_where_somebody_asked_for_another_try(
    settings: TrainingPipelineSettings, fake_aws: Any, service_error: Any, again: bool
) -> None:
    sagemaker = SageMaker(service_error, {"1-0": [BROKEN], "1-1": [COMPLETED]})
    sagemaker.there = {"1-0"}
    aws = fake_aws(sagemaker.services())

    if again:
        assert train(settings, aws, again=True)[0]["job_name"].endswith("-train-1-1")
        return
    with pytest.raises(StepFailed) as caught:
        train(settings, aws)
    assert caught.value.error == "TrainFailed"
    assert "AlgorithmError: exit code 1" in caught.value.cause
    assert sagemaker.created == []


def test_fails_when_no_rung_gets_capacity(
    settings: TrainingPipelineSettings, fake_aws: Any, service_error: Any
) -> None:
    starved = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "MaxWaitTimeExceeded"}
    lost = {**BROKEN, "FailureReason": "CapacityError: try later"}
    sagemaker = SageMaker(service_error, {"1-0": [starved], "2-0": [lost]})

    with pytest.raises(StepFailed) as caught:
        train(settings, fake_aws(sagemaker.services()))

    assert caught.value.cause == (
        "step train: NoCapacity: no rung of the ladder got capacity: "
        "ml.g5.xlarge Stopped; ml.m5.xlarge Failed"
    )


def test_a_processing_job_that_never_ends_is_stopped(
    settings: TrainingPipelineSettings, fake_aws: Any
) -> None:
    aws = fake_aws(
        {
            "describeProcessingJob": lambda _: {"ProcessingJobStatus": "InProgress"},
            "stopProcessingJob": lambda _: {},
        }
    )
    run = Run("run", "2026-11-21T03:00:00.000Z", {}, {}, aws.client, sleep=lambda _: None)
    given = {
        "id": "quality",
        "job": {"job_prefix": "p", "max_runtime_seconds": 60},
        "report": None,
    }

    with pytest.raises(StepFailed, match=r"Timeout: job p-.*-quality-0 has not ended"):
        processing(given, run)

    assert len(aws.requests("StopProcessingJob")) == 1
