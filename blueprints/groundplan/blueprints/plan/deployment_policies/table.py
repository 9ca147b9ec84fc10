"""What CloudFormation needs to create, read, update, tag and delete each type in the stacks.

The source is the ``handlers`` section of each type's registry schema; CodeBuild's project has none
and follows its API. Reads are complete, since a handler reads every property; writes are those of
the properties that the stacks set. A test compares the table with the schemas.
"""

from groundplan.blueprints.plan.context import TOOLING
from groundplan.blueprints.plan.deployment_policies.batch import batch_duties
from groundplan.blueprints.plan.deployment_policies.budgets import budget_duties
from groundplan.blueprints.plan.deployment_policies.mlflow import mlflow_duties
from groundplan.blueprints.plan.deployment_policies.network import network_duties
from groundplan.blueprints.plan.deployment_policies.release import release_duties
from groundplan.blueprints.plan.deployment_policies.scope import (
    DeploymentScope,
    HandlerDuty,
    also,
    prefix,
    row,
)
from groundplan.blueprints.plan.encryption_key import for_aws_resource
from groundplan.blueprints.plan.exceptions import NO_NARROWER

KEYS_BY_TAG = "AWS assigns key ids at creation; the project's tag limits this to its own keys"
"""Why a statement on keys holds a wildcard."""


def deployment_duties(scope: DeploymentScope) -> tuple[HandlerDuty, ...]:
    """Return what CloudFormation needs for all stacks of an account but those of endpoints."""
    duties = [*_keys(scope), *_buckets(scope)]
    if scope.has_tooling or scope.environments or scope.forwarding:
        duties += _roles(scope)
    if scope.has_tooling or scope.environments:
        duties += _logs(scope)
    if scope.has_tooling:
        duties += _tooling(scope)
    if scope.environments:
        duties += [_topics(scope), *_pipelines(scope)]
    duties += batch_duties(scope)
    duties += budget_duties(scope)
    if scope.networks:
        duties += network_duties(scope)
    duties += mlflow_duties(scope)
    duties += release_duties(scope)
    return tuple(duties)


def _keys(scope: DeploymentScope) -> list[HandlerDuty]:
    keys = (scope.place.arn("kms", "key/*"),)
    users = " ".join(
        (
            "KMS::Alias KMS::Key",
            *(("ECR::Repository",) if scope.has_tooling else ()),
            *(("DynamoDB::Table",) if scope.environments else ()),
        )
    )
    whole = (*((TOOLING,) if scope.has_tooling else ()), *scope.environments)
    aliases = tuple(  # a stage has one key of its name, a stage of datasets one for each of them
        scope.place.arn("kms", f"alias/{scope.project}-{item}{'' if item in whole else '-*'}")
        for item in scope.scopes
    )
    return [
        row(
            "KMS::Key", "CreateKeys", "kms: CreateKey", ("*",),
            "stacks hold keys; each carries the project's tag from the start",
            condition=scope.tagged(), wildcard=NO_NARROWER,
        ),
        row(
            "KMS::Key", "TagNewKeys", "kms: TagResource", keys,
            "a key is tagged as it is created; a key with an alias is somebody's already",
            condition=also(scope.tagged(), {"Null": {"kms:ResourceAliases": "true"}}),
            wildcard=KEYS_BY_TAG,
        ),
        row(
            users, "ManageKeys",
            "kms: DescribeKey DisableKey EnableKey EnableKeyRotation GetKeyPolicy"
            " GetKeyRotationStatus ListResourceTags PutKeyPolicy ScheduleKeyDeletion TagResource"
            " UntagResource UpdateKeyDescription CreateAlias DeleteAlias UpdateAlias",
            keys,
            "stacks set the policy, rotation, tags and alias of their keys and end them",
            condition=scope.owned(), wildcard=KEYS_BY_TAG,
        ),
        row(
            "KMS::Alias", "ManageAliases", "kms: CreateAlias DeleteAlias UpdateAlias", aliases,
            "every key has an alias, by which policies name it",
        ),
        row(
            "KMS::Alias", "ReadAliases", "kms: ListAliases", ("*",),
            "an alias is read by listing", wildcard=NO_NARROWER,
        ),
    ]  # fmt: skip


def _buckets(scope: DeploymentScope) -> list[HandlerDuty]:
    place = scope.place
    buckets = tuple(place.bucket_arn(item) for item in scope.names("bucket"))
    return [
        row(
            "S3::Bucket S3::BucketPolicy", "ReadBuckets",
            "s3: GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl"
            " GetBucketCORS GetBucketLogging GetBucketMetadataTableConfiguration"
            " GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls"
            " GetBucketPolicy GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning"
            " GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration"
            " GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration"
            " GetReplicationConfiguration ListBucket ListTagsForResource",
            buckets,
            "the handler reads every setting of a bucket",
        ),
        row(
            "S3::Bucket S3::BucketPolicy", "ManageBuckets",
            "s3: CreateBucket DeleteBucket DeleteBucketPolicy PutBucketLogging"
            " PutBucketNotification PutBucketOwnershipControls PutBucketPolicy"
            " PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning"
            " PutEncryptionConfiguration PutLifecycleConfiguration TagResource UntagResource",
            buckets,
            "stacks hold buckets and what they set on them; none deletes an object",
        ),
    ]  # fmt: skip


def _roles(scope: DeploymentScope) -> list[HandlerDuty]:
    roles, policies = (scope.roles,), (scope.policies,)
    bounded = {"StringEquals": {"iam:PermissionsBoundary": scope.boundary_arn}}
    own_policies = {"ArnLike": {"iam:PolicyARN": scope.policies}}
    return [
        row(
            "IAM::Role", "CreateBoundedRoles", "iam: CreateRole PutRolePermissionsBoundary", roles,
            "stacks make roles, none without the boundary", condition=bounded,
        ),
        row(
            "IAM::Role IAM::ManagedPolicy", "AttachOwnPolicies", "iam: AttachRolePolicy", roles,
            "roles get the project's policies and no others, under the boundary",
            condition=also(bounded, own_policies),
        ),
        row(
            "IAM::Role IAM::ManagedPolicy", "DetachOwnPolicies", "iam: DetachRolePolicy", roles,
            "a policy that a role no longer needs is taken from it", condition=own_policies,
        ),
        row(
            "IAM::Role", "ManageRoles",
            "iam: DeleteRole GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies"
            " TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
            roles,
            "stacks read, change and end their roles",
        ),
        row(
            "IAM::ManagedPolicy", "ManagePolicies",
            "iam: CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy"
            " GetPolicyVersion ListEntitiesForPolicy ListPolicyVersions",
            policies,
            "a role's duties are customer-managed policies",
        ),
        *_pass_roles(scope),
    ]  # fmt: skip


def _pass_roles(scope: DeploymentScope) -> list[HandlerDuty]:
    wanted = {
        "codebuild": ("CodeBuild::Project", scope.has_tooling),
        "events": ("Events::Rule", True),
        "scheduler": ("Scheduler::Schedule", bool(scope.environments)),
        "states": ("StepFunctions::StateMachine", bool(scope.environments)),
        "vpc-flow-logs": ("EC2::FlowLog", bool(scope.networks)),
    }
    services = [service for service, (_, used) in wanted.items() if used]
    return [
        row(
            " ".join(wanted[service][0] for service in services),
            "PassRoles", "iam: PassRole", (scope.roles,),
            "builds, rules, schedules, state machines and flow logs run with the project's roles",
            condition={
                "StringEquals": {
                    "iam:PassedToService": [f"{service}.amazonaws.com" for service in services]
                }
            },
        )
    ]  # fmt: skip


def _logs(scope: DeploymentScope) -> list[HandlerDuty]:
    place, project, environments = scope.place, scope.project, scope.environments
    names = [
        *(f"/aws/sagemaker/Endpoints/{item}" for item in scope.names("endpoint", environments)),
        *(
            f"/aws/sagemaker/InferenceComponents/{item}"
            for item in scope.names("endpoint", sorted({name for name, _ in scope.components}))
        ),
        *(f"/aws/vendedlogs/states/{item}" for item in scope.names("state-machine", environments)),
        *(f"/groundplan/{project}/{item}/*" for item in environments),
    ]
    if scope.has_tooling:
        names.append(f"/aws/codebuild/{prefix('codebuild-project', project, 'image')}*")
    return [
        row(
            "Logs::LogGroup", "ManageLogGroups",
            "logs: AssociateKmsKey CreateLogGroup DeleteDataProtectionPolicy DeleteLogGroup"
            " DeleteRetentionPolicy"
            " DisassociateKmsKey GetDataProtectionPolicy ListTagsForResource PutRetentionPolicy"
            " TagResource UntagResource",
            tuple(place.arn("logs", f"log-group:{item}") for item in names),
            "every log group is made before what logs to it, with a key and an end",
        ),
        row(
            "Logs::LogGroup", "ReadLogGroups",
            "logs: DescribeIndexPolicies DescribeLogGroups DescribeResourcePolicies", ("*",),
            "the handler finds a group by listing", wildcard=NO_NARROWER,
        ),
    ]  # fmt: skip


def _tooling(scope: DeploymentScope) -> list[HandlerDuty]:
    place, project, tooling = scope.place, scope.project, (TOOLING,)
    groups = (place.arn("sagemaker", f"model-package-group/{project}-*"),)
    return [
        row(
            "ECR::Repository", "ManageRepositories",
            "ecr: CreateRepository DeleteLifecyclePolicy DeleteRepository DeleteRepositoryPolicy"
            " DescribeRepositories GetLifecyclePolicy GetRepositoryPolicy ListTagsForResource"
            " PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy"
            " SetRepositoryPolicy TagResource UntagResource",
            (place.arn("ecr", f"repository/{project}/*"),),
            "every image has a repository",
        ),
        row(
            "ECR::Repository", "GrantKeyToRegistry", "kms: CreateGrant",
            (place.arn("kms", "key/*"),),
            "the registry encrypts images by a grant of whoever makes the repository",
            condition=also(scope.owned(tooling), for_aws_resource()), wildcard=KEYS_BY_TAG,
        ),
        row(
            "ECR::Repository", "RetireGrantOfRegistry", "kms: RetireGrant",
            (place.arn("kms", "key/*"),), "the grant ends with the repository",
            condition=scope.owned(tooling), wildcard=KEYS_BY_TAG,
        ),
        row(
            "SageMaker::ModelPackageGroup", "CreateRegistries",
            "sagemaker: CreateModelPackageGroup", groups,
            "every model has a package group", condition=scope.tagged(tooling),
        ),
        row(
            "SageMaker::ModelPackageGroup", "TagNewRegistries", "sagemaker: AddTags", groups,
            "a package group is tagged as it is created",
            condition=also(
                scope.tagged(tooling),
                {"StringEquals": {"sagemaker:TaggingAction": "CreateModelPackageGroup"}},
            ),
        ),
        row(
            "SageMaker::ModelPackageGroup", "ManageRegistries",
            "sagemaker: AddTags DeleteModelPackageGroup DeleteModelPackageGroupPolicy DeleteTags"
            " DescribeModelPackageGroup GetModelPackageGroupPolicy ListTags"
            " PutModelPackageGroupPolicy",
            groups,
            "stacks set who registers and who serves a model",
            condition=scope.owned(tooling),
        ),
        row(
            "CodeBuild::Project", "ManageBuilds",
            "codebuild: BatchGetProjects CreateProject DeleteProject UpdateProject",
            (place.arn("codebuild", f"project/{prefix('codebuild-project', project, 'image')}*"),),
            "every image has a build",
        ),
        row(
            "Events::Rule", "ManageRules",
            "events: DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule"
            " PutTargets RemoveTargets TagResource UntagResource",
            (place.arn("events", f"rule/{prefix('rule', project, 'build')}*"),),
            "a finished deployment of the builds starts them",
        ),
    ]  # fmt: skip


def _pipelines(scope: DeploymentScope) -> list[HandlerDuty]:
    own = scope.environments
    groups = scope.names("schedule-group", own)
    schedules = tuple(
        scope.place.arn("scheduler", f"schedule/{group}/{item}")
        for group, item in zip(groups, scope.names("schedule", own), strict=True)
    )
    return [
        row(
            "StepFunctions::StateMachine", "ManagePipelines",
            "states: CreateStateMachine DeleteStateMachine DescribeStateMachine"
            " ListTagsForResource TagResource UntagResource UpdateStateMachine",
            scope.arns("states", "stateMachine:{}", "state-machine", own),
            "pipelines are state machines",
        ),
        row(
            "Scheduler::ScheduleGroup", "ManageScheduleGroups",
            "scheduler: CreateScheduleGroup DeleteScheduleGroup GetScheduleGroup"
            " ListTagsForResource TagResource UntagResource",
            scope.arns("scheduler", "schedule-group/{}", "schedule-group", own),
            "a pipeline's schedules are in a group that its role trusts",
        ),
        row(
            "Scheduler::Schedule Scheduler::ScheduleGroup", "ManageSchedules",
            "scheduler: CreateSchedule DeleteSchedule GetSchedule UpdateSchedule", schedules,
            "schedules start pipelines",
        ),
        row(
            "SQS::Queue SQS::QueuePolicy", "ManageQueues",
            "sqs: CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags"
            " SetQueueAttributes TagQueue UntagQueue",
            scope.arns("sqs", "{}", "state-machine", own),
            "starts that failed are kept in a queue",
        ),
        row(
            "CloudWatch::Alarm", "ManageAlarms",
            "cloudwatch: DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource"
            " UntagResource",
            scope.arns("cloudwatch", "alarm:{}", "alarm", own),
            "pipelines have alarms",
        ),
    ]  # fmt: skip


def _topics(scope: DeploymentScope) -> HandlerDuty:
    return row(
        "SNS::Topic SNS::TopicPolicy SNS::Subscription", "ManageTopics",
        "sns: CreateTopic DeleteTopic GetDataProtectionPolicy GetSubscriptionAttributes"
        " GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource SetTopicAttributes"
        " Subscribe TagResource Unsubscribe UntagResource",
        scope.arns("sns", "{}", "topic", scope.environments),
        "alarms notify a topic",
    )  # fmt: skip
