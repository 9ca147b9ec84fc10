"""The standard pipelines of all examples, for every orchestrator: compiled, or refused and why."""

import json
from functools import cache
from pathlib import Path

import pytest

from groundplan.blueprints.plan import plan
from groundplan.blueprints.spec import load_spec
from groundplan.pipelines import ORCHESTRATORS, Orchestrator, Pipeline, PipelineError, compile_for
from groundplan.pipelines.programs import PROGRAMS, REFUSED
from groundplan.pipelines.step_functions.compiler import COMPILERS
from groundplan.pipelines.support import expressed, kinds, table

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/groundplan.yaml"))
RELEASE = (
    "keep this pipeline in Step Functions: releases are made by the state machine of each "
    "environment, which alone may update the stack of an endpoint"
)
LOCKS = (
    "keep this pipeline in Step Functions: its locks exclude state machines from each other, and "
    "only they know of one that was aborted"
)
# What ends a refusal, by purpose, for SageMaker Pipelines and for the two that run Python.
CALLS = "no such step in SageMaker Pipelines, got '{}'; compile without {}"
TELLING = "savings, record, notify, notify_reuse, tell_failure, emit_failure"
IN_SAGEMAKER = {
    "training": [CALLS.format("PublishMetrics", TELLING)],
    "scoring": [
        CALLS.format("Notify", f"nothing, {score}manifest, record, metrics, tell, alert")
        for score in ("", "score, ")
    ],
    "monitoring": [CALLS.format("ReadEndpoint", "endpoint, window, metrics, tell")],
    "release": [RELEASE],
    "arrival": [LOCKS],
    "drift": [LOCKS],
}
IN_PYTHON = {"release": [RELEASE], "arrival": [LOCKS], "drift": [LOCKS]}


@cache
def pipelines(example: str) -> tuple[Pipeline, ...]:
    found: list[Pipeline] = []

    def note(pipeline: Pipeline) -> Pipeline:
        found.append(pipeline)
        return pipeline

    plan(load_spec(ROOT / "examples" / example / "groundplan.yaml"), edit=note)
    return tuple(found)


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_standard_pipeline_is_compiled_or_refused_for_its_reason(
    example: str, orchestrator: Orchestrator
) -> None:
    refusals = {"step_functions": {}, "sagemaker": IN_SAGEMAKER}.get(orchestrator, IN_PYTHON)
    for pipeline in pipelines(example):
        expected = refusals.get(pipeline.name.rsplit("-", 1)[1])
        if expected is None:
            assert compile_for(orchestrator, pipeline) == compile_for(orchestrator, pipeline)
            continue
        with pytest.raises(PipelineError) as caught:
            compile_for(orchestrator, pipeline)
        assert any(str(caught.value).endswith(reason) for reason in expected), str(caught.value)


def test_scoring_goes_to_sagemaker_without_what_it_cannot_express() -> None:
    [scoring] = (p for p in pipelines("nightly") if p.name.endswith("diagnosis-scoring"))
    left_out = ("nothing", "manifest", "record", "metrics", "tell", "alert")

    artifact = compile_for("sagemaker", scoring.without(*left_out))

    assert [
        [step["Type"] for step in condition["Arguments"]["IfSteps"]]
        for condition in json.loads(artifact.text)["Steps"]
    ] == [["Model", "Transform"]]
    assert "step score leaves its model behind, which costs nothing" in artifact.notes


def test_each_purpose_is_among_the_examples() -> None:
    purposes = {item.name.rsplit("-", 1)[1] for name in EXAMPLES for item in pipelines(name)}

    assert purposes >= {"training", "scoring", "monitoring", "release", "drift"}


def test_every_kind_of_step_is_expressed_or_refused_on_purpose() -> None:
    for kind in kinds():
        assert kind in COMPILERS, kind
        assert (kind in PROGRAMS) != (kind in REFUSED), kind
        for orchestrator in ORCHESTRATORS:
            assert expressed(orchestrator, kind)[1] not in ("", "not built yet"), kind


def test_the_page_shows_the_compilers_tables() -> None:
    page = (ROOT / "docs" / "orchestrators.md").read_text(encoding="utf-8")

    assert table() in page, "python -m groundplan.pipelines.support prints the table"


def test_a_pipeline_without_some_of_its_steps() -> None:
    [training] = (item for item in pipelines("churn") if item.name.endswith("-training"))

    shorter = training.without("data_gate", "savings", "tell_failure")

    assert {"data_gate", "savings"}.isdisjoint(step.id for step in shorter.steps)
    train = next(step for step in shorter.steps if step.id == "train")
    assert "quality" in train.after
    assert [step.id for step in shorter.on_failure] == ["emit_failure"]
    with pytest.raises(PipelineError, match=r"without: no such step, got 'nope'; use one of image"):
        training.without("nope")
    with pytest.raises(PipelineError, match=r"reads a step that is not there, got 'train\.savings"):
        training.without("train")
