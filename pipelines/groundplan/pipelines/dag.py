"""A pipeline: steps that are proved to fit together before any orchestrator sees them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from heapq import heapify, heappop, heappush

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.steps import Step
from groundplan.pipelines.values import (
    OUTPUT_KINDS,
    Either,
    Execution,
    Failure,
    NumberOutput,
    ObjectOutput,
    Output,
    Parameter,
    TextOutput,
    Value,
)

STEP_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MAX_STEP_ID = 12  # it is part of job names, which SageMaker limits to 63 characters
RESERVED_IDS = frozenset({"failure", "parameters", "states"})
PARAMETER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSpec:
    """A text that an execution may be started with, and what it is otherwise."""

    name: str
    default: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Steps, what the whole produces, and how long it may take.

    Attributes:
        parameters: What an execution may be started with.
        on_failure: Run one after the other when a step has failed, before the execution ends with
            its error; the failure of one of them is passed over.

    Raises:
        PipelineError: If an id is unusable or used twice, a reference dangles or has another kind
            than its producer, an output may be missing when it is read, or steps wait for each
            other.
    """

    name: str
    partition: str = "aws"
    parameters: tuple[ParameterSpec, ...] = ()
    steps: tuple[Step, ...]
    on_failure: tuple[Step, ...] = ()
    outputs: tuple[tuple[str, Value], ...] = ()
    timeout_seconds: int

    def __post_init__(self) -> None:
        parameters = _parameters(self.parameters)
        by_id: dict[str, Step] = {}
        for index, step in enumerate(self.steps):
            _check_id(f"steps[{index}].id", step.id, by_id)
            by_id[step.id] = step
        if not by_id:
            raise PipelineError("steps", "a pipeline needs a step", got=(), fix="add one")
        for index, step in enumerate(self.on_failure):
            path = f"on_failure[{index}]"
            known = by_id | {item.id: item for item in self.on_failure[:index]}
            _check_id(f"{path}.id", step.id, known)
            for output, optional in reads(step):
                _check_produced(path, output, known)
                if not optional:
                    raise PipelineError(
                        path,
                        "reads an output that may be missing when a step has failed",
                        got=f"{output.step}.{output.name}",
                        fix="say what else to use (Either)",
                    )
            _check_facts(path, step, parameters, failed=True)
        for step in self.steps:
            for other in step.after:
                if other not in by_id:
                    raise PipelineError(
                        f"steps[{step.id}].after",
                        "no such step",
                        got=other,
                        fix=f"use one of {', '.join(by_id)}",
                    )
            for output, optional in reads(step):
                _check_reference(f"steps[{step.id}]", output, by_id, step, optional)
            _check_facts(f"steps[{step.id}]", step, parameters, failed=False)
        for name, value in self.outputs:
            for output, optional in reads(value):
                _check_reference(f"outputs[{name}]", output, by_id, None, optional)
            _check_facts(f"outputs[{name}]", value, parameters, failed=False)
        self.order()

    def order(self) -> tuple[Step, ...]:
        """The steps in an order that respects their dependencies and else keeps the given one.

        Raises:
            PipelineError: If steps wait for each other.
        """
        index = {step.id: position for position, step in enumerate(self.steps)}
        waiting = {step.id: dependencies(step) for step in self.steps}
        dependents: dict[str, list[str]] = {step.id: [] for step in self.steps}
        for step_id, needed in waiting.items():
            for other in needed:
                dependents[other].append(step_id)
        missing = {step_id: len(needed) for step_id, needed in waiting.items()}
        ready = [index[step_id] for step_id, count in missing.items() if count == 0]
        heapify(ready)
        ordered: list[Step] = []
        while ready:
            step = self.steps[heappop(ready)]
            ordered.append(step)
            for dependent in dependents[step.id]:
                missing[dependent] -= 1
                if missing[dependent] == 0:
                    heappush(ready, index[dependent])
        if len(ordered) < len(self.steps):
            raise PipelineError(
                "steps",
                "steps wait for each other",
                got=" -> ".join(_cycle(waiting)),
                fix="remove one of these dependencies",
            )
        return tuple(ordered)

    def insert(self, step: Step, *, before: tuple[str, ...] = ()) -> "Pipeline":
        """A pipeline with one more step, which those in ``before`` wait for.

        Raises:
            PipelineError: If the steps no longer fit together, or one of ``before`` is not there.
        """
        known = [item.id for item in self.steps]
        for other in before:
            _check_known("before", other, known)
        steps = tuple(
            replace(item, after=(*item.after, step.id)) if item.id in before else item
            for item in self.steps
        )
        return replace(self, steps=(*steps, step))

    def replace(self, step: Step) -> "Pipeline":
        """A pipeline with ``step`` in the place of the one that has its id.

        Raises:
            PipelineError: If there is none, or it does not produce what others read.
        """
        _check_known("step", step.id, [item.id for item in self.steps])
        return replace(
            self, steps=tuple(step if item.id == step.id else item for item in self.steps)
        )

    def without(self, *step_ids: str) -> "Pipeline":
        """A pipeline without some steps; those that waited for one wait for what it waited for.

        Outputs of the whole that read one of them go with it.

        Raises:
            PipelineError: If one of them is not there, or others read what it produces.
        """
        known = [item.id for item in (*self.steps, *self.on_failure)]
        for step_id in step_ids:
            _check_known("without", step_id, known)
        needed = {item.id: dependencies(item) for item in self.steps}

        def kept(step_id: str) -> tuple[str, ...]:
            if step_id not in step_ids:
                return (step_id,)
            return tuple(other for before in needed[step_id] for other in kept(before))

        steps = tuple(
            replace(
                item, after=tuple(dict.fromkeys(new for old in item.after for new in kept(old)))
            )
            for item in self.steps
            if item.id not in step_ids
        )
        on_failure = tuple(item for item in self.on_failure if item.id not in step_ids)
        outputs = tuple(
            (name, value)
            for name, value in self.outputs
            if not any(output.step in step_ids for output in references(value))
        )
        return replace(self, steps=steps, on_failure=on_failure, outputs=outputs)

    def edges(self) -> tuple[tuple[str, str], ...]:
        """Pairs of step ids: the second one depends on the first."""
        return tuple((other, step.id) for step in self.order() for other in dependencies(step))


def references(value: object) -> Iterator[Output]:
    """Every output that ``value`` reads, at any depth."""
    for output, _ in reads(value):
        yield output


def reads(value: object) -> Iterator[tuple[Output, bool]]:
    """Every output that ``value`` reads, and whether it may be missing, at any depth."""
    for item in _values(value):
        if isinstance(item, Either):
            yield item.output, True
            yield from reads(item.otherwise)
        elif isinstance(item, (TextOutput, NumberOutput, ObjectOutput)):
            yield item, False


def _values(value: object) -> Iterator[object]:
    """Every leaf of ``value`` that an execution fills in."""
    if isinstance(
        value, (TextOutput, NumberOutput, ObjectOutput, Either, Parameter, Failure, Execution)
    ):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _values(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for member in fields(value):
            yield from _values(getattr(value, member.name))


def dependencies(step: Step) -> tuple[str, ...]:
    """The ids that ``step`` waits for, each once: stated ones first."""
    return tuple(dict.fromkeys((*step.after, *(output.step for output in references(step)))))


def _check_id(path: str, step_id: str, known: dict[str, Step]) -> None:
    if len(step_id) > MAX_STEP_ID or not STEP_ID.fullmatch(step_id) or step_id in RESERVED_IDS:
        raise PipelineError(
            path,
            "no valid step id",
            got=step_id,
            fix=f"use lowercase words joined by _, at most {MAX_STEP_ID} characters, none of "
            + ", ".join(sorted(RESERVED_IDS)),
        )
    if step_id in known:
        raise PipelineError(path, "two steps have one id", got=step_id, fix="rename one of them")


def _check_known(path: str, step_id: str, known: Collection[str]) -> None:
    if step_id not in known:
        raise PipelineError(path, "no such step", got=step_id, fix=f"use one of {', '.join(known)}")


def _parameters(declared: tuple[ParameterSpec, ...]) -> frozenset[str]:
    found: set[str] = set()
    for index, parameter in enumerate(declared):
        if not PARAMETER_NAME.fullmatch(parameter.name) or parameter.name in found:
            raise PipelineError(
                f"parameters[{index}].name",
                "no valid name, or used twice",
                got=parameter.name,
                fix="use letters, digits and _, beginning with a letter",
            )
        found.add(parameter.name)
    return frozenset(found)


def _check_facts(path: str, value: object, parameters: Collection[str], *, failed: bool) -> None:
    for item in _values(value):
        fact = item.otherwise if isinstance(item, Either) else item
        if isinstance(fact, Parameter) and fact.name not in parameters:
            raise PipelineError(
                path,
                "reads a parameter that the pipeline does not have",
                got=fact.name,
                fix=f"use one of {', '.join(sorted(parameters)) or 'none'}, or declare it",
            )
        if isinstance(fact, Failure) and not failed:
            raise PipelineError(
                path,
                "reads a failure, which only steps in on_failure can",
                got=fact.fact,
                fix="move the step to on_failure",
            )


def _check_produced(path: str, output: Output, by_id: dict[str, Step]) -> Step:
    got = f"{output.step}.{output.name}"
    producer = by_id.get(output.step)
    if producer is None:
        raise PipelineError(
            path, "reads a step that is not there", got=got, fix=f"use one of {', '.join(by_id)}"
        )
    produced = producer.outputs()
    if output.name not in produced:
        raise PipelineError(
            path,
            "reads an output that its step does not produce",
            got=got,
            fix=f"use one of {', '.join(produced)}" if produced else "remove it",
        )
    wanted = OUTPUT_KINDS[type(output)]
    if produced[output.name] != wanted:
        raise PipelineError(
            path,
            f"wants a {wanted} but the output is of kind {produced[output.name]}",
            got=got,
            fix="read another output",
        )
    return producer


def _check_reference(
    path: str, output: Output, by_id: dict[str, Step], reader: Step | None, optional: bool
) -> None:
    got = f"{output.step}.{output.name}"
    producer = _check_produced(path, output, by_id)
    if optional:
        return
    if producer.on_failure == "continue":
        raise PipelineError(
            path,
            "reads a step whose failure is passed over",
            got=got,
            fix=f"set on_failure of step {producer.id} to fail, or say what else to use (Either)",
        )
    missing = [item for item in producer.when if reader is None or item not in reader.when]
    if missing:
        raise PipelineError(
            path,
            "reads a step that may be skipped",
            got=got,
            fix=f"give the reader the conditions of step {producer.id}, or say what else to use "
            "(Either)",
        )


def _cycle(waiting: dict[str, tuple[str, ...]]) -> list[str]:
    """One cycle of a graph that has one, from a step back to itself."""
    done: set[str] = set()
    for start in waiting:
        path = [start]
        while path:
            following = next((other for other in waiting[path[-1]] if other not in done), None)
            if following is None:
                done.add(path.pop())
            elif following in path:
                return [*path[path.index(following) :], following]
            else:
                path.append(following)
    raise AssertionError("called on a graph without a cycle")
