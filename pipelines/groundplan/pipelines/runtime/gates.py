"""Steps that end a run whose data or model is not good enough."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from groundplan.pipelines.runtime.base import Outputs, Run, Step, StepFailed


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
    _refuse(_out_of_bounds(given["report"].get("metrics", {}), given["bounds"]))
    return {}


def champion_gate(given: Step, run: Run) -> Outputs:
    """No metric may be worse than the champion's by more than allowed."""
    _refuse(
        _regressions(
            given["report"].get("metrics", {}),
            given["champion"].get("metrics", {}),
            given["bounds"],
        )
    )
    return {}


def fairness_gate(given: Step, run: Run) -> Outputs:
    """Every gap between the groups of a facet must be within its bound."""
    _refuse(_unfair(given["report"].get("fairness", {}), given["bounds"]))
    return {}


def _refuse(problems: Iterable[str]) -> None:
    found = "; ".join(problems)
    if found:
        raise StepFailed("GateNotMet", f"the model is not good enough: {found}", names_run=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _out_of_bounds(metrics: Mapping[str, Any], bounds: Any) -> Iterable[str]:
    for bound in bounds:
        name = bound["metric"]
        value = metrics.get(name)
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
        name = bound["metric"]
        ours, theirs = metrics.get(name), champion.get(name)
        if ours is None or theirs is None or not _is_number(ours) or not _is_number(theirs):
            yield f"metric {name} is missing or no number"
            continue
        worse = ours - theirs if bound["goal"] == "minimize" else theirs - ours
        if worse > bound["max_regression"]:
            yield (
                f"metric {name} is {json.dumps(ours)}, worse than the champion's "
                f"{json.dumps(theirs)} by more than {bound['max_regression']:g}"
            )


def _unfair(fairness: Mapping[str, Any], bounds: Any) -> Iterable[str]:
    for bound in bounds:
        facet, measure = bound["facet"], bound["measure"]
        value = fairness.get(facet, {}).get(measure)
        if not _is_number(value):
            yield f"{measure} of facet {facet} is missing or no number"
        elif value > bound["max"]:
            yield (
                f"{measure} of facet {facet} is {json.dumps(value)}, "
                f"above its maximum {bound['max']:g}"
            )
