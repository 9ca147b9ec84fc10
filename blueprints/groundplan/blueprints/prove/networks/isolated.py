"""Networks that the project makes: their ways out, what passes them, and what is written down."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.network import NetworkPlan, VpcEndpointPlan
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.stacks import StagePlan
from groundplan.blueprints.prove.claim import Case, Finding
from groundplan.blueprints.prove.evaluate import Policies, simulate
from groundplan.blueprints.prove.model import Policy, PolicyStatement, Request, Resource
from groundplan.blueprints.prove.outsiders import outsiders
from groundplan.blueprints.prove.parts import every

EXPECTED_KINDS = {"s3": "Gateway", "dynamodb": "Gateway"}
"""Services with a gateway endpoint; all others are reached by an interface."""
SAMPLES = {
    "ecr.api": ("ecr:BatchGetImage", "ecr:PutImage"),
    "ecr.dkr": ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    "experiments": ("sagemaker-mlflow:LogBatch", "sagemaker-mlflow:SearchRuns"),
    "kms": ("kms:Decrypt", "kms:Encrypt"),
    "logs": ("logs:PutLogEvents", "logs:CreateLogGroup"),
    "monitoring": ("cloudwatch:PutMetricData", "cloudwatch:GetMetricData"),
    "s3": ("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
    "sagemaker.api": ("sagemaker:CreateTrainingJob", "sagemaker:DescribeEndpoint"),
    "sagemaker.runtime": ("sagemaker:InvokeEndpoint",),
    "sts": ("sts:AssumeRole", "sts:GetCallerIdentity"),
}
"""What somebody would do through an endpoint; a service without a row is asked for any action."""
EVERYBODY = ({"AWS": ("*",)}, {"*": ("*",)})
"""Principals of a statement that is limited by its conditions only."""
FOREIGN_BUCKET = "somebody-elses-bucket"


def isolated(case: Case) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """Yield each network, and each of its endpoints, with what is wrong with it."""
    for stage in case.plan.stages:
        for network in every(stage, NetworkPlan):
            yield "network", tuple(_network(stage, network))
    for resource in case.world.resources:
        if isinstance(resource.unit, NetworkPlan) and resource.kind == "AWS::EC2::VPCEndpoint":
            yield "endpoint policy", tuple(_endpoint_policy(case, resource, resource.unit))


def _network(stage: StagePlan, network: NetworkPlan) -> Iterator[Finding]:
    block = IPv4Network(network.cidr)
    if not block.is_private:
        yield _finding(network.name, "cidr", f"{network.cidr} is public", "use a private block")
    ranges = [IPv4Network(subnet.cidr) for subnet in network.subnets]
    for index, part in enumerate(ranges):
        if not part.subnet_of(block) or any(part.overlaps(o) for o in ranges[:index]):
            yield _finding(
                network.name,
                network.subnets[index].id,
                f"{part} is outside {block} or overlaps another subnet",
                "use parts of the network's block",
            )
    for endpoint in network.endpoints:
        wanted = EXPECTED_KINDS.get(_service(endpoint), "Interface")
        if endpoint.kind != wanted:
            yield _finding(
                network.name,
                endpoint.id,
                f"{endpoint.service} is reached by a {endpoint.kind}, which is not private",
                f"use a {wanted} endpoint",
            )
    yield from _flow_log(stage, network)


def _flow_log(stage: StagePlan, network: NetworkPlan) -> Iterator[Finding]:
    log = network.flow_log
    groups = {group.name for group in every(stage, LogGroupPlan)}
    roles = {role.arn for role in every(stage, RolePlan)}
    if log is None or log.log_group_name not in groups or log.role_arn not in roles:
        yield _finding(
            network.name,
            "flow_log",
            "nobody can say who talked to whom: the network writes no flow log to a group of its stage",
            "plan a flow log with a log group and a role of the stage",
        )


def _endpoint_policy(case: Case, resource: Resource, network: NetworkPlan) -> Iterator[Finding]:
    """Only principals of the organisation, or else of the project's accounts, pass an endpoint."""
    policy = resource.policy
    service = next(
        (_service(e) for e in network.endpoints if resource.arn.endswith(f"-{_service(e)}")), ""
    )
    if policy is None:
        yield _finding(resource.arn, "policy", "anybody passes the endpoint", "give it a policy")
        return
    actions = SAMPLES.get(service, (f"{service.partition('.')[0]}:Anything",))
    region = resource.arn.split(":")[3]
    partition = resource.arn.split(":")[1]
    ours = {place.account for place in case.plan.places()}
    insider = Request(
        principal=f"arn:{partition}:iam::{resource.account}:role/of-the-project",
        action=actions[0],
        resource="*",
        context={
            "aws:RequestedRegion": region,
            "aws:PrincipalOrgID": case.world.organizations.get(resource.account, ()),
        },
    )
    open_to_all = [item for item in policy.statements if item.principals in EVERYBODY]
    if not passes(replace(policy, statements=tuple(open_to_all)), insider):
        yield _finding(
            resource.arn,
            f"endpoint policy of {service}",
            f"nothing of the project's own gets through with {insider.action}",
            "let every principal through that is of the organisation, or of the project's accounts",
        )
    if service == "s3":
        yield from _layers(resource, policy, partition, region)
    for outsider in outsiders(case):
        if outsider.account in ours or outsider.context:
            continue  # the organisation is let through
        for action in actions:
            target = f"arn:{partition}:s3:::{FOREIGN_BUCKET}/x" if service == "s3" else "*"
            request = Request(
                principal=outsider.principal,
                action=action,
                resource=target,
                context={"aws:RequestedRegion": region},
            )
            decision = passes(policy, request)
            if decision:
                yield _finding(
                    resource.arn,
                    f"endpoint policy of {service}, statement {decision}",
                    f"lets {outsider.description} through with {action}",
                    "limit it by aws:PrincipalOrgID, or by aws:PrincipalAccount",
                )


def _layers(resource: Resource, policy: Policy, partition: str, region: str) -> Iterator[Finding]:
    """Images are loaded from a bucket of AWS's through S3's endpoint, and nothing else is done there.

    Source: Amazon ECR User Guide, "Amazon ECR interface VPC endpoints", minimum Amazon S3 bucket
    permissions (2026-11-21).
    """
    for action, wanted in (("s3:GetObject", True), ("s3:PutObject", False)):
        request = Request(
            principal="arn:aws:iam::000000000000:role/the-registry",
            action=action,
            resource=f"arn:{partition}:s3:::prod-{region}-starport-layer-bucket/x",
            context={"aws:RequestedRegion": region},
        )
        found = [item for item in policy.statements if item.principals in EVERYBODY]
        if bool(passes(replace(policy, statements=tuple(found)), request)) != wanted:
            yield _finding(
                resource.arn,
                "endpoint policy of s3",
                f"{'refuses' if wanted else 'lets through'} {action} on the registry's own bucket",
                "let everybody do s3:GetObject, and nothing else, on the bucket of image layers",
            )


def passes(policy: Policy, request: Request) -> str | None:
    """Return the statement by which an endpoint's policy lets a request through, or ``None``.

    The policy is a limit beside all others, as a session's is: what passes it may still be refused by
    the caller's and the resource's own policies.
    """
    limit = Policy(
        kind="session",
        name=policy.name,
        owner=policy.owner,
        statements=tuple(_without_principals(item) for item in policy.statements),
    )
    who = request.principal
    if who == "*":
        # An unsigned request has no principal's keys; nobody's limit is asked of it elsewhere.
        who = "arn:aws:iam::000000000000:role/nobody"
        request = Request(
            principal=who,
            action=request.action,
            resource=request.resource,
            context={
                **request.context,
                "aws:PrincipalAccount": (),
                "aws:PrincipalArn": (),
                "aws:PrincipalOrgID": (),
            },
        )
    decision = simulate(request, Policies(trusted=True, session=(limit,)))
    if not decision.allowed:
        return None
    for statement in policy.statements:
        alone = Policy(
            kind="session", name=policy.name, owner=policy.owner,
            statements=(_without_principals(statement),),
        )  # fmt: skip
        if simulate(request, Policies(trusted=True, session=(alone,))).allowed:
            return statement.sid
    return policy.name


def _without_principals(statement: PolicyStatement) -> PolicyStatement:
    return PolicyStatement(
        sid=statement.sid,
        effect=statement.effect,
        actions=statement.actions,
        not_actions=statement.not_actions,
        resources=statement.resources,
        not_resources=statement.not_resources,
        condition=statement.condition,
    )


def _service(endpoint: VpcEndpointPlan) -> str:
    """Return the service of an endpoint without partition and region, such as ``ecr.api``."""
    return endpoint.service.split(".", 3)[3]


def _finding(subject: str, where: str, problem: str, fix: str) -> Finding:
    return Finding(subject=subject, where=where, problem=problem, fix=fix)
