"""Hyperparameter tuning, executed with services that the tests play."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions import api_calls, definition
from groundplan.pipelines.step_functions.rungs import poll_seconds
from groundplan.pipelines.steps import Rung, TuningJob, TuningRange
from groundplan.pipelines.steps.jobs import Channel, Job, Network
from groundplan.pipelines.training_jobs import objective_regex
from groundplan.pipelines.values import NumberOutput, ObjectOutput, TextOutput

STEP = TuningJob(
    id="train",
    job=Job(
        job_prefix="churn-prod-churn-of-customers",
        image="image@sha256:1",
        role_arn="arn:aws:iam::333333333333:role/training",
        entrypoint=("python", "train.py"),
        inputs=(Channel(name="train", uri="s3://churn-customers/train/"),),
        output_uri="s3://churn-artifacts/models/",
        output_kms_key_id="arn:aws:kms:eu-west-1:111111111111:alias/artifacts",
        volume_kms_key_id="arn:aws:kms:eu-west-1:333333333333:alias/volumes",
        volume_gib=30,
        max_runtime_seconds=3600,
        network=Network(subnet_ids=("subnet-1",), security_group_ids=("sg-1",)),
        tags=(("project", "churn"),),
    ),
    ladder=(
        Rung(instance_type="ml.m5.xlarge", spot=True, volume_key=True),
        Rung(instance_type="ml.m5.2xlarge", spot=False, volume_key=True),
    ),
    instance_count=1,
    hyperparameters=(("label", "churned"),),
    ranges=(
        TuningRange(name="rate", kind="continuous", min=0.01, max=1, scaling="Logarithmic"),
        TuningRange(name="depth", kind="integer", min=2, max=9),
    ),
    objective_metric="auc",
    objective_regex=objective_regex("auc"),
    goal="Maximize",
    max_jobs=4,
    parallel_jobs=2,
    checkpoint_uri="s3://churn-work/checkpoints/",
    patience_seconds=120,
    max_wait_seconds=7200,
)
BEST = {"TrainingJobName": "tuned-001-abc", "TunedHyperParameters": {"rate": "0.1", "depth": "3"}}
TRAINED = {
    "ModelArtifacts": {"S3ModelArtifacts": "s3://churn-artifacts/models/tuned/model.tar.gz"},
    "TrainingTimeInSeconds": 200,
    "BillableTimeInSeconds": 50,
}


def looked(status: str, best: bool = False, **counters: int) -> dict[str, Any]:
    zero = dict.fromkeys(
        ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0
    )
    return {
        "HyperParameterTuningJobStatus": status,
        "TrainingJobStatusCounters": zero | counters,
        **({"BestTrainingJob": BEST} if best else {}),
    }


DONE = looked("Completed", best=True, Completed=4)
WAITING = looked("InProgress", InProgress=2)
STOPPED = looked("Stopped", Stopped=2)

Run = Callable[..., tuple[dict[str, Any], Any]]


def answers(*given: Any) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    queue: Iterator[Any] = chain(given, repeat(given[-1]))

    def service(_: dict[str, Any]) -> Mapping[str, Any]:
        answer = next(queue)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Mapping)
        return answer

    return service


def tuned(step: TuningJob = STEP) -> Pipeline:
    return Pipeline(
        name="p",
        steps=(step,),
        outputs=(
            ("job_name", TextOutput("train", "job_name")),
            ("artifact_uri", TextOutput("train", "artifact_uri")),
            ("instance_type", TextOutput("train", "instance_type")),
            ("savings_percent", NumberOutput("train", "savings_percent")),
            ("attempts", ObjectOutput("train", "attempts")),
            ("best", ObjectOutput("train", "best_hyperparameters")),
        ),
        timeout_seconds=60,
    )


@pytest.fixture
def run(machine: Any) -> Run:
    def start(
        *described: Any, step: TuningJob = STEP, started: bool = False, **services: Any
    ) -> Any:
        summary = {"TrainingJobName": "tuned-001-abc", "TrainingJobStatus": "InProgress"}
        begun = {"TrainingStartTime": "2026-11-21T03:00:00Z"} if started else {}
        defaults: dict[str, Any] = {
            "createHyperParameterTuningJob": answers({"HyperParameterTuningJobArn": "arn"}),
            "describeHyperParameterTuningJob": answers(*(described or (DONE,))),
            "listTrainingJobsForHyperParameterTuningJob": answers(
                {"TrainingJobSummaries": [summary | begun]}
            ),
            "stopHyperParameterTuningJob": answers({}),
            "describeTrainingJob": answers(TRAINED),
        }
        built = machine(definition(tuned(step)), defaults | services)
        return built.run(), built

    return start


def created(machine: Any) -> list[dict[str, Any]]:
    return [
        arguments for call, arguments in machine.calls if "createHyperParameterTuningJob" in call
    ]


def test_the_best_training_job_is_the_model(run: Run) -> None:
    output, machine = run(WAITING, DONE)

    assert output == {
        "job_name": "tuned-001-abc",
        "artifact_uri": "s3://churn-artifacts/models/tuned/model.tar.gz",
        "instance_type": "ml.m5.xlarge",
        "savings_percent": 75,
        "attempts": [],
        "best": {"rate": "0.1", "depth": "3"},
    }
    assert machine.calls[-1] == (
        "aws-sdk:sagemaker:describeTrainingJob",
        {"TrainingJobName": "tuned-001-abc"},
    )


def test_ranges_limits_and_fixed_hyperparameters_are_passed_on(run: Run) -> None:
    _, machine = run()

    [request] = created(machine)
    config, trial = request["HyperParameterTuningJobConfig"], request["TrainingJobDefinition"]
    assert config["ParameterRanges"] == {
        "IntegerParameterRanges": [
            {"Name": "depth", "MinValue": "2", "MaxValue": "9", "ScalingType": "Linear"}
        ],
        "ContinuousParameterRanges": [
            {"Name": "rate", "MinValue": "0.01", "MaxValue": "1.0", "ScalingType": "Logarithmic"}
        ],
    }
    assert config["ResourceLimits"] == {
        "MaxNumberOfTrainingJobs": 4,
        "MaxParallelTrainingJobs": 2,
    }
    assert config["HyperParameterTuningJobObjective"] == {"Type": "Maximize", "MetricName": "auc"}
    assert trial["StaticHyperParameters"] == {"label": "churned"}
    assert trial["EnableNetworkIsolation"] and trial["EnableManagedSpotTraining"]
    assert trial["AlgorithmSpecification"]["MetricDefinitions"] == [
        {"Name": "auc", "Regex": r"\bauc=([-+0-9.eE]+)"}
    ]


def test_names_fit_what_a_tuning_job_may_be_called(run: Run) -> None:
    _, machine = run(STOPPED, DONE)

    first, second = (request["HyperParameterTuningJobName"] for request in created(machine))
    assert first.startswith("churn-prod-chu-") and first != second
    assert max(map(len, (first, second))) <= 32


def test_a_rung_on_which_nothing_starts_is_stopped(run: Run) -> None:
    output, machine = run(WAITING, WAITING, STOPPED, DONE)

    assert machine.path.count("Train 1 stop") == 1
    assert [
        request["TrainingJobDefinition"]["ResourceConfig"]["InstanceType"]
        for request in created(machine)
    ] == [
        "ml.m5.xlarge",
        "ml.m5.2xlarge",
    ]
    assert output["instance_type"] == "ml.m5.2xlarge"
    [attempt] = output["attempts"]
    assert (attempt["status"], attempt["instance_type"]) == ("Stopped", "ml.m5.xlarge")


def test_patience_ends_when_the_first_training_job_starts(run: Run) -> None:
    output, machine = run(*[WAITING] * 9, DONE, started=True)

    assert "Train 1 stop" not in machine.path
    assert output["instance_type"] == "ml.m5.xlarge"


def test_jobs_that_all_waited_in_vain_lead_to_the_next_rung(run: Run) -> None:
    in_vain = looked("Completed", Stopped=4)
    output, _ = run(in_vain, DONE)

    assert output["attempts"][0]["secondary_status"] == "MaxWaitTimeExceeded"


@pytest.mark.parametrize(
    ("ended", "cause"),
    [
        (
            looked("Completed", NonRetryableError=4),
            "Failed : job {job}: no training job left a model",
        ),
        (
            looked("Failed") | {"FailureReason": "all training jobs failed"},
            "Failed : job {job}: all training jobs failed",
        ),
        (looked("Stopped", Completed=1), "Stopped : job {job}: no training job left a model"),
    ],
)
def test_fails_when_no_model_comes_of_it(run: Run, ended: dict[str, Any], cause: str) -> None:
    output, machine = run(ended)

    [request] = created(machine)
    name = request["HyperParameterTuningJobName"]
    assert output == {"Error": "TrainFailed", "Cause": f"step train: {cause.format(job=name)}"}


def test_fails_when_no_rung_gets_capacity(run: Run) -> None:
    output, _ = run(looked("Completed", Stopped=4))

    assert output["Cause"].startswith(
        "step train: NoCapacity: no rung of the ladder got capacity, the last one was ml.m5.2xlarge"
    )


@pytest.mark.parametrize(
    "service",
    [
        "describeHyperParameterTuningJob",
        "listTrainingJobsForHyperParameterTuningJob",
        "describeTrainingJob",
    ],
)
def test_no_failure_is_silent(run: Run, service_error: Any, service: str) -> None:
    output, _ = run(**{service: answers(service_error("Service.Broken", "it broke"))})

    assert output == {"Error": "TrainFailed", "Cause": "step train: Service.Broken: it broke"}


def test_fails_when_the_job_is_refused(run: Run, service_error: Any) -> None:
    refused = service_error("SageMaker.AmazonSageMakerException", "ValidationException: no role")
    missing = service_error("SageMaker.SageMakerException", "does not exist")
    output, _ = run(missing, createHyperParameterTuningJob=answers(refused))

    assert output["Cause"].endswith("ValidationException: no role")


def test_a_quota_of_zero_leads_to_the_next_rung(run: Run, service_error: Any) -> None:
    limit = service_error("SageMaker.ResourceLimitExceededException", "quota is 0")
    created = answers(limit, {"HyperParameterTuningJobArn": "arn"})
    output, _ = run(createHyperParameterTuningJob=created)

    assert output["attempts"][0]["status"] == "NotCreated"


def test_rounds_of_training_jobs_take_their_time() -> None:
    long = replace(STEP, max_jobs=100, max_wait_seconds=72_000)

    assert poll_seconds(long, rounds=50) > poll_seconds(STEP, rounds=2)


def test_lists_the_actions_that_the_role_needs() -> None:
    assert api_calls(tuned()) == (
        "iam:PassRole",
        "sagemaker:AddTags",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
        "sagemaker:StopHyperParameterTuningJob",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ranges": ()}, "steps[train].ranges: tuning needs a range, got (); add one"),
        (
            {"ranges": (TuningRange(name="label", kind="continuous", min=0, max=1),)},
            (
                "steps[train].ranges[label]: has a fixed value too, got 'label'; "
                "remove one of the two"
            ),
        ),
        (
            {"ranges": (TuningRange(name="a", kind="integer", min=1, max=1),)},
            (
                "steps[train].ranges[a]: min must be below max, and above 0 where the scale is "
                "logarithmic, got '1 to 1'; change the bounds"
            ),
        ),
        ({"ladder": ()}, "steps[train].ladder: training needs a rung, got (); add one"),
    ],
)
def test_fails_on_what_sagemaker_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        definition(tuned(replace(STEP, **changes)))

    assert str(caught.value) == message
