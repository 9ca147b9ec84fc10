"""Encryption of what jobs write and of the volumes that they work on, by their definitions."""

from collections.abc import Iterator, Mapping
from typing import Any

from groundplan.blueprints.prove.at_rest.keys import Keys, Outcome, Problem
from groundplan.blueprints.prove.at_rest.units import volume
from groundplan.blueprints.prove.machine_tasks import Task

RESOURCES = {
    "sagemaker:createTrainingJob": ("ResourceConfig",),
    "sagemaker:createHyperParameterTuningJob": ("TrainingJobDefinition", "ResourceConfig"),
    "sagemaker:createProcessingJob": ("ProcessingResources", "ClusterConfig"),
    "sagemaker:createTransformJob": ("TransformResources",),
}
"""Calls of jobs, and where their request names instances and the key of their volumes.

Source: SageMaker API Reference (2026-11-21).
"""
OUTPUTS = {
    "sagemaker:createTrainingJob": ("OutputDataConfig",),
    "sagemaker:createHyperParameterTuningJob": ("TrainingJobDefinition", "OutputDataConfig"),
    "sagemaker:createProcessingJob": ("ProcessingOutputConfig",),
    "sagemaker:createTransformJob": ("TransformOutput",),
}
"""Calls of jobs, and where their request names the key of what they write."""


def job_stores(task: Task, keys: Keys) -> Iterator[Outcome]:
    """Yield what is wrong or exempt of the stores that a call makes or writes to."""
    resources = _part(task.arguments, RESOURCES.get(task.call))
    if resources is not None:
        key = resources.get("VolumeKmsKeyId")
        yield from volume(task.where, str(resources.get("InstanceType")), key, keys)
    output = _part(task.arguments, OUTPUTS.get(task.call))
    if output is not None:
        yield from keys.check(task.where, "KmsKeyId", output.get("KmsKeyId"))
    if task.call == "s3:putObject" and isinstance(task.arguments, Mapping):
        header = task.arguments.get("ServerSideEncryption")
        if header is not None:
            yield from keys.check(task.where, "SSEKMSKeyId", task.arguments.get("SSEKMSKeyId"))
            if header != "aws:kms":
                yield Problem(
                    subject=task.where,
                    where="ServerSideEncryption",
                    problem=f"{task.where} writes with {header} in place of the bucket's key",
                    fix="use aws:kms, or leave it out",
                )


def _part(arguments: Any, path: tuple[str, ...] | None) -> Mapping[str, Any] | None:
    if path is None:
        return None
    for name in path:
        arguments = arguments.get(name, {}) if isinstance(arguments, Mapping) else {}
    return arguments if isinstance(arguments, Mapping) else {}
