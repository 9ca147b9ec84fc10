"""Decides what jobs of AWS Batch run on: spare capacity of Fargate, and the queue to it.

Fargate Spot rather than EC2 Spot: there is no machine image to keep patched, no instance role that
every container on an instance could use, and no agent that would need further ways out of an
isolated network. The price is that it has no GPU.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from groundplan.blueprints.errors import PlanError
from groundplan.blueprints.plan.names import Place, digest, name
from groundplan.blueprints.plan.network import NetworkAttachment
from groundplan.blueprints.plan.ref import Ref, canonical_json

CAPACITY = "FARGATE_SPOT"
"""Type of the compute environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCapacityPlan:
    """A managed compute environment on Fargate Spot, and a queue to it."""

    id: str
    """Id of the unit within its stack."""

    compute_environment: str
    """Name of the compute environment; ends with a hash of what cannot be changed in place."""

    compute_environment_arn: str
    """ARN of the compute environment."""

    job_queue: str
    """Name of the queue."""

    job_queue_arn: str
    """ARN of the queue."""

    max_vcpus: int
    """Virtual CPUs of all jobs that run at a time."""

    subnet_ids: tuple[Ref | str, ...]
    """Subnets of the jobs."""

    security_group_ids: tuple[Ref | str, ...]
    """Security groups of the jobs."""


def plan_batch_capacity(
    *,
    parts: tuple[str, ...],
    place: Place,
    max_vcpus: int,
    network: NetworkAttachment,
    tags: Mapping[str, str] | None = None,
    id: str = "Capacity",
    spec_path: str = "network",
) -> BatchCapacityPlan:
    """Decide a compute environment and its queue.

    Args:
        parts: Parts of both names.
        place: Account and region.
        max_vcpus: Virtual CPUs of all jobs that run at a time.
        network: Where the jobs attach.
        tags: Tags of the stack. CloudFormation replaces a compute environment whose tags change, so
            they are part of its name. Default: none.
        id: Id of the unit within its stack.
        spec_path: Place in the spec that errors name.

    Raises:
        PlanError: If there is no network to attach to.
    """
    if not network.subnet_ids or not network.security_group_ids:
        raise PlanError(
            spec_path,
            "AWS Batch needs subnets and a security group",
            got=None,
            fix="use network mode isolated or existing",
        )
    fixed = digest(canonical_json({"tags": dict(tags or {}), "type": CAPACITY}))
    environment = name("compute-environment", *parts, fixed)
    queue = name("job-queue", *parts)
    return BatchCapacityPlan(
        id=id,
        compute_environment=environment,
        compute_environment_arn=place.arn("batch", f"compute-environment/{environment}"),
        job_queue=queue,
        job_queue_arn=place.arn("batch", f"job-queue/{queue}"),
        max_vcpus=max_vcpus,
        subnet_ids=network.subnet_ids,
        security_group_ids=network.security_group_ids,
    )
