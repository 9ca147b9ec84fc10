"""What Pulumi's AWS provider calls for each resource type that the programs register.

The provider is Terraform's: each entry was read from the resource's create, read, update and delete
functions in ``internal/service/SERVICE`` of hashicorp/terraform-provider-aws (6.x, read on 2026-11-21), by
its IAM actions, for the properties that the programs set. Refreshing reads all of a resource, tags
included, and default tags are given with the creation. What AWS asks of the caller besides (a role to
pass, a grant on a key, a service's own role) is in the same lists.
"""

from collections.abc import Mapping

PROVIDER_SOURCE = "hashicorp/terraform-provider-aws 6, internal/service, 2026-11-21"
_TAGS = "ListTagsForResource TagResource UntagResource"
_BUCKET = "aws:s3/bucket"
_SAGEMAKER_TAGS = "AddTags DeleteTags ListTags"

PROVIDER_CALLS: Mapping[str, str] = {
    "aws:appautoscaling/policy:Policy": (
        "application-autoscaling: DeleteScalingPolicy DescribeScalingPolicies PutScalingPolicy;"
        " cloudwatch: DeleteAlarms DescribeAlarms PutMetricAlarm"  # of target tracking
    ),
    "aws:appautoscaling/scheduledAction:ScheduledAction": (
        "application-autoscaling: DeleteScheduledAction DescribeScheduledActions PutScheduledAction"
    ),
    "aws:appautoscaling/target:Target": (
        "application-autoscaling: DeregisterScalableTarget DescribeScalableTargets"
        f" RegisterScalableTarget {_TAGS}; iam: CreateServiceLinkedRole"
    ),
    "aws:batch/computeEnvironment:ComputeEnvironment": (
        "batch: CreateComputeEnvironment DeleteComputeEnvironment DescribeComputeEnvironments"
        " TagResource UntagResource UpdateComputeEnvironment; iam: CreateServiceLinkedRole"
    ),
    "aws:batch/jobQueue:JobQueue": (
        "batch: CreateJobQueue DeleteJobQueue DescribeJobQueues TagResource UntagResource"
        " UpdateJobQueue"
    ),
    "aws:budgets/budget:Budget": (
        f"budgets: ModifyBudget ViewBudget {_TAGS}; billing: GetBillingViewData"
    ),
    "aws:cloudwatch/eventBus:EventBus": (
        f"events: CreateEventBus DeleteEventBus DescribeEventBus UpdateEventBus {_TAGS}"
    ),
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": (
        "events: DescribeEventBus PutPermission RemovePermission"
    ),
    "aws:cloudwatch/eventRule:EventRule": f"events: DeleteRule DescribeRule PutRule {_TAGS}",
    "aws:cloudwatch/eventTarget:EventTarget": (
        "events: ListTargetsByRule PutTargets RemoveTargets; iam: PassRole"
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        "logs: AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy"
        f" DescribeLogGroups DisassociateKmsKey PutRetentionPolicy {_TAGS}"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        f"cloudwatch: DeleteAlarms DescribeAlarms PutMetricAlarm {_TAGS}"
    ),
    "aws:codebuild/project:Project": (
        "codebuild: BatchGetProjects CreateProject DeleteProject UpdateProject; iam: PassRole"
    ),
    "aws:dynamodb/table:Table": (
        "dynamodb: CreateTable DeleteTable DescribeContinuousBackups DescribeTable"
        " DescribeTimeToLive ListTagsOfResource TagResource UntagResource UpdateContinuousBackups"
        " UpdateTable UpdateTimeToLive;"
        " kms: CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey RevokeGrant"
    ),
    "aws:ec2/flowLog:FlowLog": (
        "ec2: CreateFlowLogs CreateTags DeleteFlowLogs DeleteTags DescribeFlowLogs; iam: PassRole"
    ),
    "aws:ec2/routeTable:RouteTable": (
        "ec2: CreateRouteTable CreateTags DeleteRouteTable DeleteTags DescribeRouteTables"
        " DisassociateRouteTable"
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": (
        "ec2: AssociateRouteTable DescribeRouteTables DisassociateRouteTable"
        " ReplaceRouteTableAssociation"
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        "ec2: AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateSecurityGroup"
        " CreateTags DeleteSecurityGroup DeleteTags DescribeNetworkInterfaces"
        " DescribeSecurityGroups RevokeSecurityGroupEgress RevokeSecurityGroupIngress"
    ),
    "aws:ec2/subnet:Subnet": (
        "ec2: CreateSubnet CreateTags DeleteSubnet DeleteTags DescribeNetworkInterfaces"
        " DescribeSubnets ModifySubnetAttribute"
    ),
    "aws:ec2/vpc:Vpc": (
        "ec2: CreateTags CreateVpc DeleteTags DeleteVpc DescribeNetworkAcls DescribeRouteTables"
        " DescribeSecurityGroups DescribeVpcAttribute DescribeVpcs ModifyVpcAttribute"
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (
        "ec2: CreateTags CreateVpcEndpoint DeleteTags DeleteVpcEndpoints DescribePrefixLists"
        " DescribeVpcEndpoints ModifyVpcEndpoint"
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": (
        "ecr: DeleteLifecyclePolicy GetLifecyclePolicy PutLifecyclePolicy"
    ),
    "aws:ecr/repository:Repository": (
        "ecr: CreateRepository DeleteRepository DescribeRepositories PutImageScanningConfiguration"
        f" PutImageTagMutability {_TAGS}; kms: CreateGrant DescribeKey RetireGrant"
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": (
        "ecr: DeleteRepositoryPolicy GetRepositoryPolicy SetRepositoryPolicy"
    ),
    "aws:iam/policy:Policy": (
        "iam: CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy"
        " GetPolicyVersion ListPolicyTags ListPolicyVersions TagPolicy UntagPolicy"
    ),
    "aws:iam/role:Role": (
        "iam: CreateRole DeleteRole GetRole GetRolePolicy ListAttachedRolePolicies"
        " ListInstanceProfilesForRole ListRolePolicies PutRolePermissionsBoundary TagRole UntagRole"
        " UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription"
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (
        "iam: AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies"
    ),
    "aws:index/getAvailabilityZones:getAvailabilityZones": "ec2: DescribeAvailabilityZones",
    "aws:kms/alias:Alias": "kms: CreateAlias DeleteAlias ListAliases UpdateAlias",
    "aws:kms/key:Key": (
        "kms: CreateKey DescribeKey EnableKeyRotation GetKeyPolicy GetKeyRotationStatus"
        " ListResourceTags PutKeyPolicy ScheduleKeyDeletion TagResource UntagResource"
        " UpdateKeyDescription"
    ),
    f"{_BUCKET}:Bucket": (
        "s3: CreateBucket DeleteBucket GetAccelerateConfiguration GetBucketAcl GetBucketCORS"
        " GetBucketLogging GetBucketObjectLockConfiguration GetBucketPolicy"
        " GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite"
        " GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration"
        f" ListBucket PutBucketTagging {_TAGS}"
    ),
    f"{_BUCKET}LifecycleConfiguration:BucketLifecycleConfiguration": (
        "s3: GetLifecycleConfiguration PutLifecycleConfiguration"
    ),
    f"{_BUCKET}Logging:BucketLogging": "s3: GetBucketLogging PutBucketLogging",
    f"{_BUCKET}Notification:BucketNotification": "s3: GetBucketNotification PutBucketNotification",
    f"{_BUCKET}Objectv2:BucketObjectv2": (
        "s3: AbortMultipartUpload GetObject GetObjectTagging PutObject PutObjectTagging;"
        " kms: Decrypt GenerateDataKey"
    ),
    f"{_BUCKET}OwnershipControls:BucketOwnershipControls": (
        "s3: GetBucketOwnershipControls PutBucketOwnershipControls"
    ),
    f"{_BUCKET}Policy:BucketPolicy": "s3: DeleteBucketPolicy GetBucketPolicy PutBucketPolicy",
    f"{_BUCKET}PublicAccessBlock:BucketPublicAccessBlock": (
        "s3: GetBucketPublicAccessBlock PutBucketPublicAccessBlock"
    ),
    f"{_BUCKET}ServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3: GetEncryptionConfiguration PutEncryptionConfiguration"
    ),
    f"{_BUCKET}Versioning:BucketVersioning": "s3: GetBucketVersioning PutBucketVersioning",
    "aws:sagemaker/endpoint:Endpoint": (
        f"sagemaker: CreateEndpoint DeleteEndpoint DescribeEndpoint UpdateEndpoint {_SAGEMAKER_TAGS};"
        " cloudwatch: DescribeAlarms"  # of its guardrails
    ),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": (
        "sagemaker: CreateEndpointConfig DeleteEndpointConfig DescribeEndpointConfig"
        f" {_SAGEMAKER_TAGS}; kms: CreateGrant DescribeKey"
    ),
    "aws:sagemaker/mlflowApp:MlflowApp": (
        "sagemaker: CreateMlflowApp DeleteMlflowApp DescribeMlflowApp UpdateMlflowApp"
        f" {_SAGEMAKER_TAGS}; iam: PassRole"
    ),
    "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer": (
        "sagemaker: CreateMlflowTrackingServer DeleteMlflowTrackingServer"
        f" DescribeMlflowTrackingServer UpdateMlflowTrackingServer {_SAGEMAKER_TAGS}; iam: PassRole"
    ),
    "aws:sagemaker/model:Model": (
        f"sagemaker: CreateModel DeleteModel DescribeModel DescribeModelPackage {_SAGEMAKER_TAGS};"
        " iam: PassRole"
    ),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": (
        "sagemaker: CreateModelPackageGroup DeleteModelPackageGroup DescribeModelPackageGroup"
        f" {_SAGEMAKER_TAGS}"
    ),
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": (
        "sagemaker: DeleteModelPackageGroupPolicy GetModelPackageGroupPolicy"
        " PutModelPackageGroupPolicy"
    ),
    "aws:sagemaker/monitoringSchedule:MonitoringSchedule": (
        "sagemaker: CreateMonitoringSchedule DeleteMonitoringSchedule DescribeMonitoringSchedule"
        f" UpdateMonitoringSchedule {_SAGEMAKER_TAGS}; iam: PassRole"
    ),
    "aws:scheduler/schedule:Schedule": (
        "scheduler: CreateSchedule DeleteSchedule GetSchedule UpdateSchedule; iam: PassRole"
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": (
        f"scheduler: CreateScheduleGroup DeleteScheduleGroup GetScheduleGroup {_TAGS}"
    ),
    "aws:sfn/stateMachine:StateMachine": (
        "states: CreateStateMachine DeleteStateMachine DescribeStateMachine ListStateMachineVersions"
        f" UpdateStateMachine ValidateStateMachineDefinition {_TAGS}; iam: PassRole"
    ),
    "aws:sns/topic:Topic": (
        f"sns: CreateTopic DeleteTopic GetTopicAttributes SetTopicAttributes {_TAGS}"
    ),
    "aws:sns/topicPolicy:TopicPolicy": "sns: GetTopicAttributes SetTopicAttributes",
    "aws:sns/topicSubscription:TopicSubscription": (
        "sns: GetSubscriptionAttributes Subscribe Unsubscribe"
    ),
    "aws:sqs/queue:Queue": (
        "sqs: CreateQueue DeleteQueue GetQueueAttributes ListQueueTags SetQueueAttributes TagQueue"
        " UntagQueue"
    ),
    "aws:sqs/queuePolicy:QueuePolicy": "sqs: GetQueueAttributes SetQueueAttributes",
}
"""Services and IAM actions by the type's token; ``SERVICE: ACTION ...; SERVICE: ...``."""

_OF: Mapping[str, str] = {
    "ApplicationAutoScaling::ScalableTarget": "appautoscaling/target appautoscaling/scheduledAction",
    "ApplicationAutoScaling::ScalingPolicy": "appautoscaling/policy",
    "Batch::ComputeEnvironment": "batch/computeEnvironment",
    "Batch::JobQueue": "batch/jobQueue",
    "Budgets::Budget": "budgets/budget",
    "CloudWatch::Alarm": "cloudwatch/metricAlarm",
    "CodeBuild::Project": "codebuild/project",
    "DynamoDB::Table": "dynamodb/table",
    "EC2::FlowLog": "ec2/flowLog",
    "EC2::RouteTable": "ec2/routeTable",
    "EC2::SecurityGroup": "ec2/securityGroup",
    "EC2::Subnet": "ec2/subnet",
    "EC2::SubnetRouteTableAssociation": "ec2/routeTableAssociation",
    "EC2::VPC": "ec2/vpc index/getAvailabilityZones",
    "EC2::VPCEndpoint": "ec2/vpcEndpoint",
    "ECR::Repository": "ecr/repository ecr/repositoryPolicy ecr/lifecyclePolicy",
    "Events::EventBus": "cloudwatch/eventBus",
    "Events::EventBusPolicy": "cloudwatch/eventBusPolicy",
    "Events::Rule": "cloudwatch/eventRule cloudwatch/eventTarget",
    "IAM::ManagedPolicy": "iam/policy iam/rolePolicyAttachment",
    "IAM::Role": "iam/role iam/rolePolicyAttachment",
    "KMS::Alias": "kms/alias",
    "KMS::Key": "kms/key",
    "Logs::LogGroup": "cloudwatch/logGroup",
    "S3::Bucket": "s3/bucket s3/bucketLifecycleConfiguration s3/bucketLogging s3/bucketNotification"
    " s3/bucketOwnershipControls s3/bucketPublicAccessBlock"
    " s3/bucketServerSideEncryptionConfiguration s3/bucketVersioning",
    "S3::BucketPolicy": "s3/bucketPolicy",
    "SNS::Subscription": "sns/topicSubscription",
    "SNS::Topic": "sns/topic",
    "SNS::TopicPolicy": "sns/topicPolicy",
    "SQS::Queue": "sqs/queue",
    "SQS::QueuePolicy": "sqs/queuePolicy",
    "SageMaker::Endpoint": "sagemaker/endpoint",
    "SageMaker::EndpointConfig": "sagemaker/endpointConfiguration",
    "SageMaker::MlflowApp": "sagemaker/mlflowApp",
    "SageMaker::MlflowTrackingServer": "sagemaker/mlflowTrackingServer",
    "SageMaker::Model": "sagemaker/model",
    "SageMaker::ModelPackageGroup": "sagemaker/modelPackageGroup sagemaker/modelPackageGroupPolicy",
    "SageMaker::MonitoringSchedule": "sagemaker/monitoringSchedule",
    "Scheduler::Schedule": "scheduler/schedule",
    "Scheduler::ScheduleGroup": "scheduler/scheduleGroup",
    "StepFunctions::StateMachine": "sfn/stateMachine",
}
_TOKENS = {token.rpartition(":")[0].removeprefix("aws:"): token for token in PROVIDER_CALLS}


def provider_types(types: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tokens of the types that stand for CloudFormation types, sorted."""
    short = {item for kind in types for item in _OF[kind.removeprefix("AWS::")].split()}
    return tuple(sorted(_TOKENS[item] for item in short))


def provider_calls(token: str) -> frozenset[str]:
    """Return the IAM actions of what the provider calls for a type.

    Raises:
        KeyError: If no program registers such a type.
    """
    found: set[str] = set()
    for part in PROVIDER_CALLS[token].split(";"):
        service, _, actions = part.strip().partition(":")
        found.update(f"{service}:{action}" for action in actions.split())
    return frozenset(found)
