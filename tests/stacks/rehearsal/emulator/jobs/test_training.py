import io
import json
import tarfile
from typing import Any

import pytest


def _model(world: Any, uri: str) -> dict[str, Any]:
    body = world.read(uri.removeprefix("s3://results/"))
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        member = tar.extractfile("model.json")
        assert member is not None
        content: dict[str, Any] = json.load(member)
    return content


def test_script_trains_on_data_of_another_account(world: Any) -> None:
    created = world.sagemaker.create_training_job(**world.training("t-plain"))

    job, seen = world.finish("t-plain")

    assert created["TrainingJobArn"] == (
        "arn:aws:sagemaker:eu-west-1:222222222222:training-job/t-plain"
    )
    assert seen == ["Starting", "Downloading", "Training", "Completed"]
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == (
        "s3://results/models/t-plain/output/model.tar.gz"
    )
    assert _model(world, job["ModelArtifacts"]["S3ModelArtifacts"]) == {
        "rows": 2,
        "epochs": 2,
        "secret": None,
    }
    assert (job["TrainingTimeInSeconds"], job["BillableTimeInSeconds"]) == (600, 180)
    assert (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds() >= 600
    assert [(m["MetricName"], m["Value"]) for m in job["FinalMetricDataList"]] == [
        ("accuracy", 0.75)
    ]
    assert [item["Status"] for item in job["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert job["HyperParameters"] == {"epochs": "2"}
    stored = world.client("s3").head_object(
        Bucket="results", Key="models/t-plain/output/model.tar.gz"
    )
    assert stored["ServerSideEncryption"] == "aws:kms"


def test_a_later_job_resumes_from_the_checkpoints(world: Any) -> None:
    place = {"S3Uri": "s3://results/checkpoints/shared/"}
    world.sagemaker.create_training_job(**world.training("t-first", CheckpointConfig=place))
    world.finish("t-first")
    world.sagemaker.create_training_job(
        **world.training("t-second", CheckpointConfig=place, HyperParameters={"epochs": "5"})
    )
    job, _ = world.finish("t-second")

    assert _model(world, job["ModelArtifacts"]["S3ModelArtifacts"])["epochs"] == 5
    log = next(r.log for r in world.emulator.jobs() if r.name == "t-second")
    assert "starts at epoch 2" in log.read_text()


def test_credentials_reach_a_script_that_is_not_isolated(world: Any) -> None:
    world.sagemaker.create_training_job(**world.training("t-open", EnableNetworkIsolation=False))

    job, _ = world.finish("t-open")

    assert _model(world, job["ModelArtifacts"]["S3ModelArtifacts"])["secret"]


def test_fails_with_what_the_script_says(world: Any) -> None:
    world.sagemaker.create_training_job(**world.training("t-bad", HyperParameters={"mode": "fail"}))

    job, seen = world.finish("t-bad")

    assert seen[-1] == job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: the data is no good, exit code: 3"


def test_fails_without_data(world: Any) -> None:
    request = world.training("t-nodata")
    source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    source["S3Uri"] = "s3://data-sets/nothing/"
    world.sagemaker.create_training_job(**request)

    job, seen = world.finish("t-nodata")

    assert seen == ["Starting", "Downloading", "Failed"]
    assert job["FailureReason"] == (
        "ClientError: No S3 objects found under S3 URL s3://data-sets/nothing/"
    )


def test_runtime_limit_stops_the_script(world: Any) -> None:
    limit = {"MaxRuntimeInSeconds": 1}
    world.sagemaker.create_training_job(
        **world.training(
            "t-long",
            HyperParameters={"mode": "hang"},
            StoppingCondition=limit,
            EnableManagedSpotTraining=None,
        )
    )

    job, seen = world.finish("t-long")

    assert (job["TrainingJobStatus"], seen[-1]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["BillableTimeInSeconds"] == job["TrainingTimeInSeconds"] == 1


def test_starved_spot_job_stops_at_its_maximal_wait(world: Any) -> None:
    world.emulator.faults.no_capacity.add("ml.m5.xlarge")
    world.sagemaker.create_training_job(**world.training("t-starved"))

    job, seen = world.finish("t-starved")

    assert set(seen[:-1]) == {"Starting"}
    assert (job["TrainingJobStatus"], seen[-1]) == ("Stopped", "MaxWaitTimeExceeded")
    assert "TrainingTimeInSeconds" not in job
    waited = job["LastModifiedTime"] - job["CreationTime"]
    assert 7200 <= waited.total_seconds() < 7400


def test_starved_spot_job_can_be_stopped(world: Any) -> None:
    world.emulator.faults.no_capacity.add("ml.m5.xlarge")
    world.sagemaker.create_training_job(**world.training("t-stopped"))
    world.sagemaker.describe_training_job(TrainingJobName="t-stopped")

    world.sagemaker.stop_training_job(TrainingJobName="t-stopped")
    _, seen = world.finish("t-stopped")

    assert seen == ["Stopping", "Stopped"]


def test_capacity_fault_is_one_of_spot_only(world: Any) -> None:
    world.emulator.faults.no_capacity.add("ml.m5.xlarge")
    request = world.training(
        "t-demand",
        EnableManagedSpotTraining=False,
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )
    world.sagemaker.create_training_job(**request)
    assert world.finish("t-demand")[0]["TrainingJobStatus"] == "Completed"

    world.emulator.faults.no_on_demand_capacity.add("ml.m5.xlarge")
    world.sagemaker.create_training_job(**(request | {"TrainingJobName": "t-none"}))
    assert world.finish("t-none")[0]["FailureReason"].startswith("CapacityError: ")


def test_interrupted_spot_job_resumes(world: Any) -> None:
    world.emulator.faults.interrupt.add("ml.m5.xlarge")
    world.sagemaker.create_training_job(
        **world.training("t-spot", HyperParameters={"epochs": "5", "slow": "yes"})
    )

    job, seen = world.finish("t-spot")

    assert seen == [
        *("Starting", "Downloading", "Training", "Interrupted"),
        *("Starting", "Downloading", "Training", "Completed"),
    ]
    log = next(r.log for r in world.emulator.jobs() if r.name == "t-spot").read_text()
    starts = [line for line in log.splitlines() if line.startswith("starts")]
    assert starts[0] == "starts at epoch 0"
    assert starts[1] in {"starts at epoch 1", "starts at epoch 2"}
    assert (job["TrainingTimeInSeconds"], job["BillableTimeInSeconds"]) == (900, 270)
    assert world.emulator.faults.interrupt == set()


def test_wanted_failure_is_used_up(world: Any) -> None:
    world.emulator.faults.job_failure["t-wanted"] = "InternalServerError: We encountered an error"
    world.sagemaker.create_training_job(**world.training("t-wanted-1"))
    world.sagemaker.create_training_job(**world.training("t-wanted-2"))

    first, _ = world.finish("t-wanted-1")
    second, _ = world.finish("t-wanted-2")

    assert first["FailureReason"] == "InternalServerError: We encountered an error"
    assert second["TrainingJobStatus"] == "Completed"


def test_records_tell_what_ran(world: Any) -> None:
    world.sagemaker.create_training_job(**world.training("t-recorded"))
    before = world.emulator.jobs()[-1]
    world.finish("t-recorded")
    after = world.emulator.jobs()[-1]

    assert (before.name, before.status, before.secondary_status) == (
        "t-recorded",
        "InProgress",
        "Starting",
    )
    assert (after.kind, after.account, after.spot, after.status) == (
        "training",
        "222222222222",
        True,
        "Completed",
    )
    assert (after.training_seconds, after.billable_seconds) == (600, 180)
    assert after.request["TrainingJobName"] == "t-recorded"


def test_tags_are_listed(world: Any) -> None:
    tags = [{"Key": "project", "Value": "churn"}]
    arn = world.sagemaker.create_training_job(**world.training("t-tagged", Tags=tags))[
        "TrainingJobArn"
    ]

    assert world.sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
    listed = world.sagemaker.list_training_jobs(NameContains="t-tagged")["TrainingJobSummaries"]
    assert [job["TrainingJobStatus"] for job in listed] == ["InProgress"]


def test_throttled_calls_fail_and_are_counted(world: Any) -> None:
    world.emulator.faults.throttle["CreateTrainingJob"] = 1

    with pytest.raises(world.sagemaker.exceptions.ClientError) as caught:
        world.sagemaker.create_training_job(**world.training("t-throttled"))
    world.sagemaker.create_training_job(**world.training("t-throttled"))

    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    assert world.emulator.faults.throttle == {"CreateTrainingJob": 0}
