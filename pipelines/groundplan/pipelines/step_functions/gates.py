"""States that end a run whose data or model is not good enough."""

import json
from collections.abc import Iterable

from groundplan.pipelines.step_functions.jsonata import code, expression
from groundplan.pipelines.step_functions.states import (
    Scope,
    States,
    failed,
    failure,
    variable,
    words,
)
from groundplan.pipelines.steps import (
    ChampionGate,
    FairnessBound,
    FairnessGate,
    MetricBound,
    MetricGate,
    QualityGate,
    RegressionBound,
    Step,
)

QUALITY_ERROR = "DataQualityFailed"
METRIC_ERROR = "GateNotMet"
CHAMPION_ERROR = "WorseThanChampion"
FAIRNESS_ERROR = "UnfairModel"

DIGITS = 12  # to which a difference is rounded, so that 0.9 - 0.85 is not above 0.05


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
    problems = [problem for bound in step.bounds for problem in _bound(metrics, bound)]
    return _gate(step, scope, problems, METRIC_ERROR, "the model is not good enough")


def champion_gate(step: ChampionGate, scope: Scope) -> States:
    """Ends with `CHAMPION_ERROR` unless every metric is about as good as the champion's."""
    pair = tuple(f"{expression(report)}.metrics" for report in (step.report, step.champion))
    problems = [
        problem for bound in step.bounds for problem in _regression(pair[0], pair[1], bound)
    ]
    return _gate(step, scope, problems, CHAMPION_ERROR, "the champion is better")


def fairness_gate(step: FairnessGate, scope: Scope) -> States:
    """Ends with `FAIRNESS_ERROR` unless every gap was measured and is within its bound."""
    fairness = f"{expression(step.report)}.fairness"
    problems = [_gap(fairness, bound) for bound in step.bounds]
    return _gate(step, scope, problems, FAIRNESS_ERROR, "the model treats groups differently")


def _gate(step: Step, scope: Scope, problems: Iterable[str], error: str, verdict: str) -> States:
    """Two states: collect the problems, then go on where there is none."""
    name, own = words(step), f"${step.id}"
    found = code(f"[$distinct([{', '.join(problems)}])]")
    cause = f"{expression(verdict + ': ')} & $join({own}.problems, '; ')"
    return {
        f"{name} compare": {
            "Type": "Pass",
            "Assign": variable(step, problems=found),
            "Next": f"{name} decide",
        },
        f"{name} decide": {
            "Type": "Choice",
            "Choices": [
                {"Condition": code(f"$count({own}.problems) = 0"), "Next": scope.following}
            ],
            "Default": failed(step, scope),
            "Output": {"Error": error, "Cause": code(cause)},
        },
        **failure(step, scope, error),
    }


def _bound(metrics: str, bound: MetricBound) -> list[str]:
    """JSONata expressions, each a text where the bound is broken, else nothing."""
    value = f"$lookup({metrics}, {json.dumps(bound.metric)})"
    subject = f"metric {bound.metric} is "
    number = f"$type({value}) = 'number'"
    found = [f"({number}) ? [] : {expression(f'metric {bound.metric} is missing or no number')}"]
    for limit, sign, words_ in ((bound.min, "<", "below"), (bound.max, ">", "above")):
        if limit is not None:
            side = "minimum" if sign == "<" else "maximum"
            text = (
                f"{expression(subject)} & $string({value}) & "
                f"{expression(f', {words_} its {side} {limit:g}')}"
            )
            found.append(f"({number}) ? ({value} {sign} {json.dumps(limit)} ? {text} : []) : []")
    return found


def _regression(metrics: str, champion: str, bound: RegressionBound) -> list[str]:
    """As `_bound`: first whether both are numbers, then how they compare."""
    name, limit = bound.metric, bound.max_regression
    value, best = (f"$lookup({report}, {json.dumps(name)})" for report in (metrics, champion))
    missing = [
        f"$type({side}) = 'number' ? [] : {expression(f'metric {name}{whose} missing or no number')}"
        for side, whose in ((value, " is"), (best, " of the champion is"))
    ]
    worse = f"{value} - {best}" if bound.goal == "minimize" else f"{best} - {value}"
    text = (
        f"{expression(f'metric {name} is ')} & $string({value}) & "
        f"{expression(', the champion has ')} & $string({best}) & "
        f"{expression(f', and may be better by {limit:g}')}"
    )
    both = f"$type({value}) = 'number' and $type({best}) = 'number'"
    exceeds = f"$round({worse}, {DIGITS}) > {json.dumps(limit)}"
    return [*missing, f"({both}) ? ({exceeds} ? {text} : []) : []"]


def _gap(fairness: str, bound: FairnessBound) -> str:
    """As `_bound`; a facet that could not be measured says why."""
    facet = f"$lookup({fairness}, {json.dumps(bound.facet)})"
    value = f"$lookup({facet}, {json.dumps(bound.measure)})"
    problem = f"$lookup({facet}.problems, {json.dumps(bound.measure)})"
    subject = f"{bound.measure} of facet {bound.facet} is "
    text = (
        f"{expression(subject)} & $string({value}) & "
        f"{expression(f', above its maximum {bound.max:g}')}"
    )
    return (
        f"$exists({problem}) ? {expression(f'facet {bound.facet}: ')} & {problem} : "
        f"$type({value}) = 'number' ? ({value} > {json.dumps(bound.max)} ? {text} : []) : "
        f"{expression(subject + 'missing or no number')}"
    )
