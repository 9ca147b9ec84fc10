"""Data that is released, and stays what it was: the runtime and the state machine alike."""

from dataclasses import replace
from typing import Any

from tests_support import listing

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.runtime.base import Run, StepFailed
from groundplan.pipelines.runtime.data import resolve_dataset
from groundplan.pipelines.settings import TrainingPipelineSettings
from groundplan.pipelines.step_functions import definition
from groundplan.pipelines.steps import RegisterModel, ResolveDataset, Step
from groundplan.pipelines.training import training_pipeline
from groundplan.pipelines.values import TextOutput, Value

URI = "s3://churn-customers/current/"
RELEASES = "s3://churn-customers/dvc/releases/"
RELEASED = ResolveDataset(id="data", uri=URI, releases_uri=RELEASES)


def pipeline(step: Step, **outputs: Value) -> Pipeline:
    return Pipeline(
        name="p",
        steps=(step,),
        outputs=tuple(outputs.items()),
        timeout_seconds=60,
    )


def resolved(machine: Any, fake_aws: Any, step: ResolveDataset, name: str | None) -> list[Any]:
    """What the state machine and the runtime leave, where a release of that name is on record."""

    def record(request: dict[str, Any]) -> dict[str, Any]:
        assert request["Prefix"].startswith("dvc/releases/") and request["MaxKeys"] == 1
        return {"Contents": [{"Key": request["Prefix"] + name}]} if name is not None else {}

    services = {"listObjectVersions": listing(2), "listObjectsV2": record}
    outputs: dict[str, Value] = {"version": TextOutput("data", "version")}
    if step.releases_uri is not None:
        outputs["release"] = TextOutput("data", "release")
    machine_left = machine(definition(pipeline(step, **outputs)), services).run()
    services["listObjectVersions"] = listing(2)
    run = Run(
        execution_id="x", start_time="", parameters={}, outputs={},
        client=fake_aws(services).client,
    )  # fmt: skip
    given = {"uri": step.uri, "releases_uri": step.releases_uri, "expected": step.expected}
    try:
        return [
            machine_left,
            {k: v for k, v in resolve_dataset(given, run).items() if k in outputs},
        ]
    except StepFailed as failed:
        cause = f"step data: {failed.error}: {failed.cause}"
        return [machine_left, {"Error": "DataFailed", "Cause": cause}]


def test_a_released_version_is_found_by_its_record(machine: Any, fake_aws: Any) -> None:
    left, same = resolved(machine, fake_aws, RELEASED, "abc.dir")

    assert left == same
    assert left["release"] == "abc.dir"


def test_fails_on_data_that_nobody_has_released(machine: Any, fake_aws: Any) -> None:
    left, same = resolved(machine, fake_aws, RELEASED, None)

    assert left == same
    assert left["Cause"].startswith(
        "step data: DatasetNotReleased: what is below s3://churn-customers/current/ is no release: "
        "version "
    )


def test_fails_when_the_data_is_no_longer_what_it_was(machine: Any, fake_aws: Any) -> None:
    plain = ResolveDataset(id="data", uri=URI)
    left, same = resolved(machine, fake_aws, plain, None)
    expected = replace(plain, expected=left["version"])
    assert left == same == resolved(machine, fake_aws, expected, None)[0]

    left, same = resolved(machine, fake_aws, replace(plain, expected="d0"), None)

    assert left == same
    assert left["Cause"].startswith(
        "step data: DatasetChanged: below s3://churn-customers/current/ something has changed: version "
    )
    assert left["Cause"].endswith(" instead of d0")


def test_training_of_releases_looks_again_before_it_registers(
    settings: TrainingPipelineSettings,
) -> None:
    steps = {item.id: item for item in training_pipeline(settings).steps}
    assert "unchanged" not in steps
    versioned = training_pipeline(replace(settings, releases_uri=RELEASES))
    steps = {item.id: item for item in versioned.steps}

    again, registered = steps["unchanged"], steps["register"]
    assert isinstance(again, ResolveDataset) and isinstance(registered, RegisterModel)
    assert again.expected == TextOutput("dataset", "version")
    assert "evaluate" in again.after and "unchanged" in registered.after
    assert dict(registered.lineage)["groundplan.dvc_version"] == TextOutput("dataset", "release")
