"""The steps that a pipeline is made of. None of them knows an orchestrator.

A further kind of step is a subclass of `Step` with its ``OUTPUTS``, and one function in each
compiler's table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from groundplan.pipelines.values import (
    Kind,
    NumberOutput,
    ObjectOutput,
    Text,
    TextOutput,
    Value,
)

FailurePolicy = Literal["fail", "continue"]
Comparison = Literal["equals", "not_equals", "less_than", "at_least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Compares an output with a literal; a step whose condition is false is skipped."""

    output: TextOutput | NumberOutput
    comparison: Comparison
    value: str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node of a pipeline.

    A step runs after the steps in ``after`` and after those whose outputs it reads. With
    ``on_failure="continue"`` the execution goes on when the step fails; nobody may read the outputs
    of such a step.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {}

    id: str
    after: tuple[str, ...] = ()
    when: Condition | None = None
    on_failure: FailurePolicy = "fail"

    def outputs(self) -> Mapping[str, Kind]:
        """What the step produces: kind by name."""
        return self.OUTPUTS


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveImage(Step):
    """Finds the newest tagged image of a repository and names it by its digest."""

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"digest": "text", "uri": "text"}

    registry_account: str
    registry_host: str
    repository: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveDataset(Step):
    """Derives one version from the keys, versions and tags of every current object of a prefix."""

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"version": "text", "objects": "number"}

    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint(Step):
    """Digests named parts: equal parts, equal value."""

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"value": "text"}

    parts: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Where a job's containers are attached; no subnets: no VPC.

    An id that only AWS knows is a placeholder such as ``${SubnetId0}``.
    """

    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """An S3 prefix, or object, that a job reads as files in the folder of that name."""

    name: str
    uri: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What training and processing jobs have in common. Times are in seconds, sizes in GiB."""

    job_prefix: str
    image: Text
    role_arn: str
    entrypoint: tuple[str, ...]
    arguments: tuple[Text, ...] = ()
    inputs: tuple[Channel, ...]
    output_uri: Text
    output_kms_key_id: str
    volume_kms_key_id: str
    volume_gib: int
    max_runtime_seconds: int
    network: Network
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingJob(Step):
    """Runs a container to its end and reads the JSON report that it leaves.

    Inputs appear as ``processing/input/NAME``, the report is ``processing/output/REPORT``, both
    below ``/opt/ml``.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {
        "job_name": "text",
        "report": "object",
        "report_uri": "text",
    }

    job: Job
    instance_type: str
    volume_key: bool
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One attempt to get capacity; ``volume_key`` is false where the type has local NVMe storage."""

    instance_type: str
    spot: bool
    volume_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob(Step):
    """Trains on the first rung of the ladder that gets capacity.

    A job that has not started within ``patience_seconds`` is stopped and the next rung is tried; the
    last rung is waited for. Checkpoints are kept under ``checkpoint_uri``, the same for all rungs, so
    that a rung resumes what an earlier one began. ``max_wait_seconds`` bounds a spot job, waiting
    included.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {
        "job_name": "text",
        "artifact_uri": "text",
        "instance_type": "text",
        "training_seconds": "number",
        "billable_seconds": "number",
        "savings_percent": "number",
        "attempts": "object",
    }

    job: Job
    ladder: tuple[Rung, ...]
    instance_count: int
    hyperparameters: tuple[tuple[str, str], ...]
    checkpoint_uri: Text
    patience_seconds: int
    max_wait_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityGate(Step):
    """Ends the execution unless the report says ``passed``; names each rule and column."""

    report: ObjectOutput


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricBound:
    """Bounds of one metric, both inclusive."""

    metric: str
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricGate(Step):
    """Ends the execution unless every metric of ``report.metrics`` lies within its bounds."""

    report: ObjectOutput
    bounds: tuple[MetricBound, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterModel(Step):
    """Creates a version in a model package group, pending approval, with its lineage.

    The numbers in ``report.metrics`` become metadata of the version.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {"model_package_arn": "text"}

    model_package_group_arn: str
    description: str
    image: Text
    artifact_uri: Text
    report: ObjectOutput
    report_uri: Text
    lineage: tuple[tuple[str, Text | NumberOutput], ...]
    content_types: tuple[str, ...]
    response_types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCall(Step):
    """One call of an AWS API, for what needs no step of its own.

    ``service`` and ``action`` are the SDK's names (``sns``, ``publish``), argument names those of the
    API; ``results`` maps an output to the kind and the member of the response that it is read from.
    """

    service: str
    action: str
    arguments: tuple[tuple[str, Value], ...]
    results: tuple[tuple[str, Kind, str], ...] = ()

    def outputs(self) -> Mapping[str, Kind]:
        """One output for each entry of ``results``."""
        return {name: kind for name, kind, _ in self.results}
