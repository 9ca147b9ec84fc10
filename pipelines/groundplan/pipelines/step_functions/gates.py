"""States that end a run whose data or model is not good enough."""

import json

from groundplan.pipelines.step_functions.jsonata import code, expression
from groundplan.pipelines.step_functions.states import (
    Scope,
    States,
    failed,
    failure,
    variable,
    words,
)
from groundplan.pipelines.steps import MetricBound, MetricGate, QualityGate

QUALITY_ERROR = "DataQualityFailed"
METRIC_ERROR = "GateNotMet"


def quality_gate(step: QualityGate, scope: Scope) -> States:
    """Ends with `QUALITY_ERROR` unless the report says that all rules hold."""
    report = expression(step.report)
    each = "'rule ' & rule & ' on column ' & column & ': ' & detail"
    cause = f"'the dataset breaks its rules: ' & $join({report}.violations.({each}), '; ')"
    return {
        words(step): {
            "Type": "Choice",
            "Choices": [{"Condition": code(f"{report}.passed = true"), "Next": scope.following}],
            "Default": failed(step, scope),
            "Output": {"Error": QUALITY_ERROR, "Cause": code(cause)},
        },
        **failure(step, scope, QUALITY_ERROR),
    }


def metric_gate(step: MetricGate, scope: Scope) -> States:
    """Ends with `METRIC_ERROR` unless every metric is a number within its bounds."""
    metrics = f"{expression(step.report)}.metrics"
    name, own = words(step), f"${step.id}"
    problems = ", ".join(problem for bound in step.bounds for problem in _problems(metrics, bound))
    cause = f"'the model is not good enough: ' & $join({own}.problems, '; ')"
    return {
        f"{name} compare": {
            "Type": "Pass",
            "Assign": variable(step, problems=code(f"[{problems}]")),
            "Next": f"{name} decide",
        },
        f"{name} decide": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"$count({own}.problems) = 0"), "Next": scope.following}
            ],
            "Default": failed(step, scope),
            "Output": {"Error": METRIC_ERROR, "Cause": code(cause)},
        },
        **failure(step, scope, METRIC_ERROR),
    }


def _problems(metrics: str, bound: MetricBound) -> list[str]:
    """JSONata expressions, each a text where the bound is broken, else nothing."""
    value = f"$lookup({metrics}, {json.dumps(bound.metric)})"
    subject = f"metric {bound.metric} is "
    number = f"$type({value}) = 'number'"
    found = [f"({number}) ? [] : {json.dumps(f'metric {bound.metric} is missing or no number')}"]
    for limit, sign, words_ in ((bound.min, "<", "below"), (bound.max, ">", "above")):
        if limit is not None:
            side = "minimum" if sign == "<" else "maximum"
            text = (
                f"{json.dumps(subject)} & $string({value}) & "
                f"{json.dumps(f', {words_} its {side} {limit:g}')}"
            )
            found.append(f"({number}) ? ({value} {sign} {json.dumps(limit)} ? {text} : []) : []")
    return found
