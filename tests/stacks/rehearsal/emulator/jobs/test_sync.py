"""Jobs that a state machine waits for with ``.sync``."""

import json
import time
from typing import Any

RESOURCE = "arn:aws:states:::sagemaker:create{}Job.sync"


def _run(world: Any, kind: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    task = {
        "Type": "Task",
        "Resource": RESOURCE.format(kind.capitalize()),
        "Arguments": arguments,
        "End": True,
        **more,
    }
    sfn = world.client("stepfunctions")
    machine = sfn.create_state_machine(
        name=arguments[f"{kind.capitalize()}JobName"],
        definition=json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": task}}),
        roleArn="arn:aws:iam::222222222222:role/machine",
    )["stateMachineArn"]
    arn = sfn.start_execution(stateMachineArn=machine)["executionArn"]
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        execution: dict[str, Any] = sfn.describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            return execution
        time.sleep(0.02)
    raise AssertionError("the execution never ends")


def test_result_is_the_jobs_description(world: Any) -> None:
    execution = _run(world, "processing", world.processing("s-report"))

    output = json.loads(execution["output"])
    assert output["ProcessingJobStatus"] == "Completed"
    assert output["ExitMessage"] == "2 rows"
    assert isinstance(output["CreationTime"], int)


def test_failed_job_is_a_failed_task_with_its_description(world: Any) -> None:
    request = world.training("s-bad", HyperParameters={"mode": "fail"})

    execution = _run(world, "training", request)

    assert execution["error"] == "States.TaskFailed"
    assert json.loads(execution["cause"])["FailureReason"].startswith("AlgorithmError: ")


def test_name_in_use_has_the_optimised_calls_error(world: Any) -> None:
    world.sagemaker.create_processing_job(**world.processing("s-twice"))

    execution = _run(world, "processing", world.processing("s-twice"))

    assert execution["error"] == "SageMaker.ResourceInUseException"


def test_time_out_stops_the_job(world: Any) -> None:
    world.emulator.faults.no_capacity.add("ml.m5.xlarge")

    execution = _run(world, "training", world.training("s-late"), TimeoutSeconds=1800)

    assert execution["error"] == "States.Timeout"
    assert world.finish("s-late")[1][-1] == "Stopped"
