"""Values of a pipeline as SageMaker Pipelines writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass

from groundplan.pipelines.errors import PipelineError
from groundplan.pipelines.sagemaker.facts import FACTS, parameter_name
from groundplan.pipelines.step_functions.jsonata import PLACEHOLDER
from groundplan.pipelines.steps import (
    BatchTransform,
    ProcessingJob,
    RegisterModel,
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
    Output,
    Parameter,
    TextOutput,
)

Json = dict[str, object]

EXECUTION = {
    "id": "Execution.PipelineExecutionArn",
    "short_id": "Execution.PipelineExecutionId",
    "start_time": "Execution.StartDateTime",
}
REPORT = "report"


@dataclass(frozen=True, slots=True)
class Scope:
    """The pipeline's steps by id."""

    by_id: Mapping[str, Step]


def get(reference: str) -> Json:
    """A reference that is resolved while the pipeline runs."""
    return {"Get": reference}


def joined(*parts: object) -> Json:
    """A text of several parts."""
    return {"Std:Join": {"On": "", "Values": list(parts)}}


def rendered(path: str, value: object, scope: Scope) -> object:
    """A value, or a group of values, as it stands in a definition.

    Raises:
        PipelineError: If SageMaker Pipelines does not know it.
    """
    match value:
        case TextOutput() | NumberOutput() | ObjectOutput():
            return _output(path, value, scope)
        case Parameter():
            return get(f"Parameters.{value.name}")
        case Execution():
            return get(EXECUTION[value.fact])
        case Join():
            return joined(*(rendered(path, part, scope) for part in value.parts))
        case Either():
            # A step runs only if those before it have: `_segments` refuses anything else.
            return rendered(path, value.output, scope)
        case Failure():
            raise PipelineError(
                path,
                "SageMaker Pipelines has nothing that runs after a failure",
                got=value.fact,
                fix="leave the step out, and let an EventBridge rule tell of failed executions",
            )
        case str() if PLACEHOLDER.fullmatch(value):
            return get(f"Parameters.{value[2:-1]}")
        case tuple():
            return [rendered(path, item, scope) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {
                item.name: rendered(f"{path}.{item.name}", getattr(value, item.name), scope)
                for item in fields(value)
            }
        case _:
            return value


def given(step: Step, scope: Scope) -> Json:
    """All fields of a step, as the builders of requests want them."""
    path = f"steps[{step.id}]"
    common = {item.name for item in fields(Step)}
    found: Json = {
        item.name: rendered(f"{path}.{item.name}", getattr(step, item.name), scope)
        for item in fields(step)
        if item.name not in common
    }
    return {"id": step.id, **found}


def _output(path: str, output: Output, scope: Scope) -> object:
    step, name = scope.by_id[output.step], output.name
    if type(step) in FACTS:
        return get(f"Parameters.{parameter_name(step.id, name)}")
    found = _property(step, name, scope)
    if found is None:
        raise PipelineError(
            path,
            "SageMaker Pipelines knows no such value",
            got=f"{step.id}.{name}",
            fix="do not read it there, or leave the step out",
        )
    return found


def _property(step: Step, name: str, scope: Scope) -> object | None:
    """An output as a property of the job that produces it."""
    own = f"Steps.{step.id}"
    match step:
        case ProcessingJob():
            folder = get(f"{own}.ProcessingOutputConfig.Outputs['{REPORT}'].S3Output.S3Uri")
            found: Mapping[str, object] = {
                "job_name": get(f"{own}.ProcessingJobName"),
                "output_uri": joined(folder, "/"),
                "report_uri": joined(folder, "/", step.report),
            }
        case TrainingJob():
            found = {
                "job_name": get(f"{own}.TrainingJobName"),
                "artifact_uri": get(f"{own}.ModelArtifacts.S3ModelArtifacts"),
                "instance_type": step.ladder[0].instance_type,
                "training_seconds": get(f"{own}.TrainingTimeInSeconds"),
                "billable_seconds": get(f"{own}.BillableTimeInSeconds"),
            }
        case TuningJob():
            best = get(f"{own}.BestTrainingJob.TrainingJobName")
            folder_uri = rendered(f"steps[{step.id}].job.output_uri", step.job.output_uri, scope)
            found = {
                "job_name": best,
                "artifact_uri": joined(folder_uri, best, "/output/model.tar.gz"),
                "instance_type": step.ladder[0].instance_type,
            }
        case BatchTransform():
            found = {
                "job_name": get(f"{own}.TransformJobName"),
                "output_uri": rendered(f"steps[{step.id}].output_uri", step.output_uri, scope),
            }
        case RegisterModel():
            found = {"model_package_arn": get(f"{own}.ModelPackageArn")}
        case _:
            found = {}
    return found.get(name)
