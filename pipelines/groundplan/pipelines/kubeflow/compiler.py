"""Pipeline -> the intermediate representation (IR YAML) of Kubeflow Pipelines, by hand.

Every step is a container that calls AWS: jobs stay jobs of SageMaker and AWS Batch, with the roles,
keys and network that the plan has given them.
"""

import json
from dataclasses import dataclass
from typing import Any

import yaml

from groundplan.pipelines.dag import Pipeline, dependencies
from groundplan.pipelines.embedding import (
    checked,
    described,
    encoded,
    handlers,
    parameters_read,
    placeholders,
    producers,
    source,
)
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.kubeflow.check import check_package
from groundplan.pipelines.kubeflow.template import IMPORTS, SURROUNDINGS
from groundplan.pipelines.programs import PROGRAMS, refuse
from groundplan.pipelines.steps import Step

ORCHESTRATOR = "Kubeflow Pipelines"
IMAGE = "public.ecr.aws/docker/library/python:3.11-slim"
BOTO3 = "boto3==1.44.5"

# No step's id has a hyphen.
STEPS = "all-steps"
OUTPUTS = "pipeline-outputs"
HANDLING = "on-failure"
EXECUTOR = "exec-step"

# A container is repeated when its node was lost: it finds the job that it has begun by its name.
RETRY = {
    "backoffDuration": "30s",
    "backoffFactor": 2.0,
    "backoffMaxDuration": "300s",
    "maxRetryCount": 2,
}

Node = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Container:
    """One task: what it is given, and what it waits for.

    Attributes:
        kind: ``step``, ``outputs`` or ``handling``.
        about: Given as JSON, since Kubeflow's own objects know no whole numbers.
        reads: Ids of the steps whose outputs it is given.
        after: Ids of the steps that it waits for.
    """

    name: str
    kind: str
    about: object
    reads: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def package(pipeline: Pipeline, *, image: str | None = None) -> str:
    """IR YAML that needs no package of groundplan in its containers.

    Args:
        pipeline: What to compile.
        image: Has Python 3.11 or newer and boto3. By default a public image of Python, into which
            each container installs boto3: that takes a way to a package index.

    Raises:
        PipelineError: If a step, or what one of ``on_failure`` reads, cannot be expressed.
    """
    _check(pipeline)
    parameters = _parameters(pipeline)
    containers = [_step(step) for step in pipeline.order()]
    if pipeline.outputs:
        containers.append(_outputs(pipeline))
    components = {f"comp-{item.name}": _component(item) for item in containers}
    root: Node = {"dag": {"tasks": {item.name: _task(item) for item in containers}}}
    if pipeline.on_failure:
        handling = _handling(pipeline)
        declared = {name: {"parameterType": "STRING"} for name in parameters}
        components[f"comp-{STEPS}"] = root | (
            {"inputDefinitions": {"parameters": declared}} if parameters else {}
        )
        components[f"comp-{HANDLING}"] = _component(handling, leaves=False)
        components[f"comp-{HANDLING}"]["inputDefinitions"]["parameters"]["status"] = {
            "isOptional": True,
            "parameterType": "TASK_FINAL_STATUS",
        }
        root = {"dag": {"tasks": _exit_handler(handling, list(parameters))}}
    if parameters:
        root["inputDefinitions"] = {"parameters": parameters}
    document: Node = {
        "components": {name: components[name] for name in sorted(components)},
        "deploymentSpec": {"executors": {EXECUTOR: {"container": _program(pipeline, image)}}},
        "pipelineInfo": {"description": "Written by groundplan.", "name": pipeline.name},
        "root": root,
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.17.0",
    }
    check_package(document)
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)


def _check(pipeline: Pipeline) -> None:
    own: set[str] = set()
    for group, steps in (("steps", pipeline.steps), ("on_failure", pipeline.on_failure)):
        for step in steps:
            path = f"{group}[{step.id}]"
            if type(step) not in PROGRAMS:
                raise refuse(path, step, ORCHESTRATOR, PROGRAMS)
            text = json.dumps(described(step))
            if "{{" in text:
                start = text.index("{{")
                raise PipelineError(
                    path,
                    "Kubeflow Pipelines would take {{ for a placeholder of its own",
                    got=text[start : start + 12],
                    fix="write the text without {{",
                )
            for other in producers(step) if group == "on_failure" else ():
                if other not in own:
                    raise PipelineError(
                        path,
                        "Kubeflow Pipelines hands no step's output to what handles failures",
                        got=other,
                        fix="read parameters and facts of the failure only",
                    )
            own |= {step.id} if group == "on_failure" else set()
    checked(pipeline)


def _parameters(pipeline: Pipeline) -> Node:
    declared: Node = {
        item.name: {
            "defaultValue": item.default,
            "description": item.description,
            "isOptional": True,
            "parameterType": "STRING",
        }
        for item in pipeline.parameters
    }
    for name in placeholders(pipeline):
        declared[name] = {"description": "known to AWS only", "parameterType": "STRING"}
    return declared


def _name(step_id: str) -> str:
    return step_id.replace("_", "-")


def _step(step: Step) -> _Container:
    return _Container(
        name=_name(step.id),
        kind="step",
        about=_described(step),
        reads=producers(step),
        after=dependencies(step),
    )


def _described(step: Step) -> Node:
    return {"kind": type(step).__name__, **described(step)}


def _outputs(pipeline: Pipeline) -> _Container:
    return _Container(
        name=OUTPUTS,
        kind="outputs",
        about={name: encoded(value) for name, value in pipeline.outputs},
        reads=producers(pipeline.outputs),
        after=tuple(step.id for step in pipeline.order()),
    )


def _handling(pipeline: Pipeline) -> _Container:
    steps = [_described(step) for step in handlers(pipeline)]
    return _Container(name=HANDLING, kind="handling", about=steps)


def _component(container: _Container, *, leaves: bool = True) -> Node:
    component: Node = {
        "executorLabel": EXECUTOR,
        "inputDefinitions": {
            "parameters": {name: {"parameterType": "STRING"} for name in _arguments(container)}
        },
    }
    if leaves:
        component["outputDefinitions"] = {"parameters": {"outputs": {"parameterType": "STRING"}}}
    return component


def _arguments(container: _Container) -> Node:
    """Where each input of a task comes from."""
    return {
        "run_id": {"runtimeValue": {"constant": "{{$.pipeline_job_uuid}}"}},
        "started_at": {"runtimeValue": {"constant": "{{$.pipeline_job_create_time_utc}}"}},
        "task": {"runtimeValue": {"constant": container.kind}},
        "about": {"runtimeValue": {"constant": json.dumps(container.about)}},
        **{
            f"parameter-{name}": {"componentInputParameter": name}
            for name in parameters_read(container.about)
        },
        **{
            f"outputs-{step}": {
                "taskOutputParameter": {
                    "outputParameterKey": "outputs",
                    "producerTask": _name(step),
                }
            }
            for step in container.reads
        },
    }


def _task(container: _Container) -> Node:
    task: Node = {
        "cachingOptions": {},  # off: a step looks for itself at what is there
        "componentRef": {"name": f"comp-{container.name}"},
    }
    if container.after:
        task["dependentTasks"] = sorted(_name(step) for step in container.after)
    return task | {
        "inputs": {"parameters": _arguments(container)},
        "retryPolicy": RETRY,
        "taskInfo": {"name": container.name},
    }


def _exit_handler(handling: _Container, parameters: list[str]) -> Node:
    """All steps as one task, and the task that runs when it has ended, however it did."""
    task = _task(handling) | {
        "dependentTasks": [STEPS],
        "triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"},
    }
    task["inputs"]["parameters"]["status"] = {"taskFinalStatus": {"producerTask": STEPS}}
    steps: Node = {"componentRef": {"name": f"comp-{STEPS}"}}
    if parameters:
        steps["inputs"] = {
            "parameters": {name: {"componentInputParameter": name} for name in parameters}
        }
    return {STEPS: steps | {"taskInfo": {"name": STEPS}}, HANDLING: task}


def _program(pipeline: Pipeline, image: str | None) -> Node:
    """The container of every task: one program, so that the document stays small."""
    kinds = {type(step) for step in (*pipeline.steps, *pipeline.on_failure)}
    by_name = {kind.__name__: PROGRAMS[kind][1] for kind in kinds}
    table = "".join(f'    "{name}": {by_name[name]},\n' for name in sorted(by_name))
    parts = (
        source({PROGRAMS[kind][0] for kind in kinds}, ("import sys", IMPORTS.strip())),
        f"PROGRAMS = {{\n{table}}}",
        SURROUNDINGS.lstrip("\n"),
    )
    install = f"python3 -m pip install --quiet {BOTO3} && " if image is None else ""
    return {
        "image": image or IMAGE,
        "command": ["sh", "-ec", f'{install}exec python3 -c "$0" "$@"', "\n\n\n".join(parts)],
        "args": ["{{$}}"],
    }


class _Dumper(yaml.SafeDumper):
    """Writes programs as they look, and nothing as an alias of something else."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if text.count("\n") > 1 else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
