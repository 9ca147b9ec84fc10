"""A dataset that comes to rest, and a row that is looked up."""

from typing import Any

import pytest
from tests_support import listing

from groundplan.pipelines.dag import ParameterSpec, Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions import definition
from groundplan.pipelines.steps import Lookup, QuietDataset, ResolveDataset, Step
from groundplan.pipelines.values import NumberOutput, Parameter, TextOutput, Value

QUIET = QuietDataset(
    id="rest", uri="s3://churn-customers/current/", quiet_seconds=300, max_wait_seconds=1200
)
ENDPOINTS = Lookup(
    id="target",
    key=Parameter("endpoint"),
    rows=(
        ("churn", (("stack", "churn-prod-serving"), ("bake", "600"))),
        ("fraud", (("stack", "fraud-prod-serving"), ("bake", "60"))),
    ),
)


def pipeline(step: Step, **outputs: Value) -> Pipeline:
    return Pipeline(
        name="p",
        parameters=(ParameterSpec(name="endpoint", default="churn", description=""),),
        steps=(step,),
        outputs=tuple(outputs.items()),
        timeout_seconds=60,
    )


def rest(machine: Any, *counts: int) -> Any:
    outputs: dict[str, Value] = {
        "version": TextOutput("rest", "version"),
        "objects": NumberOutput("rest", "objects"),
    }
    built = machine(
        definition(pipeline(QUIET, **outputs)), {"listObjectVersions": listing(*counts)}
    )
    return built.run(), built


def test_a_dataset_is_waited_for_until_it_does_not_change(machine: Any) -> None:
    output, built = rest(machine, 1, 3, 5)

    assert built.path.count("Rest wait") == 3
    assert output["objects"] == 5
    plain = ResolveDataset(id="rest", uri=QUIET.uri)
    same = machine(
        definition(pipeline(plain, version=TextOutput("rest", "version"))),
        {"listObjectVersions": listing(5)},
    )
    assert same.run()["version"] == output["version"]


def test_fails_when_a_dataset_never_rests(machine: Any) -> None:
    output, built = rest(machine, *range(1, 20))

    assert built.path.count("Rest wait") == 4
    assert output == {
        "Error": "RestFailed",
        "Cause": "step rest: NeverQuiet: below s3://churn-customers/current/ something still "
        "changed after 1200 seconds",
    }


def test_fails_when_nothing_is_there_any_more(machine: Any) -> None:
    output, _ = rest(machine, 2, 0)

    assert output["Cause"] == (
        "step rest: DatasetEmpty: no object below s3://churn-customers/current/"
    )


def test_fails_when_the_objects_cannot_be_listed(machine: Any, service_error: Any) -> None:
    def broken(_: dict[str, Any]) -> Any:
        raise service_error("S3.S3Exception", "Access Denied")

    built = machine(definition(pipeline(QUIET)), {"listObjectVersions": broken})

    assert built.run()["Cause"] == "step rest: S3.S3Exception: Access Denied"


def test_fails_without_time_to_look_twice() -> None:
    step = QuietDataset(id="rest", uri=QUIET.uri, quiet_seconds=300, max_wait_seconds=200)

    with pytest.raises(PipelineError) as caught:
        definition(pipeline(step))

    assert str(caught.value) == (
        "steps[rest].max_wait_seconds: must be at least quiet_seconds, which is 300 and above 0, "
        "got 200; raise it"
    )


def test_a_row_is_picked_by_its_key(machine: Any) -> None:
    built = definition(
        pipeline(ENDPOINTS, stack=TextOutput("target", "stack"), bake=TextOutput("target", "bake"))
    )

    assert machine(built, {}).run() == {"stack": "churn-prod-serving", "bake": "600"}
    assert machine(built, {}, {"endpoint": "fraud"}).run()["bake"] == "60"


def test_fails_on_a_key_that_has_no_row(machine: Any) -> None:
    built = machine(definition(pipeline(ENDPOINTS)), {}, {"endpoint": "other"})

    assert built.run() == {
        "Error": "UnknownKey",
        "Cause": "step target: UnknownKey: got other, which is none of churn, fraud",
    }


@pytest.mark.parametrize(
    ("rows", "got"),
    [
        ((("a", (("x", "1"),)), ("a", (("x", "2"),))), "a, a"),
        ((("a", (("x", "1"),)), ("b", (("y", "2"),))), "a, b"),
    ],
)
def test_fails_on_rows_that_are_no_table(rows: Any, got: str) -> None:
    with pytest.raises(PipelineError) as caught:
        definition(pipeline(Lookup(id="target", key="a", rows=rows)))

    assert str(caught.value) == (
        "steps[target].rows: must be rows with one set of columns, each key once, "
        f"got '{got}'; give every key one row, and every row the same columns"
    )
