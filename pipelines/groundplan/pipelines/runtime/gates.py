"""Steps that end a run whose data or model is not good enough."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from groundplan.pipelines.runtime.base import Outputs, Run, Step, StepFailed

DIGITS = 12  # to which a difference is rounded, so that 0.9 - 0.85 is not above 0.05


def quality_gate(given: Step, run: Run) -> Outputs:
    """Names each rule and column that the report complains about."""
    report = given["report"]
    if report.get("passed") is not True:
        broken = "; ".join(
            f"rule {item['rule']} on column {item['column']}: {item['detail']}"
            for item in report.get("violations", [])
        )
        raise StepFailed(
            "DataQualityFailed", f"the dataset breaks its rules: {broken}", names_run=True
        )
    return {}


def metric_gate(given: Step, run: Run) -> Outputs:
    """Every metric must be a number within its bounds."""
    problems = _out_of_bounds(given["report"].get("metrics", {}), given["bounds"])
    return _gate(problems, "GateNotMet", "the model is not good enough")


def champion_gate(given: Step, run: Run) -> Outputs:
    """No metric may be worse than the champion's by more than allowed."""
    ours, theirs = given["report"].get("metrics", {}), given["champion"].get("metrics", {})
    problems = _regressions(ours, theirs, given["bounds"])
    return _gate(problems, "WorseThanChampion", "the champion is better")


def fairness_gate(given: Step, run: Run) -> Outputs:
    """Every gap between the groups of a facet must be within its bound."""
    problems = _unfair(given["report"].get("fairness", {}), given["bounds"])
    return _gate(problems, "UnfairModel", "the model treats groups differently")


def _gate(problems: Iterable[str], error: str, verdict: str) -> Outputs:
    found = "; ".join(dict.fromkeys(problems))
    if found:
        raise StepFailed(error, f"{verdict}: {found}", names_run=True)
    return {}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _out_of_bounds(metrics: Mapping[str, Any], bounds: Any) -> Iterable[str]:
    for bound in bounds:
        name = bound["metric"]
        value: Any = metrics.get(name)
        if not _is_number(value):
            yield f"metric {name} is missing or no number"
            continue
        text = f"metric {name} is {json.dumps(value)}"
        if bound["min"] is not None and value < bound["min"]:
            yield f"{text}, below its minimum {bound['min']:g}"
        if bound["max"] is not None and value > bound["max"]:
            yield f"{text}, above its maximum {bound['max']:g}"


def _regressions(
    metrics: Mapping[str, Any], champion: Mapping[str, Any], bounds: Any
) -> Iterable[str]:
    for bound in bounds:
        name, limit = bound["metric"], bound["max_regression"]
        value: Any = metrics.get(name)
        best: Any = champion.get(name)
        for side, whose in ((value, ""), (best, " of the champion")):
            if not _is_number(side):
                yield f"metric {name}{whose} is missing or no number"
        if not _is_number(value) or not _is_number(best):
            continue
        worse = value - best if bound["goal"] == "minimize" else best - value
        if round(worse, DIGITS) > limit:
            yield (
                f"metric {name} is {json.dumps(value)}, the champion has {json.dumps(best)}, "
                f"and may be better by {limit:g}"
            )


def _unfair(fairness: Mapping[str, Any], bounds: Any) -> Iterable[str]:
    for bound in bounds:
        measured = fairness.get(bound["facet"], {})
        value: Any = measured.get(bound["measure"])
        subject = f"{bound['measure']} of facet {bound['facet']} is"
        problem = measured.get("problems", {}).get(bound["measure"])
        if problem is not None:
            yield f"facet {bound['facet']}: {problem}"
        elif not _is_number(value):
            yield f"{subject} missing or no number"
        elif value > bound["max"]:
            yield f"{subject} {json.dumps(value)}, above its maximum {bound['max']:g}"
