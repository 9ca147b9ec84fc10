"""What a step may do where a look-up of its pipeline says what it is done to."""

from groundplan.blueprints.plan.pipeline_duties.lookups import alternatives
from groundplan.pipelines import Pipeline
from groundplan.pipelines.dag import ParameterSpec
from groundplan.pipelines.steps import Condition, Lookup, Notify, ReadEndpoint
from groundplan.pipelines.values import Either, Join, Parameter, TextOutput

ENDPOINT = TextOutput("target", "endpoint_name")
TARGET = Lookup(
    id="target",
    key=Parameter("model"),
    rows=(
        ("churn", (("endpoint_name", "prod-churn"), ("wanted", "yes"))),
        ("fraud", (("endpoint_name", "prod-fraud"), ("wanted", "no"))),
    ),
)


def pipeline(*steps: ReadEndpoint | Notify) -> Pipeline:
    return Pipeline(
        name="release",
        parameters=(ParameterSpec(name="model", default="", description="Name of the model."),),
        steps=(TARGET, *steps),
        timeout_seconds=60,
    )


def test_a_step_stands_for_every_row_that_it_may_read() -> None:
    step = ReadEndpoint(id="previous", endpoint_name=ENDPOINT)
    found = alternatives(step, pipeline(step))
    assert [getattr(item, "endpoint_name", None) for item in found] == ["prod-churn", "prod-fraud"]


def test_rows_are_filled_in_at_any_depth() -> None:
    step = Notify(
        id="tell",
        topic_arn="arn:aws:sns:eu-west-1:111111111111:alerts",
        subject="released",
        message=Join(("to ", Either(ENDPOINT, "nowhere"))),
    )
    found = alternatives(step, pipeline(step))
    assert [getattr(item, "message", None) for item in found] == [
        Join(("to ", "prod-churn")),
        Join(("to ", "prod-fraud")),
    ]


def test_a_row_that_only_decides_whether_a_step_runs_changes_nothing_of_it() -> None:
    wanted = Condition(output=TextOutput("target", "wanted"), comparison="equals", value="yes")
    step = ReadEndpoint(id="previous", endpoint_name="prod-churn", when=(wanted,))
    assert alternatives(step, pipeline(step)) == (step,)
