"""What nobody may do under a boundary, even if the policies of a role allowed everything.

Calls that try it, made up from what a boundary allows: the same action on a neighbour's resource, in
another region, for another service; and what would change permissions, stage 0 or its safeguards.
Sources: Service Authorization Reference (actions and resource types), IAM User Guide, "Permissions
boundaries for IAM entities" (2026-11-21).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from groundplan.blueprints.plan.delivery_roles import resource_prefix
from groundplan.blueprints.plan.role import bootstrap_qualifier
from groundplan.blueprints.plan.stage_0_plan import Stage0Plan
from groundplan.blueprints.prove.evaluate.context import GLOBAL_SERVICES
from groundplan.blueprints.prove.model import Policy
from groundplan.blueprints.prove.needs.tables.no_resource import NO_RESOURCE
from groundplan.blueprints.prove.trail_changes import trail_changes

NEIGHBOUR, OTHER_REGION, OTHER_ACCOUNT, OTHER_ORGANIZATION = (
    "neighbour",
    "xx-else-1",
    "999999999999",
    "o-neighbour0",
)
ONE_REGION = frozenset({*GLOBAL_SERVICES, "billing", "sts"})
"""Services that are called in one region for all, or where roles know no other."""

NEIGHBOURS: Mapping[str, tuple[str, ...]] = {
    "application-autoscaling": ("scalable-target/neighbour",),
    "batch": ("job-queue/neighbour", "job-definition/neighbour"),
    "cloudformation": ("stack/neighbour/1",),
    "cloudwatch": ("alarm:neighbour",),
    "codebuild": ("project/neighbour",),
    "dynamodb": ("table/neighbour",),
    "ecr": ("repository/neighbour/x",),
    "events": ("event-bus/neighbour", "rule/neighbour", "rule/neighbour/neighbour"),
    "kms": ("key/neighbour",),
    "lambda": ("function:neighbour",),
    "logs": (
        "log-group:neighbour",
        "log-group:neighbour:log-stream:x",
        "log-group:/aws/codebuild/neighbour:log-stream:x",
        "log-group:/aws/sagemaker/Endpoints/neighbour:log-stream:x",
        "log-group:/aws/vendedlogs/states/neighbour:log-stream:x",
        "log-group:/groundplan/neighbour/x:log-stream:x",
    ),
    "sagemaker": (
        "endpoint/neighbour",
        "endpoint-config/neighbour",
        "inference-component/neighbour",
        "hyper-parameter-tuning-job/neighbour",
        "model/neighbour",
        "model-package/neighbour/1",
        "model-package-group/neighbour",
        "processing-job/neighbour",
        "training-job/neighbour",
        "transform-job/neighbour",
    ),
    "sns": ("neighbour",),
    "sqs": ("neighbour",),
    "ssm": ("parameter/neighbour", "parameter/groundplan/neighbour/x"),
    "states": ("stateMachine:neighbour", "execution:neighbour:x"),
}
"""Resources of another project in the same account, by service. Ids of networks tell no project."""
GLOBAL_NEIGHBOURS: Mapping[str, tuple[str, ...]] = {
    "iam": (
        "role/neighbour",
        "role/groundplan/neighbour/x",
        "role/groundplan-stage-0/neighbour/x",
        "policy/neighbour",
        "policy/groundplan/neighbour/x",
        "role/aws-service-role/neighbour.amazonaws.com/x",
        "user/neighbour",
        "group/neighbour",
        "instance-profile/neighbour",
        "oidc-provider/neighbour",
    ),
    "sts": ("role/neighbour", "role/groundplan/neighbour/x"),
}
"""The same of services without regions."""
ACROSS_ACCOUNTS = ("ecr:", "events:PutEvents", "kms:", "s3:")
"""Actions on the project's resources in other accounts, whose own policies decide as well."""
ACROSS_ACCOUNTS_KINDS = ("event-bus/", "model-package/", "model-package-group/")
"""The same by kind of resource."""
WHOLE = NO_RESOURCE | {"cloudwatch:DescribeAlarms"}
"""Actions that are allowed on everything or not at all. Composite alarms are told of only under ``*``
(CloudWatch API Reference, DescribeAlarms, 2026-11-21)."""
READINGS = frozenset(
    {
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeModel",
        "sagemaker:ListTags",
    }
)
"""Readings of what CloudFormation names, so that no prefix tells the project. They show how something
is set up, and no data."""
PERMISSIONS = tuple(
    f"iam:{name}"
    for name in (
        "AttachRolePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "DeleteRole",
        "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy",
        "PutRolePermissionsBoundary", "PutRolePolicy", "SetDefaultPolicyVersion", "TagRole",
        "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription",
    )
)  # fmt: skip
"""Writings to roles and policies."""
OTHER_PERMISSIONS = tuple(
    f"iam:{name}"
    for name in (
        "AddUserToGroup", "AddRoleToInstanceProfile", "AttachUserPolicy", "AttachGroupPolicy",
        "CreateAccessKey", "CreateLoginProfile", "CreateOpenIDConnectProvider", "CreateUser",
        "PutUserPolicy", "RemoveClientIDFromOpenIDConnectProvider",
        "UpdateOpenIDConnectProviderThumbprint",
    )
)  # fmt: skip
"""Writings to users, groups, instance profiles and identity providers."""
BEYOND = (
    "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "lambda:CreateFunction",
    "lambda:UpdateFunctionCode", "organizations:LeaveOrganization", "s3:DeleteBucket",
    "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketPolicy", "sagemaker:CreateEndpoint",
    "sagemaker:DeleteEndpoint", "sagemaker:UpdateEndpoint", "sagemaker:UpdateModelPackage",
    "secretsmanager:GetSecretValue", "ssm:SendCommand", "states:UpdateStateMachine",
    "sts:AssumeRole", "cloudtrail:StopLogging", "ec2:RunInstances",
)  # fmt: skip
"""What no role of jobs, endpoints and pipelines ever does, on any resource."""
OUTSIDE_DEPLOYMENTS = (
    "lambda:CreateFunction", "organizations:LeaveOrganization", "secretsmanager:GetSecretValue",
    "cloudtrail:StopLogging", "account:CloseAccount", "sso:CreatePermissionSet",
)  # fmt: skip
"""What no deployment of the project does, on any resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A call that a boundary must not let through."""

    action: str
    resource: str
    why: str
    """What would come of it, as one clause."""
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


def of_project(stage_0: Stage0Plan, boundary: Policy, organization: str | None) -> Iterator[Try]:
    """Yield what no role of the project's work may do."""
    yield from _neighbours(stage_0, boundary)
    yield from _regions(boundary)
    for action in (*PERMISSIONS, *OTHER_PERMISSIONS):
        for resource in _own_roles(stage_0):
            yield Try(action=action, resource=resource, why="permissions change")
    for action in BEYOND:
        for resource in (*_own(stage_0, action), "*"):
            yield Try(action=action, resource=resource, why="no work does that")
    if organization is not None:
        outside = {"aws:ResourceOrgID": OTHER_ORGANIZATION}
        bucket = stage_0.place.bucket_arn(f"{stage_0.project}-elsewhere", "x")
        key = stage_0.place.arn("kms", "key/neighbour")
        alias = {"kms:ResourceAliases": f"alias/{stage_0.project}-elsewhere"}
        for action in ("s3:GetObject", "s3:PutObject"):
            yield Try(
                action=action, resource=bucket, why="data leaves the organisation", context=outside
            )
        for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"):
            yield Try(
                action=action,
                resource=key,
                why="a key outside the organisation is used",
                context={**outside, **alias},
            )


def of_deployments(stage_0: Stage0Plan, boundary: Policy) -> Iterator[Try]:
    """Yield what no deployment may do."""
    place, project = stage_0.place, stage_0.project
    yield from _regions(boundary)
    own, elsewhere = _own_roles(stage_0), _at(stage_0, GLOBAL_NEIGHBOURS, "iam")
    bounded = {"iam:PermissionsBoundary": stage_0.boundary_arn}
    for action in (*PERMISSIONS, "iam:CreateRole", "iam:CreatePolicy"):
        for resource in (*own[2:], stage_0.boundary_arn, *elsewhere):
            yield Try(
                action=action,
                resource=resource,
                why="stage 0 or a neighbour changes",
                context=bounded,
            )
    for action in OTHER_PERMISSIONS:
        for resource in (*own, *elsewhere):
            yield Try(action=action, resource=resource, why="permissions change elsewhere")
    for action in ("iam:CreateRole", "iam:PutRolePermissionsBoundary"):
        for context in ({}, {"iam:PermissionsBoundary": stage_0.deployment_boundary.arn}):
            why = "a role escapes the project's boundary"
            yield Try(action=action, resource=own[0], why=why, context=context)
    for action in ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePolicy"):
        yield Try(action=action, resource=own[0], why="a role escapes what bounds it")
    service = {"iam:PassedToService": "ec2.amazonaws.com"}
    for resource in own[2:]:
        why = "a role of deployments runs elsewhere than in CloudFormation"
        yield Try(action="iam:PassRole", resource=resource, why=why, context=service)
    for resource in elsewhere:
        for name in ("cloudformation", "sagemaker"):
            passed = {"iam:PassedToService": f"{name}.amazonaws.com"}
            why = "a neighbour's role is passed"
            yield Try(action="iam:PassRole", resource=resource, why=why, context=passed)
        yield Try(
            action="iam:CreateServiceLinkedRole", resource=resource, why="a service gets a role"
        )
    for resource in (*own[:3], *elsewhere):
        yield Try(action="sts:AssumeRole", resource=resource, why="another role is assumed")
    for action, resource in (*_safeguards(stage_0), *trail_changes(stage_0)):
        yield Try(action=action, resource=resource, why="a safeguard of stage 0 goes")
    stack = place.arn("cloudformation", f"stack/{stage_0.stack_name}/1")
    for name in ("CreateChangeSet", "DeleteStack", "UpdateStack", "SetStackPolicy"):
        yield Try(action=f"cloudformation:{name}", resource=stack, why="stage 0's stack changes")
    for action in OUTSIDE_DEPLOYMENTS:
        yield Try(action=action, resource="*", why=f"no deployment of {project} does that")


def of_pipelines(stage_0: Stage0Plan, boundary: Policy) -> Iterator[Try]:
    """Yield what no pipeline of CodePipeline and none of its builds may do by itself."""
    yield from _neighbours(stage_0, boundary)
    yield from _regions(boundary)
    for action in (*PERMISSIONS, *OTHER_PERMISSIONS, "iam:PassRole"):
        for resource in _own_roles(stage_0):
            yield Try(action=action, resource=resource, why="permissions change")
    own = _own_roles(stage_0)
    for resource in own[:4]:
        yield Try(action="sts:AssumeRole", resource=resource, why="another role is assumed")
    for action in (*BEYOND, "codebuild:UpdateProject", "codepipeline:UpdatePipeline"):
        if action not in ("s3:DeleteObject", "sts:AssumeRole"):  # Pulumi's locks, roles that deploy
            for resource in (*_own(stage_0, action), "*"):
                yield Try(action=action, resource=resource, why="no pipeline does that itself")
    artifacts = stage_0.place.bucket_arn(f"{stage_0.project}-x", "x")
    for action in ("s3:DeleteObject", "s3:GetObject", "s3:PutObject"):
        yield Try(action=action, resource=artifacts, why="the project's data is reached")
    yield from _beside_pipelines(stage_0)


def _beside_pipelines(stage_0: Stage0Plan) -> Iterator[Try]:
    """Yield uses of what stage 0 holds beside pipelines, and of another account's key of their name."""
    if stage_0.pipeline is None:
        return
    place, topic = stage_0.place, f"{resource_prefix(stage_0.project)}-x"
    group = place.arn("logs", f"log-group:/groundplan-stage-0/{stage_0.project}/x:log-stream:x")
    for action, resource in (
        ("logs:PutLogEvents", group),
        ("sns:Publish", place.arn("sns", topic)),
        ("codeconnections:UseConnection", place.arn("codeconnections", "host/x")),
    ):
        yield Try(action=action, resource=resource, why="stage 0 has it for something else")
    key = replace(place, account=OTHER_ACCOUNT).arn("kms", "key/x")
    alias = {"kms:ResourceAliases": stage_0.pipeline.key.alias}
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        why = "a key of another account is used"
        yield Try(action=action, resource=key, why=why, context=alias)


def _neighbours(stage_0: Stage0Plan, boundary: Policy) -> Iterator[Try]:
    """Yield each action that a boundary allows, on what is not the project's own here."""
    place = stage_0.place
    actions = {
        action
        for statement in boundary.statements
        if statement.effect == "Allow"
        for action in statement.actions
    }
    for action in sorted(actions):
        service = action.partition(":")[0]
        if action == "cloudwatch:PutMetricData":
            namespace = {"cloudwatch:namespace": NEIGHBOUR}
            yield Try(action=action, resource="*", why="foreign metrics", context=namespace)
        if action == "iam:PassRole":
            other = {"iam:PassedToService": "ec2.amazonaws.com"}
            own = _own_roles(stage_0)[0]
            yield Try(action=action, resource=own, why="a role runs elsewhere", context=other)
        if action in WHOLE:
            continue
        for table in (NEIGHBOURS, GLOBAL_NEIGHBOURS):
            for resource in _at(stage_0, table, service) if action not in READINGS else ():
                why = "a neighbour's resource is reached"
                yield Try(action=action, resource=resource, why=why, context=_names(NEIGHBOUR))
        for part in NEIGHBOURS.get(service, ()):
            name = f"{stage_0.project}-x"
            own = place.arn(service, part.replace(NEIGHBOUR, name))
            elsewhere = own.replace(f":{place.region}:", f":{OTHER_REGION}:")
            context = {**_names(name), "aws:RequestedRegion": OTHER_REGION}
            why = "another region is used"
            yield Try(action=action, resource=elsewhere, why=why, context=context)
            if not action.startswith(ACROSS_ACCOUNTS) and not part.startswith(
                ACROSS_ACCOUNTS_KINDS
            ):
                foreign = own.replace(f":{place.account}:", f":{OTHER_ACCOUNT}:")
                why = "another account is reached"
                yield Try(action=action, resource=foreign, why=why, context=_names(name))


def _names(name: str) -> Mapping[str, str]:
    """Return the context of a call on something of a project."""
    return {
        "kms:ResourceAliases": f"alias/{name}",
        "aws:ResourceTag/groundplan:endpoint": name,
        "aws:RequestTag/groundplan:endpoint": name,
        "iam:PassedToService": "sagemaker.amazonaws.com",
    }


def _regions(boundary: Policy) -> Iterator[Try]:
    """Yield each thing that a boundary allows without naming a region, in another region."""
    for statement in boundary.statements:
        for resource in statement.resources:
            named = resource != "*" and resource.split(":")[3] not in ("", "*")
            if statement.effect == "Deny" or named:
                continue
            service = "" if resource == "*" else resource.split(":")[2]
            for action in statement.actions:
                own = action.partition(":")[0]
                if own not in ONE_REGION and service in ("", own):
                    yield Try(
                        action=action.replace("*", "X"),
                        resource=resource.replace("*", "x") if resource != "*" else "*",
                        why="another region is used",
                        context={"aws:RequestedRegion": OTHER_REGION},
                    )


def _at(stage_0: Stage0Plan, table: Mapping[str, tuple[str, ...]], service: str) -> tuple[str, ...]:
    place = stage_0.place
    if service == "s3":
        bucket = place.bucket_arn(NEIGHBOUR)
        return (bucket, f"{bucket}/x") if table is NEIGHBOURS else ()
    make = place.iam_arn if table is GLOBAL_NEIGHBOURS else lambda part: place.arn(service, part)
    return tuple(make(part) for part in table.get(service, ()))


def _own_roles(stage_0: Stage0Plan) -> tuple[str, ...]:
    """Return a role and a policy of the project, then of stage 0, then a role of the bootstrap."""
    place = stage_0.place
    qualifier = bootstrap_qualifier(stage_0.project)
    return (
        place.iam_arn(f"role/groundplan/{stage_0.project}/x"),
        place.iam_arn(f"policy/groundplan/{stage_0.project}/x"),
        place.iam_arn(f"role{stage_0.path}x"),
        place.iam_arn(f"policy{stage_0.path}x"),
        *((place.iam_arn(f"role/cdk-{qualifier}-x"),) if stage_0.bootstrap is not None else ()),
    )


def _own(stage_0: Stage0Plan, action: str) -> Iterator[str]:
    """Yield resources of the project that an action may be about."""
    service = action.partition(":")[0]
    for part in NEIGHBOURS.get(service, ()):
        yield stage_0.place.arn(service, part.replace(NEIGHBOUR, f"{stage_0.project}-x"))
    if service == "s3":
        bucket = stage_0.place.bucket_arn(f"{stage_0.project}-x")
        yield from (bucket, f"{bucket}/x")
    if service == "sts":
        yield from _own_roles(stage_0)


def _safeguards(stage_0: Stage0Plan) -> Iterator[tuple[str, str]]:
    """Yield what would take away what stage 0 and the bootstrap guard, and of what."""
    place, project, qualifier = stage_0.place, stage_0.project, stage_0.qualifier
    names = [*(group.name for group in stage_0.log_groups), *stage_0.existing_log_groups]
    for name in names:
        for action in ("DeleteLogGroup", "DeleteRetentionPolicy", "PutRetentionPolicy"):
            yield f"logs:{action}", place.arn("logs", f"log-group:{name}")
    if stage_0.bootstrap is None:
        return
    yield "cloudformation:SetStackPolicy", place.arn("cloudformation", f"stack/{project}-x/1")
    assets = place.bucket_arn(f"cdk-{qualifier}-assets-{place.account}-{place.region}")
    for action in ("DeleteBucket", "DeleteBucketPolicy", "PutBucketPolicy"):
        yield f"s3:{action}", assets
    version = place.arn("ssm", f"parameter/cdk-bootstrap/{qualifier}/version")
    for action in ("DeleteParameter", "PutParameter"):
        yield f"ssm:{action}", version
