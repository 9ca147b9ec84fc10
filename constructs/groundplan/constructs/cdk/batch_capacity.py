"""CDK construct of what jobs of AWS Batch run on."""

from aws_cdk import aws_batch as batch
from constructs import Construct

from groundplan.blueprints.plan.batch_capacity import CAPACITY, BatchCapacityPlan
from groundplan.blueprints.plan.ref import refs, resolve
from groundplan.constructs.cdk.tokens import Unit, network_tokens


class BatchCapacity(Construct):
    """A compute environment on Fargate Spot and a queue to it.

    AWS Batch works with its service-linked role. Job definitions are registered by what submits
    jobs, since they name images by digest. The ids ``Resource`` and ``Queue`` are part of the public
    contract.

    Example:
        >>> planned = plan_network(name="fraud", place=place, flow_log=flow_log)
        >>> network = Network(stack, "Network", plan=planned)
        >>> attachment = NetworkAttachment(
        ...     subnet_ids=planned.subnet_ids, security_group_ids=planned.security_group_ids
        ... )
        >>> plan = plan_batch_capacity(
        ...     parts=("fraud", "scoring"), place=place, max_vcpus=4, network=attachment
        ... )
        >>> capacity = BatchCapacity(stack, "Capacity", plan=plan, network=network)
    """

    def __init__(
        self, scope: Construct, id: str, *, plan: BatchCapacityPlan, network: Unit | None = None
    ) -> None:
        """Define compute environment and queue.

        Args:
            scope: Parent construct.
            id: Id within ``scope``.
            plan: What to define.
            network: The network that the plan refers to. Default: the plan refers to none.

        Raises:
            ConstructError: If the plan refers to a network and none is given.
        """
        super().__init__(scope, id)
        self.plan = plan
        tokens = network_tokens(id, refs(plan), network)
        self.compute_environment = batch.CfnComputeEnvironment(
            self,
            "Resource",
            compute_environment_name=plan.compute_environment,
            type="MANAGED",
            state="ENABLED",
            # else CloudFormation makes another one of the same name, which fails
            replace_compute_environment=False,
            compute_resources={
                "type": CAPACITY,
                "maxvCpus": plan.max_vcpus,
                "subnets": resolve(plan.subnet_ids, tokens),
                "securityGroupIds": resolve(plan.security_group_ids, tokens),
            },
        )
        self.job_queue = batch.CfnJobQueue(
            self,
            "Queue",
            job_queue_name=plan.job_queue,
            priority=1,
            state="ENABLED",
            compute_environment_order=[
                {"order": 1, "computeEnvironment": self.compute_environment.ref}
            ],
        )
