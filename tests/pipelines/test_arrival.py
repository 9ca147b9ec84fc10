"""The arrival pipeline, executed by the interpreter of `conftest`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from groundplan.pipelines import definition
from groundplan.pipelines.arrival import ArrivalPipelineSettings, arrival_pipeline
from groundplan.pipelines.steps import QuietDataset

MACHINE = "arn:aws:states:eu-west-1:333333333333:stateMachine:churn-prod-churn-training"
SETTINGS = ArrivalPipelineSettings(
    project="churn",
    environment="prod",
    model="churn",
    partition="aws",
    lock_table="churn-prod-locks",
    dataset_uri="s3://customers/",
    quiet_seconds=1800,
    training_machine_arn=MACHINE,
    topic_arn="arn:aws:sns:eu-west-1:333333333333:churn-prod-alerts",
)


class Services:
    """Answers, and remembers who was called; a dataset that changes until ``rests`` looks."""

    def __init__(self, service_error: Any, *, held: bool = False, rests: int = 1) -> None:
        self.error, self.held, self.rests, self.looks = service_error, held, rests, 0

    def take(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.held:
            raise self.error("DynamoDb.ConditionalCheckFailedException", "held")
        return {}

    def look(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        self.looks += 1
        tag = min(self.looks, self.rests)
        version = {"Key": "train/a.csv", "VersionId": f"{tag}", "ETag": f"{tag}", "IsLatest": True}
        return {"IsTruncated": False, "Versions": [{**version, "Size": 1}]}

    def __call__(self) -> dict[str, Any]:
        return {
            "putItem": self.take,
            "deleteItem": lambda _: {},
            "listObjectVersions": self.look,
            "startExecution": lambda _: {"ExecutionArn": "arn", "StartDate": "2026-11-21"},
            "publish": lambda _: {"MessageId": "1"},
        }


def run(machine: Any, services: Services, **more: Any) -> Any:
    return machine(definition(arrival_pipeline(SETTINGS)), services() | more)


def called(done: Any) -> list[str]:
    return [name.rpartition(":")[2] for name, _ in done.calls]


def test_training_starts_after_the_last_change(machine: Any, service_error: Any) -> None:
    done = run(machine, Services(service_error, rests=3))
    assert done.run() == {"started": "yes"}
    assert called(done) == ["putItem", *["listObjectVersions"] * 4, "deleteItem", "startExecution"]
    assert done.waited == [1800] * 3
    [start] = [arguments for name, arguments in done.calls if name.endswith("startExecution")]
    assert start["StateMachineArn"] == MACHINE
    assert start["Input"] == "{}"
    assert start["Name"].startswith("data-")


def test_one_that_finds_another_waiting_ends_at_once(machine: Any, service_error: Any) -> None:
    done = run(machine, Services(service_error, held=True))
    assert done.run() == {"started": "no"}
    assert called(done) == ["putItem"]


def test_a_dataset_that_never_rests_is_told_and_lets_go(machine: Any, service_error: Any) -> None:
    done = run(machine, Services(service_error, rests=10_000))
    result = done.run(limit=2000)
    assert "NeverQuiet" in result["Cause"]
    assert called(done)[-2:] == ["deleteItem", "publish"]
    assert "startExecution" not in called(done)
    subject = done.calls[-1][1]["Subject"]
    assert subject == "New data for churn in prod started no training"


def test_a_start_that_is_refused_is_told(machine: Any, service_error: Any) -> None:
    def refused(_: Mapping[str, Any]) -> Mapping[str, Any]:
        raise service_error("Sfn.StateMachineDoesNotExistException", "gone")

    done = run(machine, Services(service_error), startExecution=refused)
    result = done.run()
    assert result["Error"] == "StartFailed"
    assert "gone" in done.calls[-1][1]["Message"]


@pytest.mark.parametrize(
    ("quiet", "longest"), [(60, 2880), (1800, 86_400), (3600, 86_400), (86_400, 345_600)]
)
def test_it_gives_up_after_some_looks(quiet: int, longest: int) -> None:
    pipeline = arrival_pipeline(replace(SETTINGS, quiet_seconds=quiet))
    step = next(item for item in pipeline.steps if isinstance(item, QuietDataset))
    assert step.max_wait_seconds == longest
    assert pipeline.timeout_seconds > longest
