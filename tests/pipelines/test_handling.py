"""Parameters, values that may be missing, and what happens when a step has failed."""

from typing import Any

import pytest

from groundplan.pipelines.dag import ParameterSpec, Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions import definition
from groundplan.pipelines.steps import Condition, Fingerprint, ServiceCall
from groundplan.pipelines.values import Either, Failure, Join, Parameter, TextOutput, Value

FORCE = ParameterSpec(name="force", default="no", description="Train whatever is known.")


def call(id: str, message: Value, **fields: Any) -> ServiceCall:
    arguments = (("TopicArn", "arn:topic"), ("Message", message))
    return ServiceCall(id=id, service="sns", action="publish", arguments=arguments, **fields)


def messages(run: Any) -> list[str]:
    return [arguments["Message"] for _, arguments in run.calls]


def test_a_parameter_is_what_the_execution_was_started_with_or_its_default(machine: Any) -> None:
    pipeline = Pipeline(
        name="p", parameters=(FORCE,), steps=(call("tell", Parameter("force")),), timeout_seconds=60
    )

    def told(given: dict[str, Any]) -> list[str]:
        run = machine(definition(pipeline), {"publish": lambda _: {}}, given)
        run.run()
        return messages(run)

    assert told({}) == ["no"]
    assert told({"force": "yes"}) == ["yes"]


def test_a_value_of_a_skipped_step_is_replaced(machine: Any) -> None:
    maybe = Fingerprint(
        id="maybe",
        parts=(),
        when=(Condition(output=Parameter("force"), comparison="equals", value="yes"),),
    )
    pipeline = Pipeline(
        name="p",
        parameters=(FORCE,),
        steps=(maybe,),
        outputs=(("value", Either(TextOutput("maybe", "value"), "none")),),
        timeout_seconds=60,
    )

    assert machine(definition(pipeline), {}).run() == {"value": "none"}
    assert len(machine(definition(pipeline), {}, {"force": "yes"}).run()["value"]) == 64


def test_a_failure_is_handled_before_the_execution_ends_with_it(
    machine: Any, service_error: Any
) -> None:
    def publish(arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments["Message"] != "handled work WorkFailed":
            raise service_error("Sns.NotFoundException", "gone")
        return {}

    told = Join(("handled ", Failure("step"), " ", Failure("error")))
    pipeline = Pipeline(
        name="p",
        steps=(call("work", "work"), call("never", "never", after=("work",))),
        on_failure=(call("first", "fails too"), call("second", told)),
        timeout_seconds=60,
    )
    run = machine(definition(pipeline), {"publish": publish})

    assert run.run() == {
        "Error": "WorkFailed",
        "Cause": "step work: Sns.NotFoundException: gone",
    }
    assert messages(run) == ["work", "fails too", "handled work WorkFailed"]


def test_steps_are_inserted_and_replaced() -> None:
    pipeline = Pipeline(
        name="p", steps=(call("a", "a"), call("b", "b", after=("a",))), timeout_seconds=60
    )

    longer = pipeline.insert(call("own", "own", after=("a",)), before=("b",))
    assert [step.id for step in longer.order()] == ["a", "own", "b"]
    other = longer.replace(call("own", "other"))
    assert next(step for step in other.steps if step.id == "own") == call("own", "other")
    for wrong in ("c", "d"):
        with pytest.raises(PipelineError, match=f"no such step, got '{wrong}'; use one of a, b"):
            pipeline.insert(call("own", ""), before=(wrong,))
        with pytest.raises(PipelineError, match=f"no such step, got '{wrong}'; use one of a, b"):
            pipeline.replace(call(wrong, ""))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            call("a", Parameter("who")),
            (
                "steps[a]: reads a parameter that the pipeline does not have, got 'who'; "
                "use one of force, or declare it"
            ),
        ),
        (
            call("a", Failure("cause")),
            (
                "steps[a]: reads a failure, which only steps in on_failure can, got 'cause'; "
                "move the step to on_failure"
            ),
        ),
    ],
)
def test_fails_on_a_fact_that_is_not_there(step: ServiceCall, message: str) -> None:
    with pytest.raises(PipelineError) as caught:
        Pipeline(name="p", parameters=(FORCE,), steps=(step,), timeout_seconds=60)

    assert str(caught.value) == message
