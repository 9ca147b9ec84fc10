import itertools
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from groundplan.stacks.rehearsal.emulator.jobs.tuning import train_command

RATES = {"Name": "rate", "MinValue": "0.001", "MaxValue": "0.9", "ScalingType": "Logarithmic"}
EPOCHS = {"Name": "epochs", "MinValue": "1", "MaxValue": "3"}


def _request(world: Any, name: str, jobs: int = 3, **changes: Any) -> dict[str, Any]:
    definition = world.training(name, CheckpointConfig=None, **changes)
    algorithm = definition["AlgorithmSpecification"]
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [RATES],
                "IntegerParameterRanges": [EPOCHS],
            },
        },
        "TrainingJobDefinition": {
            **{
                key: value
                for key, value in definition.items()
                if key not in ("TrainingJobName", "HyperParameters", "AlgorithmSpecification")
            },
            "AlgorithmSpecification": {
                key: value for key, value in algorithm.items() if key != "ContainerEntrypoint"
            },
            "StaticHyperParameters": {"kept": "1"},
        },
    }


def _end(world: Any, name: str) -> tuple[dict[str, Any], int]:
    """The last description, and how many jobs were seen to run at once."""
    most = 0
    for _ in range(100):
        job = world.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        most = max(most, job["TrainingJobStatusCounters"]["InProgress"])
        if job["HyperParameterTuningJobStatus"] in ("Completed", "Failed", "Stopped"):
            return job, most
    raise AssertionError(f"{name} never ends")


def test_best_of_many_models_is_found(world: Any) -> None:
    world.sagemaker.create_hyper_parameter_tuning_job(**_request(world, "tune"))

    job, most = _end(world, "tune")

    listed = world.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="tune"
    )["TrainingJobSummaries"]
    rates = [float(item["TunedHyperParameters"]["rate"]) for item in listed]
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert most == 2
    assert len(set(rates)) == 3
    assert all(0.001 <= rate <= 0.9 for rate in rates)
    assert {item["TunedHyperParameters"]["epochs"] for item in listed} <= {"1", "2", "3"}
    assert [item[metric]["Value"] for item in listed] == pytest.approx(rates)
    assert job["BestTrainingJob"][metric]["Value"] == pytest.approx(max(rates))
    assert job["TrainingJobStatusCounters"]["Completed"] == 3
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    best = world.sagemaker.describe_training_job(
        TrainingJobName=job["BestTrainingJob"]["TrainingJobName"]
    )
    assert best["HyperParameters"]["kept"] == "1"
    assert best["ModelArtifacts"]["S3ModelArtifacts"].startswith("s3://results/models/tune-")


def test_repeated_tuning_draws_the_same_values(world: Any) -> None:
    drawn = []
    for name in ("tune-a", "tune-b"):
        world.sagemaker.create_hyper_parameter_tuning_job(**_request(world, name, 2))
        _end(world, name)
        listed = world.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name
        )["TrainingJobSummaries"]
        drawn.append([item["TunedHyperParameters"] for item in listed])

    assert drawn[0] == drawn[1]


def test_tuning_without_capacity_can_be_stopped(world: Any) -> None:
    world.emulator.faults.no_capacity.add("ml.m5.xlarge")
    world.sagemaker.create_hyper_parameter_tuning_job(**_request(world, "starved"))
    for _ in range(3):
        job = world.sagemaker.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="starved"
        )
    assert job["TrainingJobStatusCounters"]["InProgress"] == 2

    world.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="starved")
    job, _ = _end(world, "starved")

    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["Stopped"] == 2
    assert "BestTrainingJob" not in job


def test_tuning_fails_when_no_model_comes_of_it(world: Any) -> None:
    request = _request(world, "failing", 2)
    request["TrainingJobDefinition"]["StaticHyperParameters"]["mode"] = "fail"
    world.sagemaker.create_hyper_parameter_tuning_job(**request)

    job, _ = _end(world, "failing")

    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"] == ("No training job succeeded with the objective metric accuracy")
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 2


_names = itertools.count()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("HyperParameterTuningJobName",), "n" * 33, "length less than or equal to 32"),
        (
            ("HyperParameterTuningJobConfig", "HyperParameterTuningJobObjective", "MetricName"),
            "loss",
            "The objective metric [loss] is not among the metric definitions",
        ),
        (
            ("TrainingJobDefinition", "StaticHyperParameters", "rate"),
            "1",
            "A hyperparameter can be static or tuned once, got rate",
        ),
    ],
)
def test_fails_on_requests_that_sagemaker_refuses(
    world: Any, path: tuple[str, ...], value: str, message: str
) -> None:
    request = _request(world, f"wrong-{next(_names)}")
    place: Any = request
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    with pytest.raises(ClientError) as caught:
        world.sagemaker.create_hyper_parameter_tuning_job(**request)

    assert message in caught.value.response["Error"]["Message"]


def test_image_without_a_program_called_train_cannot_be_tuned(tmp_path: Path) -> None:
    (tmp_path / "train.py").touch()
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN make /usr/local/bin/serve\n")
    assert train_command(tmp_path) == []

    (tmp_path / "Dockerfile").write_text("FROM python\nRUN make /usr/local/bin/train\n")
    assert train_command(tmp_path) == ["python", "train.py"]
