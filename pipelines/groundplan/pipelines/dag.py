"""A pipeline: steps that are proved to fit together before any orchestrator sees them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from heapq import heapify, heappop, heappush

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.steps import Step
from groundplan.pipelines.values import (
    OUTPUT_KINDS,
    NumberOutput,
    ObjectOutput,
    Output,
    TextOutput,
    Value,
)

STEP_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MAX_STEP_ID = 12  # it is part of job names, which SageMaker limits to 63 characters
RESERVED_IDS = frozenset({"states"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Steps, what the whole produces, and how long it may take.

    Raises:
        PipelineError: If an id is unusable or used twice, a reference dangles or has another kind
            than its producer, an output may be missing when it is read, or steps wait for each
            other.
    """

    name: str
    partition: str = "aws"
    steps: tuple[Step, ...]
    outputs: tuple[tuple[str, Value], ...] = ()
    timeout_seconds: int

    def __post_init__(self) -> None:
        by_id: dict[str, Step] = {}
        for index, step in enumerate(self.steps):
            _check_id(f"steps[{index}].id", step.id, by_id)
            by_id[step.id] = step
        if not by_id:
            raise PipelineError("steps", "a pipeline needs a step", got=(), fix="add one")
        for step in self.steps:
            for other in step.after:
                if other not in by_id:
                    raise PipelineError(
                        f"steps[{step.id}].after",
                        "no such step",
                        got=other,
                        fix=f"use one of {', '.join(by_id)}",
                    )
            for output in references(step):
                _check_reference(f"steps[{step.id}]", output, by_id, step)
        for name, value in self.outputs:
            for output in references(value):
                _check_reference(f"outputs[{name}]", output, by_id, None)
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

    def edges(self) -> tuple[tuple[str, str], ...]:
        """Pairs of step ids: the second one depends on the first."""
        return tuple((other, step.id) for step in self.order() for other in dependencies(step))


def references(value: object) -> Iterator[Output]:
    """Every output that ``value`` reads, at any depth."""
    if isinstance(value, (TextOutput, NumberOutput, ObjectOutput)):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from references(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from references(getattr(value, item.name))


def dependencies(step: Step) -> tuple[str, ...]:
    """The ids that ``step`` waits for, each once: stated ones first."""
    return tuple(dict.fromkeys((*step.after, *(output.step for output in references(step)))))


def _check_id(path: str, step_id: str, known: dict[str, Step]) -> None:
    if len(step_id) > MAX_STEP_ID or not STEP_ID.fullmatch(step_id) or step_id in RESERVED_IDS:
        raise PipelineError(
            path,
            "no valid step id",
            got=step_id,
            fix=f"use lowercase words joined by _, at most {MAX_STEP_ID} characters, not 'states'",
        )
    if step_id in known:
        raise PipelineError(path, "two steps have one id", got=step_id, fix="rename one of them")


def _check_reference(
    path: str, output: Output, by_id: dict[str, Step], reader: Step | None
) -> None:
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
    if producer.on_failure == "continue":
        raise PipelineError(
            path,
            "reads a step whose failure is passed over",
            got=got,
            fix=f"set on_failure of step {producer.id} to fail",
        )
    if producer.when is not None and (reader is None or reader.when != producer.when):
        raise PipelineError(
            path,
            "reads a step that may be skipped",
            got=got,
            fix=f"give the reader the same condition as step {producer.id}",
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
