"""What CloudFormation needs for capacity of AWS Batch, and what batch scoring may at most."""

from groundplan.blueprints.plan.deployment_policies.scope import (
    DeploymentScope,
    HandlerDuty,
    prefix,
    row,
)
from groundplan.blueprints.plan.exceptions import JOBS, NO_NARROWER
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import Duty

BATCH_ROLE = "aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
"""Role by which AWS Batch starts containers; an account has it once."""


def batch_duties(scope: DeploymentScope) -> list[HandlerDuty]:
    """Return what CloudFormation needs for compute environments and their queues."""
    if not scope.batch:
        return []
    place = scope.place
    environments = scope.arns("batch", "compute-environment/{}", "compute-environment", scope.batch)
    queues = scope.arns("batch", "job-queue/{}", "job-queue", scope.batch)
    return [
        row(
            "Batch::ComputeEnvironment", "ManageBatchCapacity",
            "batch: CreateComputeEnvironment DeleteComputeEnvironment TagResource UntagResource"
            " UpdateComputeEnvironment",
            environments, "datasets are scored on spare capacity",
        ),
        row(
            "Batch::JobQueue", "ManageBatchQueues",
            "batch: CreateJobQueue DeleteJobQueue TagResource UntagResource UpdateJobQueue",
            queues, "jobs wait in a queue of the environment",
        ),
        row(
            "Batch::JobQueue", "FeedBatchCapacity", "batch: CreateJobQueue UpdateJobQueue",
            environments, "a queue hands its jobs to a compute environment",
        ),
        row(
            "Batch::ComputeEnvironment Batch::JobQueue", "ReadBatchCapacity",
            "batch: DescribeComputeEnvironments DescribeJobQueues", ("*",),
            "handlers find what they made by listing", wildcard=NO_NARROWER,
        ),
        row(
            "Batch::ComputeEnvironment", "MakeBatchRole", "iam: CreateServiceLinkedRole",
            (place.iam_arn(f"role/{BATCH_ROLE}"),),
            "the first compute environment in an account makes the role that AWS Batch uses",
            condition={"StringEquals": {"iam:AWSServiceName": "batch.amazonaws.com"}},
        ),
    ]  # fmt: skip


def batch_boundary(scope: DeploymentScope) -> tuple[Duty, ...]:
    """Return what jobs of AWS Batch may reach at most, as part of the project's boundary."""
    place = scope.place
    if not scope.batch:
        return ()
    return (
        Duty(
            id="Batch",
            actions=tuple(
                f"batch:{action}"
                for action in (
                    "DeregisterJobDefinition", "RegisterJobDefinition", "SubmitJob", "TagResource",
                    "TerminateJob",
                )
            ),
            resources=(
                place.arn("batch", "job/*"),
                place.arn("batch", f"job-*/{prefix('job-prefix', scope.project)}*"),
            ),
            reason="datasets are scored by jobs of AWS Batch",
            wildcard=JOBS,
        ),
        Duty(
            id="SeeBatch",
            actions=("batch:DescribeJobs",),
            resources=("*",),
            reason="Step Functions looks up how a job ended",
            wildcard=NO_NARROWER,
        ),
    )  # fmt: skip


def transform_actions(scope: DeploymentScope) -> str:
    """Return what transform jobs, and models made for them, need besides other jobs."""
    if not scope.scoring:
        return ""
    return (
        " CreateModel CreateTransformJob DeleteModel DescribeModel DescribeTransformJob"
        " StopTransformJob"
    )


def job_services(scope: DeploymentScope) -> Json:
    """Return the services that run jobs with roles of the project."""
    own = "sagemaker.amazonaws.com"
    return ["ecs-tasks.amazonaws.com", own] if scope.batch else own
