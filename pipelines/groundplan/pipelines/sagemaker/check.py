"""What CreatePipeline would find late, or not at all: whether everything that is named is there."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from groundplan.pipelines.errors import PipelineError

EXECUTION_FACTS = frozenset(
    {
        "Execution.PipelineArn",
        "Execution.PipelineName",
        "Execution.PipelineExecutionArn",
        "Execution.PipelineExecutionId",
        "Execution.StartDateTime",
        "Execution.CurrentDateTime",
    }
)
STEP_NAME = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9_]){0,63}")
_PROPERTY_FILE = re.compile(r"Steps\.([^.]+)\.PropertyFiles\.(.+)")

Node = Mapping[str, Any]


def references(value: object) -> Iterator[str]:
    """Every ``Get`` of a definition, at any depth."""
    if isinstance(value, Mapping):
        if set(value) == {"Get"}:
            yield value["Get"]
            return
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def check_definition(document: Node) -> None:
    """Proves that steps, parameters and property files of a definition fit together.

    Raises:
        PipelineError: If something is named that is not there, or conditions are nested.
    """
    parameters = [item["Name"] for item in document["Parameters"]]
    steps = list(_steps(document["Steps"]))
    names = [step["Name"] for step, _ in steps]
    for name in (*names, *parameters):
        if not STEP_NAME.fullmatch(name) or (*names, *parameters).count(name) > 1:
            raise PipelineError(
                name, "no valid name, or used twice", got=name, fix="rename one of them"
            )
    before: dict[str, set[str]] = {}
    for step, depth in steps:
        path = f"Steps[{step['Name']}]"
        if step["Type"] == "Condition" and depth:
            raise PipelineError(
                path, "a condition step may not hold another one", got=depth, fix="flatten them"
            )
        own = {key: value for key, value in step.items() if key != "Arguments"} | {
            "Arguments": {
                key: value
                for key, value in step["Arguments"].items()
                if key not in ("IfSteps", "ElseSteps")
            }
        }
        needed = set(step.get("DependsOn", ()))
        for other in needed:
            _check_known(f"{path}.DependsOn", other, names)
            if next(item["Type"] for item, _ in steps if item["Name"] == other) == "Condition":
                raise PipelineError(
                    f"{path}.DependsOn",
                    "no step may wait for a condition step",
                    got=other,
                    fix="wait for the steps that it holds",
                )
        for reference in references(own):
            needed |= _check_reference(path, reference, parameters, [item for item, _ in steps])
        before[step["Name"]] = needed
    _check_order(before)


def _steps(steps: Iterable[Node], depth: int = 0) -> Iterator[tuple[Node, int]]:
    for step in steps:
        yield step, depth
        for branch in ("IfSteps", "ElseSteps"):
            yield from _steps(step["Arguments"].get(branch, ()), depth + 1)


def _check_reference(
    path: str, reference: str, parameters: Iterable[str], steps: list[Node]
) -> set[str]:
    """The step that a reference waits for, if it is one to a step."""
    kind, _, rest = reference.partition(".")
    if kind == "Parameters":
        _check_known(path, rest, parameters)
        return set()
    if kind == "Execution":
        _check_known(path, reference, EXECUTION_FACTS)
        return set()
    name = rest.partition(".")[0]
    by_name = {step["Name"]: step for step in steps}
    _check_known(path, name, by_name)
    file = _PROPERTY_FILE.fullmatch(reference)
    if file:
        known = [item["PropertyFileName"] for item in by_name[name].get("PropertyFiles", ())]
        _check_known(path, file[2], known)
    return {name}


def _check_order(before: Mapping[str, set[str]]) -> None:
    done: set[str] = set()
    while len(done) < len(before):
        ready = [name for name, needed in before.items() if name not in done and needed <= done]
        if not ready:
            waiting = sorted(set(before) - done)
            raise PipelineError(
                "Steps", "steps wait for each other", got=waiting, fix="remove a dependency"
            )
        done |= set(ready)


def _check_known(path: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise PipelineError(
            path,
            "names something that is not there",
            got=name,
            fix=f"use one of {', '.join(sorted(known)) or 'none'}",
        )
