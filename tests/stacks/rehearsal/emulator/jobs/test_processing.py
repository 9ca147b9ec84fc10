import json
from typing import Any


def test_script_reads_its_input_and_leaves_a_report(world: Any) -> None:
    world.sagemaker.create_processing_job(**world.processing("p-plain"))

    job, seen = world.finish("p-plain", "processing")

    assert seen == ["InProgress", "Completed"]
    assert json.loads(world.read("reports/p-plain/report.json")) == {"rows": 2, "where": "here"}
    assert job["ExitMessage"] == "2 rows"
    assert (job["ProcessingEndTime"] - job["ProcessingStartTime"]).total_seconds() >= 300
    assert job["AppSpecification"]["ContainerArguments"] == ["/opt/ml/processing/output"]


def test_one_object_is_an_input_too(world: Any) -> None:
    world.sagemaker.create_processing_job(
        **world.processing("p-object", "s3://data-sets/v1/rows.csv")
    )

    job, _ = world.finish("p-object", "processing")

    assert job["ProcessingJobStatus"] == "Completed"


def test_fails_with_an_exit_message_and_without_output(world: Any) -> None:
    world.sagemaker.create_processing_job(**world.processing("p-bad", "s3://data-sets/empty/"))

    job, _ = world.finish("p-bad", "processing")

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert job["ExitMessage"] == "0 rows"
    listed = world.client("s3").list_objects_v2(Bucket="results", Prefix="reports/p-bad/")
    assert listed["KeyCount"] == 0


def test_can_be_stopped_before_it_runs(world: Any) -> None:
    world.sagemaker.create_processing_job(**world.processing("p-stop"))

    world.sagemaker.stop_processing_job(ProcessingJobName="p-stop")
    _, seen = world.finish("p-stop", "processing")

    assert seen == ["Stopping", "Stopped"]


def test_fails_without_capacity(world: Any) -> None:
    world.emulator.faults.no_on_demand_capacity.add("ml.m5.xlarge")
    world.sagemaker.create_processing_job(**world.processing("p-none"))

    job, _ = world.finish("p-none", "processing")

    assert job["FailureReason"].startswith("CapacityError: ")
