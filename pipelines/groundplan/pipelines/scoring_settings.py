"""Everything the standard scoring pipeline is built from, resolved: the plan fills it in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformSettings:
    """Scoring as a SageMaker batch transform.

    Attributes:
        execution_role_arn: Role of the model's containers.
        volume_key: Whether the instance type takes a key for its volumes.
    """

    execution_role_arn: str
    content_type: str
    instance_type: str
    instance_count: int
    volume_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """Scoring as a job of AWS Batch.

    Attributes:
        execution_role_arn: Role that pulls the image and writes the log.
        job_role_arn: Role of the program in the container.
        attempts: Times that the job is tried when its capacity is taken back.
        log_group: Made before the job.
    """

    job_queue_arn: str
    execution_role_arn: str
    job_role_arn: str
    vcpus: int
    memory_mib: int
    attempts: int
    log_group: str
    entrypoint: tuple[str, ...] = ("python", "score.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringPipelineSettings:
    """One model's scoring in one environment.

    URIs are ``s3://BUCKET/PREFIX/`` with a slash at the end. Pairs are sorted by the caller.
    Placeholders (``${SubnetId0}``) are allowed in the two network fields only.

    Attributes:
        job_prefix: Begins every job's name; at most 30 characters.
        data_uri: The objects that are scored.
        predictions_uri: Where predictions, manifests and records go.
        key_id: Key of everything below ``predictions_uri`` and of the jobs' volumes.
        topic_arn: Is told of the end of every run that had something to do, and of its failure.
        scoring: What scores.
    """

    project: str
    environment: str
    model: str
    partition: str
    job_prefix: str
    model_package_group_arn: str
    data_uri: str
    predictions_uri: str
    key_id: str
    topic_arn: str
    max_runtime_seconds: int
    scoring: TransformSettings | BatchSettings
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
