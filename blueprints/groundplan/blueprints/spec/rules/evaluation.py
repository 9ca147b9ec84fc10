"""How models are judged."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from groundplan.blueprints.spec.document import Bare, Path
from groundplan.blueprints.spec.evaluation import (
    EvaluationSpec,
    FairnessSpec,
    GateSpec,
    comparison_goal,
)
from groundplan.blueprints.spec.finding import Finding

if TYPE_CHECKING:
    from groundplan.blueprints.spec.project import ProjectSpec

_GAPS = ("max_fpr_gap", "max_fnr_gap", "max_demographic_parity_gap")


def check_evaluation(spec: "ProjectSpec") -> Iterator[Finding]:
    """Yield what is wrong with evaluation."""
    for m, model in enumerate(spec.models):
        path: Path = ("models", m, "evaluation")
        for g, gate in enumerate(model.evaluation.gates):
            yield from _bounds((*path, "gates", g), gate)
            yield from _comparison((*path, "gates", g), gate, model.evaluation)
        yield from _repeated(path, model.evaluation)
        if model.evaluation.fairness is not None:
            yield from _fairness((*path, "fairness"), model.evaluation.fairness)


def _bounds(path: Path, gate: GateSpec) -> Iterator[Finding]:
    if gate.min is None and gate.max is None and gate.max_regression is None:
        yield Finding(
            path=path,
            problem="a gate needs a bound",
            got=Bare("only a metric"),
            fix="add 'min' or 'max'",
            needs=tuple((*path, name) for name in ("min", "max", "max_regression")),
        )
    if gate.min is not None and gate.max is not None and gate.min > gate.max:
        yield Finding(
            path=(*path, "min"),
            problem=f"must be at most max, which is {gate.max:g}",
            got=gate.min,
            fix="exchange the two",
            needs=((*path, "max"),),
        )


def _comparison(path: Path, gate: GateSpec, evaluation: EvaluationSpec) -> Iterator[Finding]:
    if (gate.against is None) != (gate.max_regression is None):
        field = "against" if gate.max_regression is None else "max_regression"
        yield Finding(
            path=(*path, field),
            problem="needs both against and max_regression",
            got=getattr(gate, field),
            fix="add the other one",
            needs=((*path, "against"), (*path, "max_regression")),
        )
        return
    if gate.against is None:
        if gate.goal is not None:
            yield Finding(
                path=(*path, "goal"),
                problem="means nothing without a comparison",
                got=gate.goal,
                fix="remove it, or add 'against' and 'max_regression'",
                needs=((*path, "against"),),
            )
    elif comparison_goal(gate, evaluation.gates) is None:
        yield Finding(
            path=path,
            problem=f"no gate says whether small or great values of {gate.metric} are good",
            got=Bare("no goal"),
            fix="add 'goal: minimize' or 'goal: maximize'",
            needs=((*path[:-1], "*"), (*path, "goal")),
        )


def _repeated(path: Path, evaluation: EvaluationSpec) -> Iterator[Finding]:
    """One metric may have bounds and a comparison on each kind of data, each of them once."""
    seen: set[tuple[str, str, str]] = set()
    for g, gate in enumerate(evaluation.gates):
        kinds = []
        if gate.min is not None or gate.max is not None:
            kinds.append("bounds")
        if gate.max_regression is not None:
            kinds.append("a comparison")
        for kind in kinds:
            key = (gate.metric, gate.split, kind)
            if key in seen:
                yield Finding(
                    path=(*path, "gates", g, "metric"),
                    problem=f"has {kind} on the same data in another gate",
                    got=gate.metric,
                    fix="merge the two gates",
                    needs=((*path, "gates", "*"),),
                )
            seen.add(key)


def _fairness(path: Path, fairness: FairnessSpec) -> Iterator[Finding]:
    if all(getattr(fairness, name) is None for name in _GAPS):
        yield Finding(
            path=path,
            problem="fairness needs a greatest gap",
            got=Bare("only facets"),
            fix=f"add {', '.join(_GAPS[:2])} or {_GAPS[2]}",
            needs=tuple((*path, name) for name in _GAPS),
        )
    for index, facet in enumerate(fairness.facets):
        if facet in fairness.facets[:index]:
            yield Finding(
                path=(*path, "facets", index),
                problem="is there twice",
                got=facet,
                fix="remove one",
            )
        if facet == fairness.label:
            yield Finding(
                path=(*path, "facets", index),
                problem="is the label, which no group can be made of",
                got=facet,
                fix="use another column",
                needs=((*path, "label"),),
            )
