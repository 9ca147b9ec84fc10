"""What stage 0 and the bootstrap hold, what would alter it, and how a role could slip its boundary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from groundplan.blueprints.plan.role import bootstrap_qualifier, iam_path, stage_0_path
from groundplan.blueprints.plan.stage_0_plan import Stage0Plan
from groundplan.blueprints.prove.claim import Case

ALTERS: Mapping[str, str] = {
    "AWS::AccessAnalyzer::Analyzer": "access-analyzer: DeleteAnalyzer UpdateAnalyzer",
    "AWS::CloudFormation::Stack": (
        "cloudformation: CreateChangeSet DeleteStack SetStackPolicy UpdateStack"
        " UpdateTerminationProtection"
    ),
    "AWS::CloudTrail::Trail": "cloudtrail: DeleteTrail PutEventSelectors StopLogging UpdateTrail",
    "AWS::CloudWatch::Alarm": "cloudwatch: DeleteAlarms DisableAlarmActions PutMetricAlarm",
    "AWS::CodeBuild::Project": "codebuild: DeleteProject UpdateProject",
    "AWS::CodePipeline::Pipeline": (
        "codepipeline: DeletePipeline DisableStageTransition PutApprovalResult StartPipelineExecution"
        " UpdatePipeline"
    ),
    "AWS::Events::Rule": "events: DeleteRule DisableRule PutRule PutTargets RemoveTargets",
    "AWS::IAM::ManagedPolicy": (
        "iam: CreatePolicyVersion DeletePolicy DeletePolicyVersion SetDefaultPolicyVersion"
    ),
    "AWS::IAM::OIDCProvider": (
        "iam: AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider"
        " RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint"
    ),
    "AWS::IAM::Role": (
        "iam: AttachRolePolicy DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy"
        " DetachRolePolicy PutRolePermissionsBoundary PutRolePolicy TagRole UpdateAssumeRolePolicy"
        " UpdateRole"
    ),
    "AWS::KMS::Key": "kms: DisableKey PutKeyPolicy ScheduleKeyDeletion",
    "AWS::Logs::LogGroup": "logs: DeleteLogGroup DeleteRetentionPolicy PutRetentionPolicy",
    "AWS::S3::Bucket": "s3: DeleteBucket DeleteBucketPolicy PutBucketPolicy",
    "AWS::SNS::Topic": "sns: DeleteTopic SetTopicAttributes",
    "AWS::SSM::Parameter": "ssm: DeleteParameter PutParameter",
}
"""Calls that would alter or end a resource, by its type (Service Authorization Reference, 2026-11-21)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Something that has to be refused to every role."""

    action: str
    resource: str
    what: str
    """What it would do, as the end of a sentence."""
    fix: str
    """What has to refuse it."""
    context: Mapping[str, str] = field(default_factory=dict)
    bounded: bool = True
    """Whether the boundary of deployments has to refuse it too, whatever they are given."""


def untouchable(case: Case, stage_0: Stage0Plan) -> Iterator[Call]:
    """Yield every call that would alter what an administrator made in an account."""
    tags = {f"aws:ResourceTag/{key}": value for key, value in stage_0.tags.items()}
    for kind, arn in sorted(set(_made(case, stage_0))):
        service, _, names = ALTERS[kind].partition(": ")
        for name in names.split():
            yield Call(
                action=f"{service}:{name}",
                resource=arn,
                what="alters what stage 0 made",
                fix="keep stage 0 out of its resources",
                context={**tags, **_bounded(stage_0)},
                bounded=kind != "AWS::KMS::Key",  # a tag tells keys apart, in policies
            )


def slipping(case: Case, stage_0: Stage0Plan) -> Iterator[Call]:
    """Yield every call that would make or keep a role beyond the project's boundary."""
    place, project = stage_0.place, case.plan.project
    own = place.iam_arn(f"role{iam_path(project)}x0")
    other = place.iam_arn("role/x0")
    policy = place.iam_arn(f"policy{iam_path(project)}x0")
    administrator = f"arn:{place.partition}:iam::aws:policy/AdministratorAccess"
    bounded = _bounded(stage_0)
    anything = {"iam:PermissionsBoundary": administrator}
    rows: tuple[tuple[str, str, Mapping[str, str], str], ...] = (
        ("iam:CreateRole", own, {}, "makes a role without a boundary"),
        ("iam:CreateRole", own, anything, "makes a role under a boundary that bounds nothing"),
        ("iam:CreateRole", other, bounded, "makes a role outside the project's path"),
        ("iam:PutRolePermissionsBoundary", own, anything, "replaces the boundary of a role"),
        ("iam:DeleteRolePermissionsBoundary", own, {}, "takes the boundary of a role away"),
        ("iam:PutRolePolicy", own, bounded, "writes a policy that no limit of paths holds"),
        ("iam:AttachRolePolicy", own, {**bounded, "iam:PolicyARN": administrator},
         "attaches a policy that is not the project's"),
        ("iam:AttachRolePolicy", own, {"iam:PolicyARN": policy},
         "gives permissions to a role without a boundary"),
        ("iam:AttachRolePolicy", other, {**bounded, "iam:PolicyARN": policy},
         "gives permissions to a role that is not the project's"),
        ("iam:UpdateAssumeRolePolicy", other, {}, "opens a role that is not the project's"),
        ("iam:CreatePolicyVersion", place.iam_arn("policy/x0"), {},
         "rewrites a policy that is not the project's"),
        ("iam:CreateUser", place.iam_arn("user/x0"), {}, "makes a user"),
        ("iam:CreateServiceLinkedRole", place.iam_arn("role/aws-service-role/ssm.amazonaws.com/x0"),
         {"iam:AWSServiceName": "ssm.amazonaws.com"}, "makes a role of another service"),
    )  # fmt: skip
    for action, arn, context, what in rows:
        yield Call(
            action=action, resource=arn, context=context, what=what,
            bounded=action != "iam:AttachRolePolicy" or arn == other,
            fix="allow it with the project's boundary, path and policies only",
        )  # fmt: skip
    yield Call(
        action="cloudformation:SetStackPolicy",
        resource=place.arn("cloudformation", f"stack/{project}-x0/x0"),
        what="lifts what keeps a stack from being replaced",
        fix="leave stack policies to administrators",
    )
    for service in ("ec2", "lambda", "glue", "ssm"):
        yield Call(
            action="iam:PassRole",
            resource=own,
            context={"iam:PassedToService": f"{service}.amazonaws.com"},
            what=f"hands a role to {service}, which the project does not use so",
            bounded=False,
            fix="limit iam:PassedToService to the services that the stacks use",
        )


def _bounded(stage_0: Stage0Plan) -> dict[str, str]:
    return {"iam:PermissionsBoundary": stage_0.boundary_arn}


def _made(case: Case, stage_0: Stage0Plan) -> Iterator[tuple[str, str]]:
    """Yield type and ARN of what an administrator made in an account."""
    place, project = stage_0.place, stage_0.project
    qualifier = bootstrap_qualifier(project)
    for role in case.world.roles:
        if role.account == place.account and role.kind in ("ci", "deployment"):
            yield "AWS::IAM::Role", role.arn
    yield "AWS::IAM::Role", case.plan.deployment_role_arn(place)
    yield "AWS::IAM::Role", place.iam_arn(f"role{stage_0_path(project)}x0")
    yield "AWS::IAM::ManagedPolicy", place.iam_arn(f"policy{stage_0_path(project)}x0")
    yield "AWS::IAM::ManagedPolicy", stage_0.boundary_arn
    yield (
        "AWS::IAM::OIDCProvider",
        place.iam_arn("oidc-provider/token.actions.githubusercontent.com"),
    )
    for stack in (stage_0.stack_name, f"groundplan-bootstrap-{project}"):
        yield "AWS::CloudFormation::Stack", place.arn("cloudformation", f"stack/{stack}/x0")
    if stage_0.bootstrap is not None:
        at = f"{place.account}-{place.region}"
        yield "AWS::S3::Bucket", place.bucket_arn(f"cdk-{qualifier}-assets-{at}")
        version = f"parameter/cdk-bootstrap/{qualifier}/version"
        yield "AWS::SSM::Parameter", place.arn("ssm", version)
    for item in case.world.resources:
        if item.account == place.account and item.scope == "stage-0" and item.kind in ALTERS:
            yield item.kind, item.arn
