"""Every resource type that a rehearsed stack may have."""

from groundplan.stacks.rehearsal.emulator.cloudformation.access_analyzer_analyzer import (
    AccessAnalyzerAnalyzer,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.application_auto_scaling_scalable_target import (
    ApplicationAutoScalingScalableTarget,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.application_auto_scaling_scaling_policy import (
    ApplicationAutoScalingScalingPolicy,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.batch_compute_environment import (
    BatchComputeEnvironment,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.batch_job_queue import BatchJobQueue
from groundplan.stacks.rehearsal.emulator.cloudformation.budgets_budget import BudgetsBudget
from groundplan.stacks.rehearsal.emulator.cloudformation.cdk_metadata import CdkMetadata
from groundplan.stacks.rehearsal.emulator.cloudformation.cloudtrail_trail import CloudTrailTrail
from groundplan.stacks.rehearsal.emulator.cloudformation.cloudwatch_alarm import CloudWatchAlarm
from groundplan.stacks.rehearsal.emulator.cloudformation.cloudwatch_composite_alarm import (
    CloudWatchCompositeAlarm,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.codebuild_project import CodeBuildProject
from groundplan.stacks.rehearsal.emulator.cloudformation.codeconnections_connection import (
    CodeConnectionsConnection,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.codepipeline_pipeline import (
    CodePipelinePipeline,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.dynamodb_table import DynamoDbTable
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_flow_log import Ec2FlowLog
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_route_table import Ec2RouteTable
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_security_group import Ec2SecurityGroup
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_security_group_egress import (
    Ec2SecurityGroupEgress,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_security_group_ingress import (
    Ec2SecurityGroupIngress,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_subnet import Ec2Subnet
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_subnet_route_table_association import (
    Ec2SubnetRouteTableAssociation,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_vpc import Ec2Vpc
from groundplan.stacks.rehearsal.emulator.cloudformation.ec2_vpc_endpoint import Ec2VpcEndpoint
from groundplan.stacks.rehearsal.emulator.cloudformation.ecr_repository import EcrRepository
from groundplan.stacks.rehearsal.emulator.cloudformation.engine.resource_type import ResourceType
from groundplan.stacks.rehearsal.emulator.cloudformation.events_event_bus import EventsEventBus
from groundplan.stacks.rehearsal.emulator.cloudformation.events_event_bus_policy import (
    EventsEventBusPolicy,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.events_rule import EventsRule
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_managed_policy import IamManagedPolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_oidc_provider import IamOidcProvider
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_policy import IamPolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.iam_role import IamRole
from groundplan.stacks.rehearsal.emulator.cloudformation.kms_alias import KmsAlias
from groundplan.stacks.rehearsal.emulator.cloudformation.kms_key import KmsKey
from groundplan.stacks.rehearsal.emulator.cloudformation.logs_log_group import LogsLogGroup
from groundplan.stacks.rehearsal.emulator.cloudformation.logs_metric_filter import LogsMetricFilter
from groundplan.stacks.rehearsal.emulator.cloudformation.organizations_policy import (
    OrganizationsPolicy,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.s3_bucket import S3Bucket
from groundplan.stacks.rehearsal.emulator.cloudformation.s3_bucket_policy import S3BucketPolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_endpoint import SageMakerEndpoint
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_endpoint_config import (
    SageMakerEndpointConfig,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_inference_component import (
    SageMakerInferenceComponent,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_mlflow_app import (
    SageMakerMlflowApp,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_mlflow_tracking_server import (
    SageMakerMlflowTrackingServer,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_model import SageMakerModel
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_model_package_group import (
    SageMakerModelPackageGroup,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sagemaker_monitoring_schedule import (
    SageMakerMonitoringSchedule,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.scheduler_schedule import SchedulerSchedule
from groundplan.stacks.rehearsal.emulator.cloudformation.scheduler_schedule_group import (
    SchedulerScheduleGroup,
)
from groundplan.stacks.rehearsal.emulator.cloudformation.sns_subscription import SnsSubscription
from groundplan.stacks.rehearsal.emulator.cloudformation.sns_topic import SnsTopic
from groundplan.stacks.rehearsal.emulator.cloudformation.sns_topic_policy import SnsTopicPolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.sqs_queue import SqsQueue
from groundplan.stacks.rehearsal.emulator.cloudformation.sqs_queue_policy import SqsQueuePolicy
from groundplan.stacks.rehearsal.emulator.cloudformation.ssm_parameter import SsmParameter
from groundplan.stacks.rehearsal.emulator.cloudformation.step_functions_state_machine import (
    StepFunctionsStateMachine,
)

ADAPTERS: tuple[type[ResourceType], ...] = (
    AccessAnalyzerAnalyzer,
    ApplicationAutoScalingScalableTarget,
    ApplicationAutoScalingScalingPolicy,
    BatchComputeEnvironment,
    BatchJobQueue,
    BudgetsBudget,
    CdkMetadata,
    CloudTrailTrail,
    CloudWatchAlarm,
    CloudWatchCompositeAlarm,
    CodeBuildProject,
    CodeConnectionsConnection,
    CodePipelinePipeline,
    DynamoDbTable,
    Ec2FlowLog,
    Ec2RouteTable,
    Ec2SecurityGroup,
    Ec2SecurityGroupEgress,
    Ec2SecurityGroupIngress,
    Ec2Subnet,
    Ec2SubnetRouteTableAssociation,
    Ec2Vpc,
    Ec2VpcEndpoint,
    EcrRepository,
    EventsEventBus,
    EventsEventBusPolicy,
    EventsRule,
    IamManagedPolicy,
    IamOidcProvider,
    IamPolicy,
    IamRole,
    KmsAlias,
    KmsKey,
    LogsLogGroup,
    LogsMetricFilter,
    OrganizationsPolicy,
    S3Bucket,
    S3BucketPolicy,
    SageMakerEndpoint,
    SageMakerEndpointConfig,
    SageMakerInferenceComponent,
    SageMakerMlflowApp,
    SageMakerMlflowTrackingServer,
    SageMakerModel,
    SageMakerModelPackageGroup,
    SageMakerMonitoringSchedule,
    SchedulerSchedule,
    SchedulerScheduleGroup,
    SnsSubscription,
    SnsTopic,
    SnsTopicPolicy,
    SqsQueue,
    SqsQueuePolicy,
    SsmParameter,
    StepFunctionsStateMachine,
)
"""The adapters, by name of their type; any other type fails its stack."""

UNCOVERED: tuple[tuple[str, str, str], ...] = tuple(
    (adapter.type, name, reason)
    for adapter in ADAPTERS
    for name, reason in sorted(adapter.uncovered.items())
)
"""Type, property and reason of each property that is accepted but that no service API here shows."""
