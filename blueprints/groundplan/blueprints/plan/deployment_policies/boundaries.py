"""What no role of the project and no role of its deployments ever exceeds, whatever it is given."""

from collections.abc import Mapping, Sequence

from groundplan.blueprints.plan.container_repository import PULL_ACTIONS
from groundplan.blueprints.plan.deployment_policies.batch import (
    batch_boundary,
    job_services,
    transform_actions,
)
from groundplan.blueprints.plan.deployment_policies.budgets import BUDGET_SERVICES
from groundplan.blueprints.plan.deployment_policies.mlflow import mlflow_boundary
from groundplan.blueprints.plan.deployment_policies.model_monitor import model_monitor_boundary
from groundplan.blueprints.plan.deployment_policies.release import release_boundary
from groundplan.blueprints.plan.deployment_policies.scope import DeploymentScope
from groundplan.blueprints.plan.exceptions import (
    BY_CONDITION,
    JOBS,
    KEY_BY_ALIAS,
    NO_NARROWER,
    OBJECTS,
    STACK_RESOURCES,
)
from groundplan.blueprints.plan.policy import Condition, Statement
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import Duty
from groundplan.pipelines.step_functions.tuning_request import MAX_PREFIX

DEPLOYED_SERVICES = (
    "application-autoscaling", "batch", "cloudformation", "cloudwatch", "codebuild", "dynamodb", "ec2",
    "ecr", "events", "kms", "logs", "s3", "sagemaker", "scheduler", "sns", "sqs", "ssm", "states",
)  # fmt: skip
"""Services that deployments call, each in allowed regions only."""
BOOTSTRAP_WRITES = (
    "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "ssm:DeleteParameter",
    "ssm:PutParameter",
)  # fmt: skip
"""What would change the bucket and the version of the CDK bootstrap."""
IAM_WRITES = (
    "iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:Put*",
    "iam:Remove*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:Update*",
)  # fmt: skip
PROVIDER_ROLES = " ListInstanceProfilesForRole ListPolicyTags TagPolicy UntagPolicy"
"""What Pulumi's provider does to roles and policies, and CloudFormation does not."""
JOB_LOG_GROUPS = tuple(
    f"/aws/sagemaker/{kind}" for kind in ("ProcessingJobs", "TrainingJobs", "TransformJobs")
)
"""Log groups that SageMaker's jobs write to; an account has each once."""


def project_boundary(
    scope: DeploymentScope, allowed_regions: Sequence[str], organization_id: str | None
) -> tuple[tuple[Duty, ...], tuple[Statement, ...]]:
    """Return what roles of the project may be given at most, and what they are denied.

    It names the project's own resources in every account, and no action that writes to IAM.
    """
    place, project = scope.place, scope.project

    def anywhere(service: str, resource: str) -> str:
        return f"arn:{place.partition}:{service}:{place.region}:*:{resource}"

    ours: Condition = {}
    if organization_id is not None:
        ours = {"StringEquals": {"aws:ResourceOrgID": organization_id}}
    direct = scope.engine == "pulumi"
    assets = f"cdk-{scope.qualifier}-assets-{place.account}-{place.region}"
    jobs = f"{f'{project}-'[:MAX_PREFIX]}*"  # names of tuning jobs are cut more than others
    log_groups = (
        *JOB_LOG_GROUPS,
        f"/aws/sagemaker/Endpoints/{project}-",
        *([f"/aws/sagemaker/InferenceComponents/{project}-"] if scope.components else []),
        f"/aws/vendedlogs/states/{project}-",
        f"/aws/codebuild/{project}-",
        f"/groundplan/{project}/",
    )
    aliases = [f"alias/{project}-*"]
    if not direct:
        aliases.append(f"alias/cdk-{scope.qualifier}-assets-key")
    duties = (
        _duty(
            "Objects",
            "s3: AbortMultipartUpload GetObject GetObjectVersion ListBucket ListBucketVersions"
            " PutObject",
            (
                place.bucket_arn(f"{project}-*"),
                *(() if direct else (place.bucket_arn(assets, "*"),)),
            ),
            "jobs, endpoints, builds and pipelines read and write the project's buckets",
            OBJECTS, ours,
        ),
        _duty(
            "Keys",
            f"kms: CreateGrant Decrypt{' DescribeKey' if direct else ''} GenerateDataKey",
            (anywhere("kms", "key/*"),),
            "the project's data is encrypted under its keys",
            KEY_BY_ALIAS,
            {**ours, "ForAnyValue:StringLike": {"kms:ResourceAliases": aliases}},
        ),
        Duty(
            id="Images",
            actions=(
                *PULL_ACTIONS,
                "ecr:CompleteLayerUpload",
                "ecr:DescribeImages",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ),
            resources=(anywhere("ecr", f"repository/{project}/*"),),
            reason="builds push images, containers pull them, pipelines resolve their digests",
            wildcard=STACK_RESOURCES,
        ),
        _duty(
            "WriteLogs", "logs: CreateLogStream DescribeLogStreams PutLogEvents",
            tuple(place.arn("logs", f"log-group:{item}*") for item in log_groups),
            "everything logs to groups made for it", OBJECTS,
        ),
        _duty(
            "DeliverLogs",
            "logs: CreateLogDelivery DeleteLogDelivery DescribeLogGroups"
            " DescribeResourcePolicies GetLogDelivery ListLogDeliveries PutResourcePolicy"
            " UpdateLogDelivery",
            ("*",), "state machines set up the delivery of their logs", NO_NARROWER,
        ),
        _duty(
            "PutMetrics", "cloudwatch: PutMetricData", ("*",),
            "jobs and endpoints publish their metrics", NO_NARROWER,
            {
                "StringLike": {
                    "cloudwatch:namespace": [
                        "/aws/sagemaker/*", "AWS/SageMaker", f"groundplan/{project}*",
                    ]
                }
            },
        ),
        _duty(
            "RegistryToken", "ecr: GetAuthorizationToken", ("*",),
            "the registry hands out tokens for all its repositories", NO_NARROWER,
        ),
        _duty(
            "Trace",
            "xray: GetSamplingRules GetSamplingTargets PutTelemetryRecords PutTraceSegments",
            ("*",), "executions are traced", NO_NARROWER,
        ),
        _duty(
            "SeeNetwork",
            "ec2: DescribeDhcpOptions DescribeNetworkInterfaces DescribeSecurityGroups"
            " DescribeSubnets DescribeVpcs",
            ("*",), "services look up where they attach containers", NO_NARROWER,
        ),
        _duty(
            "AttachToNetwork",
            "ec2: CreateNetworkInterface CreateNetworkInterfacePermission DeleteNetworkInterface"
            " DeleteNetworkInterfacePermission",
            tuple(
                place.arn("ec2", f"{part}/*")
                for part in ("network-interface", "security-group", "subnet")
            ),
            "services attach containers to the network", BY_CONDITION,
        ),
        _duty(
            "RunJobs",
            "sagemaker: AddTags CreateHyperParameterTuningJob CreateProcessingJob CreateTrainingJob"
            " DescribeHyperParameterTuningJob DescribeProcessingJob DescribeTrainingJob"
            " ListTrainingJobsForHyperParameterTuningJob StopHyperParameterTuningJob"
            f" StopProcessingJob StopTrainingJob{transform_actions(scope)}",
            (place.arn("sagemaker", f"*/{jobs}"),), "pipelines run jobs", JOBS,
        ),
        _duty(
            "Notify", "sns: Publish", (place.arn("sns", f"{project}-*"),),
            "pipelines tell people how they ended", STACK_RESOURCES,
        ),
        _duty(
            "RegisterModels",
            "sagemaker: CreateModelPackage DescribeModelPackage ListModelPackages"
            + (" CreateModel" if scope.scoring or direct else ""),
            (
                anywhere("sagemaker", f"model-package-group/{project}-*"),
                anywhere("sagemaker", f"model-package/{project}-*"),
            ),
            "pipelines register models", STACK_RESOURCES,
        ),
        _duty(
            "PassJobRoles", "iam: PassRole", (scope.roles,), "jobs run with roles of their own",
            STACK_RESOURCES, {"StringEquals": {"iam:PassedToService": job_services(scope)}},
        ),
        _duty(
            "WaitForJobs", "events: DescribeRule PutRule PutTargets",
            (place.arn("events", "rule/StepFunctionsGetEventsFor*"),),
            "Step Functions learns of a job's end by a rule of its own", STACK_RESOURCES,
        ),
        _duty(
            "StartPipelines", "states: StartExecution",
            (place.arn("states", f"stateMachine:{project}-*"),),
            "schedules start pipelines", STACK_RESOURCES,
        ),
        _duty(
            "StartBuilds", "codebuild: StartBuild", (place.arn("codebuild", f"project/{project}-*"),),
            "a finished deployment starts builds", STACK_RESOURCES,
        ),
        _duty(
            "KeepFailedStarts", "sqs: SendMessage", (place.arn("sqs", f"{project}-*"),),
            "starts that failed are kept", STACK_RESOURCES,
        ),
        *batch_boundary(scope),
        *release_boundary(scope),
        *model_monitor_boundary(scope),
        *mlflow_boundary(scope),
    )  # fmt: skip
    return _packed(duties), (_stay_in(allowed_regions, _unplaced(duties)),)


def _packed(duties: Sequence[Duty]) -> tuple[Duty, ...]:
    """Return the same limits in fewer statements, since a boundary is one policy of limited size.

    Statements without conditions become one where they share no service, since an action never
    meets a resource of another service, and where both are on everything.
    """
    packed: list[Duty] = []
    for duty in duties:
        for index, other in enumerate(packed):
            if not duty.condition and not other.condition and _fits(duty, other):
                packed[index] = Duty(
                    id=other.id,
                    actions=(*other.actions, *duty.actions),
                    resources=tuple(dict.fromkeys((*other.resources, *duty.resources))),
                    reason=f"{other.reason}; {duty.reason}",
                    wildcard=other.wildcard if other.wildcard == duty.wildcard else STACK_RESOURCES,
                )
                break
        else:
            packed.append(duty)
    return tuple(packed)


def _fits(duty: Duty, other: Duty) -> bool:
    if "*" in duty.resources or "*" in other.resources:
        return duty.resources == other.resources
    own, theirs = ({action.partition(":")[0] for action in item.actions} for item in (duty, other))
    return not own & theirs


def _unplaced(duties: Sequence[Duty]) -> list[str]:
    """Return the services that a duty lets be called in any region; other ARNs hold theirs.

    IAM has no regions.
    """
    return sorted(
        {
            action.partition(":")[0]
            for duty in duties
            for action in duty.actions
            for resource in duty.resources
            if resource == "*" or resource.split(":")[3] in ("", "*")
        }
        - {"iam"}
    )


def deployment_boundary(
    scope: DeploymentScope, allowed_regions: Sequence[str]
) -> tuple[tuple[Duty, ...], tuple[Statement, ...]]:
    """Return the limit of stage 0's own roles and of the bootstrap's, and what they are denied.

    It is a limit, not a grant: it names services where the policies name actions. Nothing under it
    touches stage 0, or makes or keeps a role without the project's boundary.
    """
    stage_0 = scope.stage_0_resources
    place = scope.place
    direct = scope.engine == "pulumi"
    services = tuple(item for item in DEPLOYED_SERVICES if not direct or item != "cloudformation")
    duties = (
        Duty(
            id="Services",
            actions=tuple(
                f"{service}:*"
                for service in (*services, *(BUDGET_SERVICES if scope.budgets else ()))
            ),
            resources=("*",),
            reason="caps deployments to the services that the stacks use; policies name actions",
            wildcard=NO_NARROWER,
        ),
        _duty(
            "Roles",
            "iam: AttachRolePolicy CreatePolicy CreatePolicyVersion CreateRole DeletePolicy"
            " DeletePolicyVersion DeleteRole DetachRolePolicy GetPolicy GetPolicyVersion GetRole"
            " GetRolePolicy ListAttachedRolePolicies ListEntitiesForPolicy ListPolicyVersions"
            " ListRolePolicies PassRole PutRolePermissionsBoundary TagRole UntagRole"
            " UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
            f"{PROVIDER_ROLES if direct else ''}",
            (scope.policies, scope.roles),
            "stacks hold the project's roles and policies", STACK_RESOURCES,
        ),
        *(
            ()
            if direct
            else (
                _duty(
                    "PassDeploymentRoles", "iam: PassRole", stage_0[1:],
                    "deployments hand a stack to CloudFormation's roles", STACK_RESOURCES,
                    {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
                ),
            )
        ),
        _duty(
            "MakeServiceRoles", "iam: CreateServiceLinkedRole",
            (
                place.iam_arn("role/aws-service-role/batch.amazonaws.com/*"),
                place.iam_arn("role/aws-service-role/sagemaker.application-autoscaling.*"),
            ),
            "the first use of a service in an account makes the role that it uses",
            STACK_RESOURCES,
        ),
        _duty(
            "AssumeDeploymentRole" if direct else "AssumeBootstrapRoles",
            "sts: AssumeRole", (scope.assumed,),
            "CI deploys through the deployment role" if direct
            else "CI deploys through the bootstrap's roles",
            STACK_RESOURCES,
        ),
    )  # fmt: skip
    return duties, (*_guard(scope), _stay_in(allowed_regions, services))


def _guard(scope: DeploymentScope) -> tuple[Statement, ...]:
    place, qualifier = scope.place, scope.qualifier
    assets = f"cdk-{qualifier}-assets-{place.account}-{place.region}"
    direct = scope.engine == "pulumi"
    stacks = () if direct else (place.arn("cloudformation", f"stack/{scope.project}-*/*"),)
    return (
        Statement(
            sid="KeepStage0",
            effect="Deny",
            actions=IAM_WRITES,
            resources=tuple(dict.fromkeys((*scope.stage_0_resources, scope.boundary_arn))),
        ),
        Statement(
            sid="KeepBoundaries",
            effect="Deny",
            actions=("iam:CreateRole", "iam:PutRolePermissionsBoundary"),
            resources=("*",),
            condition={"StringNotEquals": {"iam:PermissionsBoundary": scope.boundary_arn}},
        ),
        Statement(
            sid="KeepSafeguards",
            effect="Deny",
            actions=(
                *(() if direct else ("cloudformation:SetStackPolicy",)),
                "iam:DeleteRolePermissionsBoundary",
                "iam:PutRolePolicy",
                "logs:DeleteLogGroup",
                "logs:DeleteRetentionPolicy",
                "logs:PutRetentionPolicy",
                *(() if direct else BOOTSTRAP_WRITES),
            ),
            resources=(
                scope.roles,
                *stacks,
                *(place.arn("logs", f"log-group:{item}*") for item in JOB_LOG_GROUPS),
                *(() if direct else (place.bucket_arn(assets), scope.version_parameter)),
            ),
        ),
        Statement(
            sid="KeepStage0Stacks",
            effect="Deny",
            actions=("cloudformation:*",),
            resources=(place.arn("cloudformation", f"stack/groundplan-*-{scope.project}/*"),),
        ),
        Statement(
            sid="KeepTrail",
            effect="Deny",
            actions=("cloudwatch:*", "s3:*", "sns:*"),
            resources=(
                place.arn("cloudwatch", f"alarm:groundplan-stage-0-{scope.project}-*"),
                place.bucket_arn(f"groundplan-stage-0-{scope.project}-*"),
                place.arn("sns", f"groundplan-stage-0-{scope.project}"),
            ),
        ),
        *(_keep_pipeline(scope) if scope.pipeline_account == place.account else ()),
        Statement(
            sid="KeepTrailLogs",
            effect="Deny",
            actions=("logs:*",),
            resources=(place.arn("logs", f"log-group:/groundplan-stage-0/{scope.project}/*"),),
            condition={
                "ArnNotEquals": {"aws:PrincipalArn": scope.trail_role},
            },
        ),
    )


def _keep_pipeline(scope: DeploymentScope) -> tuple[Statement, ...]:
    place, prefix = scope.place, f"groundplan-stage-0-{scope.project}-"
    return (
        Statement(
            sid="KeepPipeline",
            effect="Deny",
            actions=("codebuild:*", "events:*", "s3:*", "sns:*"),
            resources=(
                place.bucket_arn(f"groundplan-pipeline-{scope.project}-*"),
                place.arn("codebuild", f"project/{prefix}*"),
                place.arn("events", f"rule/{prefix}*"),
                place.arn("sns", f"{prefix}pipeline"),
            ),
        ),
    )


def _stay_in(allowed_regions: Sequence[str], services: Sequence[str]) -> Statement:
    regions: Json = list(allowed_regions)
    return Statement(
        sid="StayInAllowedRegions",
        effect="Deny",
        actions=tuple(f"{service}:*" for service in services),
        resources=("*",),
        condition={"StringNotEquals": {"aws:RequestedRegion": regions}},
    )


def _duty(
    id: str,
    actions: str,
    resources: tuple[str, ...],
    reason: str,
    wildcard: str,
    condition: Mapping[str, Mapping[str, Json]] | None = None,
) -> Duty:
    service, _, names = actions.partition(":")
    return Duty(
        id=id,
        actions=tuple(f"{service}:{item}" for item in names.split()),
        resources=resources,
        reason=reason,
        condition={} if condition is None else condition,
        wildcard=wildcard,
    )
