"""Checks a compute environment of AWS Batch and its queue."""

from collections.abc import Iterator

from groundplan.blueprints.plan.batch_capacity import CAPACITY, BatchCapacityPlan
from groundplan.stacks.rehearsal.checks.account import Account, first
from groundplan.stacks.rehearsal.checks.comparison import Property, tags

UNCOVERED: dict[str, str] = {}


def check_batch_capacity(plan: BatchCapacityPlan, account: Account) -> Iterator[Property]:
    """Compare both names, what the jobs run on, where they attach, and tags."""
    shown = account.read(
        "batch", "describe_compute_environments", computeEnvironments=[plan.compute_environment]
    )
    found = first(shown.get("computeEnvironments", []))
    yield "compute_environment", plan.compute_environment, found.get("computeEnvironmentName")
    yield (
        "compute_environment_arn",
        plan.compute_environment_arn,
        found.get("computeEnvironmentArn"),
    )
    yield "compute_environment.type", "MANAGED", found.get("type")
    yield "compute_environment.state", "ENABLED", found.get("state")
    resources = found.get("computeResources", {})
    yield "compute_environment.capacity", CAPACITY, resources.get("type")
    yield "max_vcpus", plan.max_vcpus, resources.get("maxvCpus")
    subnets = account.resolve(list(plan.subnet_ids))
    yield "subnet_ids", sorted(subnets), sorted(resources.get("subnets", []))
    groups = account.resolve(list(plan.security_group_ids))
    yield "security_group_ids", sorted(groups), sorted(resources.get("securityGroupIds", []))
    yield tags(account.tags, _list(found.get("tags", {})))
    queues = account.read("batch", "describe_job_queues", jobQueues=[plan.job_queue])
    queue = first(queues.get("jobQueues", []))
    yield "job_queue", plan.job_queue, queue.get("jobQueueName")
    yield "job_queue_arn", plan.job_queue_arn, queue.get("jobQueueArn")
    yield "job_queue.state", "ENABLED", queue.get("state")
    order = [item["computeEnvironment"] for item in queue.get("computeEnvironmentOrder", [])]
    yield "job_queue.order", [plan.compute_environment_arn], order
    name, planned, got = tags(account.tags, _list(queue.get("tags", {})))
    yield f"job_queue.{name}", planned, got


def _list(found: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in found.items()]
