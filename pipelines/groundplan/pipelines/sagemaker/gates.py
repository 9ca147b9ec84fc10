"""Gates as conditions on what a report says; where they do not hold, a Fail step ends the run."""

import re

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.sagemaker.values import REPORT, Json, get
from groundplan.pipelines.steps import ChampionGate, FairnessGate, MetricGate, QualityGate
from groundplan.pipelines.values import ObjectOutput

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def quality_gate(step: QualityGate) -> tuple[list[Json], str]:
    """The report names what is wrong; here only that something is."""
    condition = _compared("Equals", _read(step.report, "passed"), True)
    return [condition], "the dataset breaks its rules, see the report"


def metric_gate(step: MetricGate) -> tuple[list[Json], str]:
    """One condition for each bound."""
    conditions: list[Json] = []
    words: list[str] = []
    for bound in step.bounds:
        value = _read(step.report, "metrics", bound.metric)
        if bound.min is not None:
            conditions.append(_compared("GreaterThanOrEqualTo", value, bound.min))
            words.append(f"{bound.metric} at least {bound.min:g}")
        if bound.max is not None:
            conditions.append(_compared("LessThanOrEqualTo", value, bound.max))
            words.append(f"{bound.metric} at most {bound.max:g}")
    return conditions, f"the model is not good enough, it needs {', '.join(words)}"


def champion_gate(step: ChampionGate) -> tuple[list[Json], str]:
    """Conditions compare, but do not calculate.

    Raises:
        PipelineError: If the model may be a little worse than the champion.
    """
    conditions: list[Json] = []
    for bound in step.bounds:
        if bound.max_regression != 0:
            raise PipelineError(
                f"steps[{step.id}].bounds[{bound.metric}].max_regression",
                "SageMaker Pipelines cannot add a tolerance to a metric",
                got=bound.max_regression,
                fix="set max_regression of this gate to 0",
            )
        kind = "LessThanOrEqualTo" if bound.goal == "minimize" else "GreaterThanOrEqualTo"
        ours, theirs = (
            _read(report, "metrics", bound.metric) for report in (step.report, step.champion)
        )
        conditions.append(_compared(kind, ours, theirs))
    return conditions, "the champion is better, see both reports"


def fairness_gate(step: FairnessGate) -> tuple[list[Json], str]:
    """One condition for each gap; one that could not be measured fails the condition itself."""
    conditions = [
        _compared(
            "LessThanOrEqualTo",
            _read(step.report, "fairness", bound.facet, bound.measure),
            bound.max,
        )
        for bound in step.bounds
    ]
    words = ", ".join(
        f"{item.measure} of {item.facet} at most {item.max:g}" for item in step.bounds
    )
    return conditions, f"the model treats groups differently, it needs {words}"


def _read(report: ObjectOutput, *names: str) -> Json:
    path = ""
    for name in names:
        if PLAIN.fullmatch(name):
            path += f".{name}" if path else name
        else:
            quoted = name.replace("\\", "\\\\").replace("'", "\\'")
            path += f"['{quoted}']"
    file = get(f"Steps.{report.step}.PropertyFiles.{REPORT}")
    return {"Std:JsonGet": {"PropertyFile": file, "Path": path}}


def _compared(kind: str, left: object, right: object) -> Json:
    return {"Type": kind, "LeftValue": left, "RightValue": right}
