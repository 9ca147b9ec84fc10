"""Pipeline -> Amazon States Language: one chain of states, step after step."""

import json
import re
from collections.abc import Callable
from typing import Any

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions import gates, ladder, processing, register, resolve
from groundplan.pipelines.step_functions.jsonata import PLACEHOLDER, code, expression, render
from groundplan.pipelines.step_functions.states import Scope, State, States, words
from groundplan.pipelines.steps import (
    Condition,
    Fingerprint,
    MetricGate,
    ProcessingJob,
    QualityGate,
    RegisterModel,
    ResolveDataset,
    ResolveImage,
    ServiceCall,
    Step,
    TrainingJob,
)

MAX_DEFINITION_BYTES = 1_048_576
END = "Done"

COMPILERS: dict[type[Step], Callable[[Any, Scope], States]] = {
    Fingerprint: resolve.fingerprint,
    MetricGate: gates.metric_gate,
    ProcessingJob: processing.processing,
    QualityGate: gates.quality_gate,
    RegisterModel: register.register,
    ResolveDataset: resolve.dataset,
    ResolveImage: resolve.image,
    ServiceCall: register.service_call,
    TrainingJob: ladder.training,
}

_COMPARISONS = {"equals": "=", "not_equals": "!=", "less_than": "<", "at_least": ">="}


def definition(pipeline: Pipeline) -> dict[str, Any]:
    """The state machine of ``pipeline``; every execution ends in `END` or in a Fail state.

    Raises:
        PipelineError: If a step is of a kind that Step Functions has no states for here.
    """
    following = END
    groups: list[States] = []
    for step in reversed(pipeline.order()):
        compiler = COMPILERS.get(type(step))
        if compiler is None:
            raise PipelineError(
                f"steps[{step.id}]",
                "no such step in Step Functions",
                got=type(step).__name__,
                fix=f"use one of {', '.join(sorted(known.__name__ for known in COMPILERS))}",
            )
        group = compiler(step, Scope(pipeline.partition, following))
        if step.when is not None:
            branch = _branch(step.when, next(iter(group)), following)
            group = {f"{words(step)} wanted": branch, **group}
        groups.append(group)
        following = next(iter(group))
    states: States = {}
    for group in reversed(groups):
        states |= group
    states[END] = {
        "Type": "Succeed",
        "Output": {name: render(value) for name, value in pipeline.outputs},
    }
    return {
        "Comment": pipeline.name,
        "QueryLanguage": "JSONata",
        "StartAt": following,
        "TimeoutSeconds": pipeline.timeout_seconds,
        "States": states,
    }


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


def _branch(condition: Condition, then: str, otherwise: str) -> State:
    comparison = (
        f"{expression(condition.output)} {_COMPARISONS[condition.comparison]} "
        f"{expression(condition.value)}"
    )
    return {
        "Type": "Choice",
        "Choices": [{"Condition": code(comparison), "Next": then}],
        "Default": otherwise,
    }
