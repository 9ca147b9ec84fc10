"""One pipeline as the file that an orchestrator takes."""

import json
from dataclasses import dataclass
from typing import Literal, get_args

from groundplan.pipelines.dag import Pipeline
from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.step_functions import definition_json

Orchestrator = Literal["step_functions", "sagemaker", "airflow", "kubeflow"]
ORCHESTRATORS: tuple[Orchestrator, ...] = get_args(Orchestrator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A compiled pipeline.

    Attributes:
        file_name: What the file is usually called; no folder.
        text: All of it, with a line break at the end.
        notes: What the orchestrator does otherwise than Step Functions would, one sentence each.
    """

    file_name: str
    text: str
    notes: tuple[str, ...] = ()


def compile_for(orchestrator: Orchestrator, pipeline: Pipeline) -> Artifact:
    """``pipeline`` for ``orchestrator``; the same pipeline gives the same bytes.

    Raises:
        PipelineError: If a step, or something that one asks for, cannot be expressed there.
    """
    # The compilers are imported when they are used: planning needs none but the first.
    match orchestrator:
        case "step_functions":
            readable = json.dumps(json.loads(definition_json(pipeline)), indent=2)
            return Artifact(file_name=f"{pipeline.name}.asl.json", text=readable + "\n")
        case "sagemaker":
            from groundplan.pipelines import sagemaker

            text = json.dumps(sagemaker.definition(pipeline), indent=2) + "\n"
            file_name = f"{pipeline.name}.sagemaker.json"
            notes = (*sagemaker.notes(pipeline), *_notes(pipeline))
            return Artifact(file_name=file_name, text=text, notes=notes)
        case "airflow":
            from groundplan.pipelines.airflow import dag_source

            file_name = f"{pipeline.name.replace('-', '_')}.py"
            return Artifact(file_name=file_name, text=dag_source(pipeline), notes=_notes(pipeline))
        case "kubeflow":
            from groundplan.pipelines.kubeflow import package

            notes = (*_notes(pipeline), "each task installs boto3: it needs a package index")
            return Artifact(file_name=f"{pipeline.name}.yaml", text=package(pipeline), notes=notes)
        case _:
            raise PipelineError(
                "orchestrator",
                "no such orchestrator",
                got=orchestrator,
                fix=f"use one of {', '.join(ORCHESTRATORS)}",
            )


def _notes(pipeline: Pipeline) -> tuple[str, ...]:
    from groundplan.pipelines.embedding import placeholders

    names = ", ".join(placeholders(pipeline))
    return (f"whoever starts a run gives what only AWS knows: {names}",) if names else ()
