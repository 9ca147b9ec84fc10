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


def test_a_handler_reads_what_the_steps_and_handlers_before_it_have_produced(
    machine: Any, service_error: Any
) -> None:
    def publish(arguments: dict[str, Any]) -> dict[str, Any]:
        if arguments["Message"] == "work":
            raise service_error("Sns.NotFoundException", "gone")
        return {"MessageId": f"<{arguments['Message']}>"}

    results: Any = (("id", "text", "MessageId"),)
    undone = Condition(
        output=Either(TextOutput("undo", "id"), "no"), comparison="equals", value="<undo>"
    )
    of_work = Condition(output=Failure("step"), comparison="equals", value="work")
    of_other = Condition(output=Failure("step"), comparison="equals", value="other")
    pipeline = Pipeline(
        name="p",
        steps=(call("first", "first", results=results), call("work", "work", after=("first",))),
        on_failure=(
            call("skipped", "skipped", when=(of_other,), results=results),
            call("undo", "undo", when=(of_work,), results=results),
            call(
                "tell",
                Join(
                    (
                        Either(TextOutput("first", "id"), "none"),
                        Either(TextOutput("skipped", "id"), "none"),
                    )
                ),
                when=(undone,),
            ),
        ),
        timeout_seconds=60,
    )
    run = machine(definition(pipeline), {"publish": publish})
    run.run()

    assert messages(run) == ["first", "work", "undo", "<first>none"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            TextOutput("work", "id"),
            (
                "on_failure[0]: reads an output that may be missing when a step has failed, "
                "got 'work.id'; say what else to use (Either)"
            ),
        ),
        (
            Either(TextOutput("later", "id"), "none"),
            ("on_failure[0]: reads a step that is not there, got 'later.id'; use one of work"),
        ),
    ],
)
def test_fails_on_a_handler_that_reads_what_may_be_missing(value: Value, message: str) -> None:
    results: Any = (("id", "text", "MessageId"),)
    with pytest.raises(PipelineError) as caught:
        Pipeline(
            name="p",
            steps=(call("work", "work", results=results),),
            on_failure=(call("tell", value), call("later", "later", results=results)),
            timeout_seconds=60,
        )

    assert str(caught.value) == message


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
