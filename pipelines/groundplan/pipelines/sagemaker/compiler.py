"""Pipeline -> the JSON definition of SageMaker Pipelines.

A condition step may not hold another one, and no step may wait for one. So gates and conditions
stand one behind the other: each holds the steps up to the next one, and waits for those of the one
before it, which run only if that one held.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from groundplan.pipelines import step_functions
from groundplan.pipelines.dag import Pipeline, dependencies
from groundplan.pipelines.embedding import placeholders
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.programs import REFUSED, refuse
from groundplan.pipelines.sagemaker import gates, steps
from groundplan.pipelines.sagemaker.check import check_definition, references
from groundplan.pipelines.sagemaker.facts import FACTS, parameter_name
from groundplan.pipelines.sagemaker.values import Json, Scope, rendered
from groundplan.pipelines.steps import (
    BatchTransform,
    ChampionGate,
    Condition,
    FairnessGate,
    MetricGate,
    ProcessingJob,
    QualityGate,
    RegisterModel,
    Step,
    TrainingJob,
    TuningJob,
)
from groundplan.pipelines.values import Parameter

VERSION = "2020-12-01"
ORCHESTRATOR = "SageMaker Pipelines"

COMPILERS: dict[type[Step], Callable[[Any, Scope], list[Json]]] = {
    BatchTransform: steps.transform,
    ProcessingJob: steps.processing,
    RegisterModel: steps.register,
    TrainingJob: steps.training,
    TuningJob: steps.tuning,
}
GATES: dict[type[Step], Callable[[Any], tuple[list[Json], str]]] = {
    ChampionGate: gates.champion_gate,
    FairnessGate: gates.fairness_gate,
    MetricGate: gates.metric_gate,
    QualityGate: gates.quality_gate,
}

_COMPARISONS = {
    "equals": "Equals",
    "less_than": "LessThan",
    "at_least": "GreaterThanOrEqualTo",
}


@dataclass(slots=True)
class _Segment:
    """Steps under one condition; the first segment has none."""

    name: str
    conditions: list[Json] = field(default_factory=list)
    problem: list[str] = field(default_factory=list)
    steps: list[Json] = field(default_factory=list)
    waits_for: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        return [str(step["Name"]) for step in self.steps]


def definition(pipeline: Pipeline) -> dict[str, Any]:
    """The definition, for CreatePipeline.

    Raises:
        PipelineError: If something of the pipeline cannot be expressed there.
    """
    _check_kinds(pipeline)
    step_functions.definition(pipeline)  # for its checks of what AWS would refuse of a step
    document: Json = {
        "Version": VERSION,
        "Metadata": {},
        "Parameters": [],
        "Steps": list(_written(_segments(pipeline))),
    }
    document["Parameters"] = list(_parameters(pipeline, references(document)))
    check_definition(document)
    return document


def notes(pipeline: Pipeline) -> tuple[str, ...]:
    """What the definition does otherwise than the state machine, one sentence each."""
    scope = Scope({step.id: step for step in pipeline.steps})
    found = [
        f"step {step.id} is none: whoever starts an execution tells what it would find"
        for step in pipeline.order()
        if type(step) in FACTS
    ]
    for step in pipeline.order():
        if isinstance(step, RegisterModel):
            for name in steps.left_out_of_lineage(step, scope):
                found.append(f"step {step.id} registers no {name}, which nobody calculates")
        if isinstance(step, BatchTransform):
            found.append(f"step {step.id} leaves its model behind, which costs nothing")
    for name in sorted(_told(pipeline)):
        found.append(f"parameter {name} must be given: SageMaker takes no empty metadata")
    if pipeline.outputs:
        found.append("an execution has no outputs: read its steps")
    return tuple(found)


def _told(pipeline: Pipeline) -> frozenset[str]:
    """Parameters that become metadata, which may not be empty as their defaults are."""
    empty = {item.name for item in pipeline.parameters if not item.default}
    lineage = {
        value.name
        for step in pipeline.steps
        if isinstance(step, RegisterModel)
        for _, value in step.lineage
        if isinstance(value, Parameter)
    }
    return frozenset(empty & lineage)


def _check_kinds(pipeline: Pipeline) -> None:
    known = {**COMPILERS, **GATES, **FACTS}
    for group, every in (("steps", pipeline.steps), ("on_failure", pipeline.on_failure)):
        for step in every:
            if type(step) in REFUSED:
                raise refuse(f"{group}[{step.id}]", step, ORCHESTRATOR, known)
    without = [step.id for step in pipeline.steps if type(step) not in known]
    without += [step.id for step in pipeline.on_failure]
    for step in pipeline.steps:
        if type(step) not in known:
            raise PipelineError(
                f"steps[{step.id}]",
                f"no such step in {ORCHESTRATOR}",
                got=type(step).__name__,
                fix=f"compile without {', '.join(without)}",
            )
        if step.on_failure == "continue":
            raise PipelineError(
                f"steps[{step.id}].on_failure",
                f"{ORCHESTRATOR} cannot pass over the failure of a step",
                got=step.on_failure,
                fix=f"use fail, or compile without {step.id}",
            )
    if pipeline.on_failure:
        raise PipelineError(
            "on_failure",
            f"{ORCHESTRATOR} has nothing that runs after a failure",
            got=", ".join(step.id for step in pipeline.on_failure),
            fix=f"compile without {', '.join(without)}, and let an EventBridge rule tell of "
            "executions that failed",
        )


def _segments(pipeline: Pipeline) -> list[_Segment]:
    scope = Scope({step.id: step for step in pipeline.steps})
    segments = [_Segment("")]
    when: tuple[Condition, ...] = ()
    for step in pipeline.order():
        if type(step) in FACTS:
            continue
        current = segments[-1]
        before = {name for segment in segments for name in segment.names()}
        added = tuple(item for item in step.when if item not in when)
        if any(item not in step.when for item in when):
            raise PipelineError(
                f"steps[{step.id}].when",
                f"{ORCHESTRATOR} cannot go on behind steps that may be skipped",
                got=step.id,
                fix=f"give it all conditions of the step before it, or compile without {step.id} "
                "or without those that may be skipped",
            )
        if added and type(step) in GATES:
            raise PipelineError(
                f"steps[{step.id}].when",
                f"{ORCHESTRATOR} cannot tell a gate that is skipped from one that is not met",
                got=step.id,
                fix=f"remove its conditions, or compile without {step.id}",
            )
        if added:
            current = _Segment(f"when-{step.id}", waits_for=current.names())
            current.conditions = [_condition(step, item, scope) for item in added]
            segments.append(current)
            when = (*when, *added)
        if type(step) in GATES:
            conditions, problem = GATES[type(step)](step)
            if current.steps or not current.problem:
                current = _Segment(step.id, waits_for=current.names() or current.waits_for)
                segments.append(current)
            current.conditions += conditions
            current.problem.append(f"{step.id}: {problem}")
            continue
        made = COMPILERS[type(step)](step, scope)
        waits_for = [name for name in dependencies(step) if name in before]
        made[0]["DependsOn"] = sorted({*made[0].get("DependsOn", ()), *waits_for})  # type: ignore[misc]
        current.steps += made
    return segments


def _condition(step: Step, item: Condition, scope: Scope) -> Json:
    left = rendered(f"steps[{step.id}].when", item.output, scope)
    if item.comparison == "not_equals":
        equal = {"Type": "Equals", "LeftValue": left, "RightValue": item.value}
        return {"Type": "Not", "Expression": equal}
    return {"Type": _COMPARISONS[item.comparison], "LeftValue": left, "RightValue": item.value}


def _written(segments: Iterable[_Segment]) -> Iterable[Json]:
    for segment in segments:
        for step in segment.steps:
            if not step["DependsOn"]:
                del step["DependsOn"]
        if not segment.conditions:
            yield from segment.steps
            continue
        fail = {
            "Name": f"{segment.name}-failed",
            "Type": "Fail",
            "Arguments": {"ErrorMessage": "; ".join(segment.problem)},
        }
        yield {
            "Name": segment.name,
            "Type": "Condition",
            "Arguments": {
                "Conditions": segment.conditions,
                "IfSteps": segment.steps,
                "ElseSteps": [fail] if segment.problem else [],
            },
            **({"DependsOn": segment.waits_for} if segment.waits_for else {}),
        }


def _parameters(pipeline: Pipeline, read: Iterable[str]) -> Iterable[Json]:
    """Only what is read: nothing is accepted and then ignored."""
    wanted = {name.removeprefix("Parameters.") for name in read if name.startswith("Parameters.")}
    told = _told(pipeline)
    for item in pipeline.parameters:
        if item.name in wanted:
            default = {} if item.name in told else {"DefaultValue": item.default}
            yield {"Name": item.name, "Type": "String", **default}
    own = {item.name for item in pipeline.parameters} | set(placeholders(pipeline))
    for step in pipeline.order():
        for output, fact in FACTS.get(type(step), {}).items():
            name = parameter_name(step.id, output)
            if name not in wanted:
                continue
            if name in own:
                raise PipelineError(
                    f"parameters[{name}]",
                    f"step {step.id} needs this name",
                    got=name,
                    fix="rename it",
                )
            default = {} if fact.default is None else {"DefaultValue": fact.default}
            yield {"Name": name, "Type": fact.kind, **default}
    for name in placeholders(pipeline):
        if name in wanted:
            yield {"Name": name, "Type": "String"}
