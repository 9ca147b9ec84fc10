"""Pulumi component of capacity for AWS Batch jobs."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from groundplan.blueprints.plan.batch_capacity import CAPACITY, BatchCapacityPlan
from groundplan.constructs.pulumi.component import Component, Values, check_plan, filled


@dataclass(kw_only=True)
class BatchCapacityArgs:
    """What a :class:`BatchCapacity` is made of."""

    plan: BatchCapacityPlan
    """What to define."""

    network: Values | None = None
    """What stands for the refs to a network: :attr:`Network.values`. Default: there are none."""


class BatchCapacity(Component):
    """A managed compute environment on Fargate Spot, and a queue to it.

    The children ``Resource`` and ``Queue`` are part of the public contract.

    Example:
        >>> planned = plan_network(name="fraud", place=place, flow_log=flow_log)
        >>> network = Network("fraud", NetworkArgs(plan=planned))
        >>> attachment = NetworkAttachment(
        ...     subnet_ids=planned.subnet_ids, security_group_ids=planned.security_group_ids
        ... )
        >>> plan = plan_batch_capacity(
        ...     parts=("fraud", "scoring"), place=place, max_vcpus=4, network=attachment
        ... )
        >>> args = BatchCapacityArgs(plan=plan, network=network.values)
        >>> capacity = BatchCapacity("scoring", args)
    """

    job_queue_arn: pulumi.Output[str]
    """ARN of the queue."""

    def __init__(
        self, name: str, args: BatchCapacityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Define the capacity.

        Args:
            name: Name of the component.
            args: What it is made of.
            opts: Options of the component.

        Raises:
            ConstructError: If the plan refers to a network and none is given.
        """
        check_plan(name, args.plan, BatchCapacityPlan)
        plan = args.plan
        values = args.network or {}
        subnets = filled(f"{name}.network", plan.subnet_ids, values)
        groups = filled(f"{name}.network", plan.security_group_ids, values)
        super().__init__(name, opts)
        self.plan = plan
        environment = aws.batch.ComputeEnvironment(
            self.child_name("Resource"),
            name=plan.compute_environment,
            type="MANAGED",
            state="ENABLED",
            compute_resources={
                "type": CAPACITY,
                "max_vcpus": plan.max_vcpus,
                "subnets": subnets,
                "security_group_ids": groups,
            },
            opts=self.child(),
        )
        queue = aws.batch.JobQueue(
            self.child_name("Queue"),
            name=plan.job_queue,
            priority=1,
            state="ENABLED",
            compute_environment_orders=[
                {"order": 1, "compute_environment": environment.arn},
            ],
            opts=self.child(),
        )
        self.job_queue_arn = queue.arn
        self.register_outputs({"job_queue_arn": self.job_queue_arn})
