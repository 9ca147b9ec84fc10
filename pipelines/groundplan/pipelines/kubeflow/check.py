"""What Kubeflow's own loader does not look at: whether everything that is named is there."""

from collections.abc import Collection, Mapping
from typing import Any

from groundplan.pipelines.errors import PipelineError

Node = Mapping[str, Any]


def check_package(document: Node) -> None:
    """Proves that tasks, components, executors, inputs and outputs of an IR fit together.

    Raises:
        PipelineError: If something is named that is not there, or an input has no source.
    """
    components: Node = document["components"]
    executors: Node = document["deploymentSpec"]["executors"]
    for name, component in components.items():
        if "dag" in component:
            _check_dag(f"components.{name}", component, components)
        else:
            label = component["executorLabel"]
            _check_known(f"components.{name}.executorLabel", label, executors)
    _check_dag("root", document["root"], components)


def _check_dag(path: str, component: Node, components: Node) -> None:
    given = component.get("inputDefinitions", {}).get("parameters", {})
    tasks: Node = component["dag"]["tasks"]
    for name, task in tasks.items():
        here = f"{path}.dag.tasks.{name}"
        reference = task["componentRef"]["name"]
        _check_known(f"{here}.componentRef", reference, components)
        for other in task.get("dependentTasks", ()):
            _check_known(f"{here}.dependentTasks", other, tasks)
        arguments: Node = task.get("inputs", {}).get("parameters", {})
        wanted: Node = components[reference].get("inputDefinitions", {}).get("parameters", {})
        for argument in arguments:
            _check_known(f"{here}.inputs", argument, wanted)
        for parameter, definition in wanted.items():
            if not definition.get("isOptional"):
                _check_known(f"{here}.inputs", parameter, arguments)
        for argument, origin in arguments.items():
            _check_origin(f"{here}.inputs.{argument}", origin, name, tasks, components, given)


def _check_origin(
    path: str, origin: Node, task: str, tasks: Node, components: Node, given: Collection[str]
) -> None:
    if "componentInputParameter" in origin:
        _check_known(path, origin["componentInputParameter"], given)
    for kind in ("taskOutputParameter", "taskFinalStatus"):
        if kind not in origin:
            continue
        producer = origin[kind]["producerTask"]
        _check_known(path, producer, tasks)
        _check_known(path, producer, tasks[task].get("dependentTasks", ()))
        if kind == "taskOutputParameter":
            component = components[tasks[producer]["componentRef"]["name"]]
            left = component.get("outputDefinitions", {}).get("parameters", {})
            _check_known(path, origin[kind]["outputParameterKey"], left)


def _check_known(path: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise PipelineError(
            path,
            "names something that is not there",
            got=name,
            fix=f"use one of {', '.join(sorted(known)) or 'none'}",
        )
