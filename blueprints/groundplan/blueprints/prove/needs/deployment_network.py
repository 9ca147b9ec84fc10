"""Which resources CloudFormation makes of networks, and of capacity of AWS Batch in them."""

from collections.abc import Iterator

from groundplan.blueprints.plan.batch_capacity import BatchCapacityPlan
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.prove.needs.deployment_parts import Deployed, Where


def network(unit: NetworkPlan, at: Where) -> Iterator[Deployed]:
    scope = at.stack.scope
    vpc = at.minted("ec2", "vpc", f"vpc-{scope}")
    table = at.minted("ec2", "route-table", f"rtb-{scope}")
    group = at.minted("ec2", "security-group", f"sg-{scope}")
    rule = at.minted("ec2", "security-group-rule")
    subnets = [
        at.minted("ec2", "subnet", f"subnet-{scope}-{item}") for item, _ in enumerate(unit.subnets)
    ]
    yield Deployed(type="AWS::EC2::VPC", on={"vpc": vpc})
    yield Deployed(type="AWS::EC2::RouteTable", on={"route-table": table, "vpc": vpc})
    for subnet in subnets:
        yield Deployed(type="AWS::EC2::Subnet", on={"subnet": subnet, "vpc": vpc})
        yield Deployed(
            type="AWS::EC2::SubnetRouteTableAssociation",
            on={"subnet": subnet, "route-table": table},
        )
    for id in (f"sg-{scope}", f"sg-endpoints-{scope}"):
        own = at.minted("ec2", "security-group", id)
        parts = {"security-group": own, "vpc": vpc, "security-group-rule": rule}
        yield Deployed(type="AWS::EC2::SecurityGroup", on=parts)
    for index, _ in enumerate(unit.endpoints):
        endpoint = at.minted("ec2", "vpc-endpoint", f"vpce-{scope}-{index}")
        parts = {"vpc-endpoint": endpoint, "vpc": vpc, "route-table": table}
        yield Deployed(
            type="AWS::EC2::VPCEndpoint",
            on={**parts, "security-group": group, "subnet": subnets[0]},
        )
    if unit.flow_log is not None:
        yield Deployed(
            type="AWS::EC2::FlowLog",
            on={"vpc-flow-log": at.minted("ec2", "vpc-flow-log", f"fl-{scope}"), "vpc": vpc},
            passes=((unit.flow_log.role_arn, "vpc-flow-logs.amazonaws.com"),),
        )


def batch(unit: BatchCapacityPlan, at: Where) -> Iterator[Deployed]:
    capacity = at.named(unit.compute_environment_arn, "compute-environment")
    queue = at.named(unit.job_queue_arn, "job-queue")
    role = "role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
    yield Deployed(
        type="AWS::Batch::ComputeEnvironment",
        on={"compute-environment": capacity},
        linked=((at.place.iam_arn(role), "batch.amazonaws.com"),),
    )
    yield Deployed(
        type="AWS::Batch::JobQueue", on={"job-queue": queue, "compute-environment": capacity}
    )
