"""Steps that run containers: training, tuning, processing and batch scoring."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from groundplan.pipelines.steps.base import Step
from groundplan.pipelines.values import Kind, Text

TRAINED: Mapping[str, Kind] = {
    "job_name": "text",
    "artifact_uri": "text",
    "instance_type": "text",
    "training_seconds": "number",
    "billable_seconds": "number",
    "savings_percent": "number",
    "attempts": "object",
}
"""What training leaves, with one set of hyperparameters or the best of many."""


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
    """What training and processing jobs have in common. Times are in seconds, sizes in GiB.

    ``environment`` holds variables of a training job; a processing job is given none.
    """

    job_prefix: str
    image: Text
    role_arn: str
    entrypoint: tuple[str, ...]
    arguments: tuple[Text, ...] = ()
    environment: tuple[tuple[str, Text], ...] = ()
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
    below ``/opt/ml``. Without ``report`` nothing is read, and only ``job_name`` and ``output_uri``
    are produced. The container reaches no network unless ``isolated`` is false.
    """

    job: Job
    instance_type: str
    volume_key: bool
    report: str | None = None
    isolated: bool = True

    def outputs(self) -> Mapping[str, Kind]:
        """The job and its output, and where there is a report, what it says and where it is."""
        always: dict[str, Kind] = {"job_name": "text", "output_uri": "text"}
        return (
            always if self.report is None else {**always, "report": "object", "report_uri": "text"}
        )


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

    OUTPUTS: ClassVar[Mapping[str, Kind]] = TRAINED

    job: Job
    ladder: tuple[Rung, ...]
    instance_count: int
    hyperparameters: tuple[tuple[str, Text], ...]
    checkpoint_uri: Text
    patience_seconds: int
    max_wait_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningRange:
    """Values of one hyperparameter that tuning tries; both bounds are inclusive."""

    name: str
    kind: Literal["continuous", "integer"]
    min: float
    max: float
    scaling: Literal["Linear", "Logarithmic"] = "Linear"


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningJob(Step):
    """Trains many times with hyperparameters from ranges and keeps the best model.

    Capacity is looked for as in `TrainingJob`: a rung on which no training job has started within
    ``patience_seconds`` is stopped and the next one tried. The script prints the objective as
    ``METRIC=NUMBER``, which ``objective_regex`` finds. SageMaker lets a tuning job name no entrypoint:
    its training jobs run the image's own program ``train``, whatever ``job.entrypoint`` is. Seconds
    and savings are those of the best training job.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = {**TRAINED, "best_hyperparameters": "object"}

    job: Job
    ladder: tuple[Rung, ...]
    instance_count: int
    hyperparameters: tuple[tuple[str, Text], ...]
    ranges: tuple[TuningRange, ...]
    objective_metric: str
    objective_regex: str
    goal: Literal["Minimize", "Maximize"]
    max_jobs: int
    parallel_jobs: int
    checkpoint_uri: Text
    patience_seconds: int
    max_wait_seconds: int


SCORED: Mapping[str, Kind] = {"job_name": "text", "output_uri": "text", "left_behind": "text"}
"""What batch scoring leaves, by whatever it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTransform(Step):
    """Scores every object below a prefix with a registered version, as a SageMaker batch transform.

    The version is made a model for the time of the job; ``left_behind`` names it if it could not be
    deleted again. Answers are written below ``output_uri``, one object for each input, with ``.out``
    at the end of its name. Each input is one request.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = SCORED

    job_prefix: str
    model_package_arn: Text
    execution_role_arn: str
    input_uri: Text
    output_uri: Text
    content_type: str
    instance_type: str
    instance_count: int
    volume_key: bool
    volume_kms_key_id: str
    output_kms_key_id: str
    max_runtime_seconds: int
    network: Network
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchScoring(Step):
    """Scores with a registered version as a job of AWS Batch, on spare capacity.

    The job's definition is made for each run, since it names the image by its digest; ``left_behind``
    names it if it could not be deregistered again. The container gets ``arguments`` behind its
    entrypoint and AWS's credentials of ``job_role_arn``; it reads and writes S3 itself. AWS Batch
    tries it ``attempts`` times when AWS has taken its capacity back.
    """

    OUTPUTS: ClassVar[Mapping[str, Kind]] = SCORED

    job_prefix: str
    job_queue_arn: str
    image: Text
    execution_role_arn: str
    job_role_arn: str
    entrypoint: tuple[str, ...]
    arguments: tuple[Text, ...]
    output_uri: Text
    vcpus: int
    memory_mib: int
    attempts: int
    max_runtime_seconds: int
    log_group: str
    tags: tuple[tuple[str, str], ...]
