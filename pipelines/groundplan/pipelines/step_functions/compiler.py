"""Pipeline -> Amazon States Language: one chain of states, step after step."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from groundplan.pipelines.dag import Pipeline, reads
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions import (
    batch,
    capture_window,
    dataset,
    gates,
    ladder,
    models,
    monitoring_outcome,
    notify,
    processing,
    register,
    resolve,
    transform,
    tuning,
)
from groundplan.pipelines.step_functions.jsonata import (
    FUNCTIONS,
    PLACEHOLDER,
    code,
    expression,
    render,
)
from groundplan.pipelines.step_functions.releases import RELEASE_COMPILERS
from groundplan.pipelines.step_functions.states import Scope, State, States, words
from groundplan.pipelines.steps import (
    BatchScoring,
    BatchTransform,
    CaptureWindow,
    ChampionGate,
    Condition,
    EmitEvent,
    FairnessGate,
    FindChampion,
    FindModel,
    Fingerprint,
    Lookup,
    MetricGate,
    MonitoringOutcome,
    Notify,
    ProcessingJob,
    PublishMetrics,
    QualityGate,
    QuietDataset,
    ReadModel,
    RecordModel,
    RegisterModel,
    ResolveDataset,
    ResolveImage,
    ScoringTarget,
    ServiceCall,
    Step,
    TrainingJob,
    TuningJob,
    WriteManifest,
)

MAX_DEFINITION_BYTES = 1_048_576
BEGIN = "Begin"
END = "Done"
FAILED = "Failed"

COMPILERS: dict[type[Step], Callable[[Any, Scope], States]] = {
    BatchScoring: batch.batch,
    BatchTransform: transform.transform,
    CaptureWindow: capture_window.capture_window,
    ChampionGate: gates.champion_gate,
    EmitEvent: notify.emit,
    FairnessGate: gates.fairness_gate,
    FindChampion: models.find_champion,
    FindModel: models.find_model,
    Fingerprint: resolve.fingerprint,
    Lookup: resolve.lookup,
    MetricGate: gates.metric_gate,
    MonitoringOutcome: monitoring_outcome.monitoring_outcome,
    Notify: notify.notify,
    ProcessingJob: processing.processing,
    PublishMetrics: notify.publish,
    QualityGate: gates.quality_gate,
    QuietDataset: dataset.quiet,
    ReadModel: models.read_model,
    RecordModel: models.record_model,
    RegisterModel: register.register,
    ResolveDataset: dataset.dataset,
    ResolveImage: resolve.image,
    ScoringTarget: batch.target,
    ServiceCall: register.service_call,
    TrainingJob: ladder.training,
    TuningJob: tuning.tuning,
    WriteManifest: batch.manifest,
    **RELEASE_COMPILERS,
}

_COMPARISONS = {"equals": "=", "not_equals": "!=", "less_than": "<", "at_least": ">="}


def definition(pipeline: Pipeline) -> dict[str, Any]:
    """The state machine of ``pipeline``; every execution ends in `END` or in a Fail state.

    Raises:
        PipelineError: If a step is of a kind that Step Functions has no states for here.
    """
    handling, handler = _handling(pipeline)
    steps, first = _chain(pipeline.order(), Scope(pipeline.partition, END, handler))
    begin = _begin(pipeline, first)
    end: State = {
        "Type": "Succeed",
        "Output": {name: render(value) for name, value in pipeline.outputs},
    }
    return {
        "Comment": pipeline.name,
        "QueryLanguage": "JSONata",
        "StartAt": BEGIN if begin else first,
        "TimeoutSeconds": pipeline.timeout_seconds,
        "States": begin | steps | {END: end} | handling,
    }


def _chain(steps: Sequence[Step], scope: Scope) -> tuple[States, str]:
    """The states of ``steps``, one after the other, and the name of the first of them.

    Neighbours with the same conditions are decided on once: nothing that a condition reads changes
    between them.
    """
    following = scope.following
    states: States = {}
    neighbours = [(when, list(group)) for when, group in groupby(steps, lambda step: step.when)]
    for when, group in reversed(neighbours):
        otherwise = following
        for step in reversed(group):
            states = _compiled(step, replace(scope, following=following)) | states
            following = next(iter(states))
        if when:
            name = f"{words(group[0])} wanted"
            states = {name: _branch(when, following, otherwise)} | states
            following = name
    return states, following


def _compiled(step: Step, scope: Scope) -> States:
    compiler = COMPILERS.get(type(step))
    if compiler is None:
        raise PipelineError(
            f"steps[{step.id}]",
            "no such step in Step Functions",
            got=type(step).__name__,
            fix=f"use one of {', '.join(sorted(known.__name__ for known in COMPILERS))}",
        )
    if step.id in FUNCTIONS:
        raise PipelineError(
            f"steps[{step.id}].id",
            "is the name of a function of JSONata",
            got=step.id,
            fix="rename the step",
        )
    return compiler(step, scope)


def _handling(pipeline: Pipeline) -> tuple[States, str | None]:
    """What happens when a step has failed, and the state that begins it."""
    if not pipeline.on_failure:
        return {}, None
    steps = [replace(step, on_failure="continue") for step in pipeline.on_failure]
    states, first = _chain(steps, Scope(pipeline.partition, FAILED))
    states[FAILED] = {
        "Type": "Fail",
        "Error": code("$failure.error"),
        "Cause": code("$failure.cause"),
    }
    return states, first


def _begin(pipeline: Pipeline, first: str) -> States:
    """Sets the parameters, and an empty object for each step that may be read without having run."""
    may_be_missing = [output.step for step in pipeline.on_failure for output, _ in reads(step)]
    may_be_missing += [
        output.step for output, optional in reads((pipeline.steps, pipeline.outputs)) if optional
    ]
    given = "$states.context.Execution.Input"
    parameters = {
        item.name: code(
            f"$exists({given}.{item.name}) ? $string({given}.{item.name}) : "
            f"{expression(item.default)}"
        )
        for item in pipeline.parameters
    }
    variables: State = {"parameters": parameters} if parameters else {}
    variables |= {step_id: {} for step_id in sorted(set(may_be_missing))}
    return {BEGIN: {"Type": "Pass", "Assign": variables, "Next": first}} if variables else {}


def definition_json(pipeline: Pipeline) -> str:
    """`definition` as compact text, ready for a ``DefinitionString``.

    Raises:
        PipelineError: If it is larger than Step Functions takes.
    """
    text = json.dumps(definition(pipeline), separators=(",", ":"))
    if len(text) >= MAX_DEFINITION_BYTES:
        raise PipelineError(
            f"pipelines[{pipeline.name}]",
            f"its definition must be smaller than {MAX_DEFINITION_BYTES} bytes",
            got=len(text),
            fix="use fewer steps or rungs",
        )
    return text


def placeholders(pipeline: Pipeline) -> tuple[str, ...]:
    """Names of the ``DefinitionSubstitutions`` that the definition needs, sorted."""
    found = PLACEHOLDER.findall(definition_json(pipeline))
    return tuple(sorted({re.sub(r"[${}]", "", name) for name in found}))


def _branch(conditions: Sequence[Condition], then: str, otherwise: str) -> State:
    comparison = " and ".join(
        f"{expression(item.output)} {_COMPARISONS[item.comparison]} {expression(item.value)}"
        for item in conditions
    )
    return {
        "Type": "Choice",
        "Choices": [{"Condition": code(comparison), "Next": then}],
        "Default": otherwise,
    }
