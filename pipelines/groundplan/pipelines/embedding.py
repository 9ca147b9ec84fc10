"""What the compilers to orchestrators that run Python have in common.

They describe a step as plain data and write the source of what carries it out into their product,
so that it needs nothing of groundplan where it runs.
"""

import ast
from collections.abc import Collection, Iterable
from dataclasses import fields, is_dataclass, replace
from importlib.resources import files

from groundplan.pipelines.dag import Pipeline, references
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions import definition
from groundplan.pipelines.step_functions.jsonata import PLACEHOLDER
from groundplan.pipelines.steps import (
    BatchScoring,
    BatchTransform,
    ProcessingJob,
    QuietDataset,
    Step,
    TrainingJob,
    TuningJob,
)
from groundplan.pipelines.values import (
    Either,
    Execution,
    Failure,
    Join,
    NumberOutput,
    ObjectOutput,
    Parameter,
    TextOutput,
)

RUNTIME = "groundplan.pipelines.runtime"
JOB_SECONDS = 7200  # start-up, upload, and what a service takes beyond the job itself
CALL_SECONDS = 900


def described(step: Step) -> dict[str, object]:
    """A step as plain data; values that a run fills in are objects with one ``$`` key."""
    common = {item.name for item in fields(Step)}
    return {
        "id": step.id,
        "on_failure": step.on_failure,
        "when": [encoded(condition) for condition in step.when],
        "given": {
            item.name: encoded(getattr(step, item.name))
            for item in fields(step)
            if item.name not in common
        },
    }


def encoded(value: object) -> object:
    """A value of a step as plain data."""
    match value:
        case TextOutput() | NumberOutput() | ObjectOutput():
            return {"$output": [value.step, value.name]}
        case Parameter():
            return {"$parameter": value.name}
        case Execution():
            return {"$execution": value.fact}
        case Failure():
            return {"$failure": value.fact}
        case Either():
            return {"$either": [encoded(value.output), encoded(value.otherwise)]}
        case Join():
            return {"$join": [encoded(part) for part in value.parts]}
        case str() if PLACEHOLDER.fullmatch(value):
            return {"$parameter": value[2:-1]}
        case tuple():
            return [encoded(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {item.name: encoded(getattr(value, item.name)) for item in fields(value)}
        case _:
            return value


def handlers(pipeline: Pipeline) -> tuple[Step, ...]:
    """The steps that run when another one has failed: their own failures are passed over."""
    return tuple(replace(step, on_failure="continue") for step in pipeline.on_failure)


def placeholders(pipeline: Pipeline) -> tuple[str, ...]:
    """Names of what only AWS knows, sorted: elsewhere they are parameters without a default.

    Raises:
        PipelineError: If a parameter of the pipeline has such a name.
    """
    found: set[str] = set()
    _collect((pipeline.steps, pipeline.on_failure), found)
    for name in sorted(found & {parameter.name for parameter in pipeline.parameters}):
        raise PipelineError(
            f"parameters[{name}]", "a placeholder has this name", got=name, fix="rename it"
        )
    return tuple(sorted(found))


def _collect(value: object, found: set[str]) -> None:
    if isinstance(value, str) and PLACEHOLDER.fullmatch(value):
        found.add(value[2:-1])
    elif isinstance(value, tuple):
        for item in value:
            _collect(item, found)
    elif is_dataclass(value) and not isinstance(value, type):
        for member in fields(value):
            _collect(getattr(value, member.name), found)


def producers(value: object) -> tuple[str, ...]:
    """The ids of the steps whose outputs ``value`` reads, each once."""
    return tuple(dict.fromkeys(output.step for output in references(value)))


def source(modules: Iterable[str], further_imports: Iterable[str] = ()) -> str:
    """The runtime's modules as one piece of Python, with those that they import before them."""
    ordered: list[str] = []
    for name in ("base", *sorted(modules)):
        _add(name, ordered)
    imports: dict[str, set[str]] = {}
    bodies: list[str] = []
    for name in ordered:
        tree, text = _parsed(name)
        bodies.append(_body(tree, text, imports))
    lines = [_import(module, imports[module]) for module in sorted(imports)]
    plain = [line for line in lines if line.startswith("import ")]
    others = [line for line in lines if line not in plain]
    return "\n".join([*plain, *others, *further_imports, "\n", "\n\n\n".join(bodies), ""])


def _parsed(name: str) -> tuple[ast.Module, str]:
    text = files(RUNTIME).joinpath(f"{name}.py").read_text(encoding="utf-8")
    return ast.parse(text), text


def _add(name: str, ordered: list[str]) -> None:
    if name in ordered:
        return
    tree, _ = _parsed(name)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(RUNTIME):
            _add(node.module.rsplit(".", 1)[1], ordered)
    if name not in ordered:
        ordered.append(name)


def _body(tree: ast.Module, text: str, imports: dict[str, set[str]]) -> str:
    """What a module defines, without its docstring and imports, which are collected."""
    lines = text.splitlines()
    start = 0
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                imports.setdefault(alias.name, set())
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.module.startswith(RUNTIME):
                imports.setdefault(node.module, set()).update(item.name for item in node.names)
        elif index > 0 or not isinstance(node, ast.Expr):
            break
        start = node.end_lineno or 0
    return "\n".join(lines[start:]).strip()


def _import(module: str, names: Iterable[str]) -> str:
    listed = ", ".join(sorted(names))
    return f"from {module} import {listed}" if listed else f"import {module}"


def parameters_read(data: object) -> tuple[str, ...]:
    """The parameters that plain data reads, sorted."""
    if isinstance(data, list):
        found = {name for item in data for name in parameters_read(item)}
    elif isinstance(data, dict):
        own = {data["$parameter"]} if "$parameter" in data else set()
        found = own | {name for item in data.values() for name in parameters_read(item)}
    else:
        found = set()
    return tuple(sorted(found))


def timeout_seconds(step: Step) -> int:
    """How long carrying a step out may take, waiting for capacity included."""
    match step:
        case TrainingJob() | TuningJob():
            return len(step.ladder) * (step.max_wait_seconds + JOB_SECONDS)
        case ProcessingJob():
            return step.job.max_runtime_seconds + JOB_SECONDS
        case BatchTransform():
            return step.max_runtime_seconds + JOB_SECONDS
        case BatchScoring():
            return step.attempts * step.max_runtime_seconds + JOB_SECONDS
        case QuietDataset():
            return step.max_wait_seconds + step.quiet_seconds + CALL_SECONDS
        case _:
            return CALL_SECONDS


def checked(pipeline: Pipeline) -> None:
    """Proves that what was made of the pipeline reads nothing that is not there.

    It also gets the checks of the state machine: what AWS would refuse of a step, it refuses
    whoever asks.

    Raises:
        PipelineError: If it does: the targets' own loaders would not see it.
    """
    definition(pipeline)
    parameters = {item.name for item in pipeline.parameters} | set(placeholders(pipeline))
    outputs = {f"{step.id}.{name}" for step in pipeline.steps for name in step.outputs()}
    for step in pipeline.steps:
        check_references(f"steps[{step.id}]", described(step), outputs, parameters)
    for name, value in pipeline.outputs:
        check_references(f"outputs[{name}]", encoded(value), outputs, parameters)
    for step in pipeline.on_failure:
        check_references(f"on_failure[{step.id}]", described(step), outputs, parameters)
        outputs |= {f"{step.id}.{name}" for name in step.outputs()}


def check_references(
    path: str, data: object, outputs: Collection[str], parameters: Collection[str]
) -> None:
    """Proves that plain data reads only these outputs and parameters.

    Raises:
        PipelineError: If it reads another one.
    """
    if isinstance(data, list):
        for item in data:
            check_references(path, item, outputs, parameters)
    elif isinstance(data, dict):
        output, parameter = data.get("$output"), data.get("$parameter")
        if output is not None and ".".join(output) not in outputs:
            raise PipelineError(
                path,
                "reads an output that is not there",
                got=".".join(output),
                fix=f"use one of {', '.join(sorted(outputs))}",
            )
        if parameter is not None and parameter not in parameters:
            raise PipelineError(
                path,
                "reads a parameter that is not there",
                got=parameter,
                fix=f"use one of {', '.join(sorted(parameters))}",
            )
        for item in data.values():
            check_references(path, item, outputs, parameters)
