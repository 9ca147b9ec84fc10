"""Every property that an adapter claims is shown again by the service's own API."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from groundplan.stacks.rehearsal.emulator.cloudformation.registry import ADAPTERS

KEY = "arn:aws:kms:eu-west-1:111111111111:key/0123"
ROLE = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/some"}
TAGS = [{"Key": "tag-key", "Value": "tag-value"}]
VARIANT = {
    "InitialInstanceCount": 7,
    "InitialVariantWeight": 0.25,
    "InstanceType": "ml.m6i.large",
    "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
}
MODEL = {
    "Type": "AWS::SageMaker::Model",
    "Properties": {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "x"}},
}
Describe = Callable[[Any, str], Any]
"""Client and physical id -> what the service shows."""

CASES: dict[str, tuple[str, dict[str, Any], Describe]] = {
    "AWS::SNS::Topic": (
        "sns",
        {
            "DisplayName": "shown",
            "KmsMasterKeyId": KEY,
            "SignatureVersion": "2",
            "TopicName": "round-trip",
            "Tags": TAGS,
        },
        lambda sns, id: [
            sns.get_topic_attributes(TopicArn=id),
            sns.list_tags_for_resource(ResourceArn=id),
        ],
    ),
    "AWS::SQS::Queue": (
        "sqs",
        {
            "DelaySeconds": 11,
            "KmsDataKeyReusePeriodSeconds": 301,
            "KmsMasterKeyId": KEY,
            "MaximumMessageSize": 2048,
            "MessageRetentionPeriod": 86401,
            "QueueName": "round-trip",
            "ReceiveMessageWaitTimeSeconds": 12,
            "VisibilityTimeout": 33,
            "Tags": TAGS,
        },
        lambda sqs, id: [
            sqs.get_queue_attributes(QueueUrl=id, AttributeNames=["All"]),
            sqs.list_queue_tags(QueueUrl=id),
        ],
    ),
    "AWS::CloudTrail::Trail": (
        "cloudtrail",
        {
            "AdvancedEventSelectors": [
                {
                    "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
                    "Name": "selector",
                }
            ],
            "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111111111111:log-group:x:*",
            "CloudWatchLogsRoleArn": "arn:aws:iam::111111111111:role/trail",
            "EnableLogFileValidation": True,
            "IncludeGlobalServiceEvents": True,
            "IsLogging": True,
            "IsMultiRegionTrail": True,
            "KMSKeyId": KEY,
            "S3BucketName": {"Ref": "Bucket"},
            "S3KeyPrefix": "some/prefix",
            "TrailName": "round-trip",
            "Tags": TAGS,
        },
        lambda cloudtrail, id: [
            cloudtrail.get_trail(Name=id),
            cloudtrail.get_trail_status(Name=id),
            cloudtrail.get_event_selectors(TrailName=id),
            cloudtrail.list_tags(
                ResourceIdList=[cloudtrail.get_trail(Name=id)["Trail"]["TrailARN"]]
            ),
        ],
    ),
    "AWS::Logs::MetricFilter": (
        "logs",
        {
            "FilterName": "round-trip",
            "FilterPattern": '{ $.eventName = "ConsoleLogin" }',
            "LogGroupName": {"Ref": "Group"},
            "MetricTransformations": [
                {"MetricName": "logins", "MetricNamespace": "space", "MetricValue": "1"}
            ],
        },
        lambda logs, id: logs.describe_metric_filters(filterNamePrefix=id),
    ),
    "AWS::DynamoDB::Table": (
        "dynamodb",
        {
            "AttributeDefinitions": [{"AttributeName": "lock-key", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": True,
            "KeySchema": [{"AttributeName": "lock-key", "KeyType": "HASH"}],
            "SSESpecification": {"KMSMasterKeyId": KEY, "SSEEnabled": True, "SSEType": "KMS"},
            "TableName": "round-trip",
            "Tags": TAGS,
            "TimeToLiveSpecification": {"AttributeName": "ends", "Enabled": True},
        },
        lambda dynamodb, id: [
            table := dynamodb.describe_table(TableName=id),
            dynamodb.describe_time_to_live(TableName=id),
            dynamodb.list_tags_of_resource(ResourceArn=table["Table"]["TableArn"]),
        ],
    ),
    "AWS::Events::EventBus": (
        "events",
        {"Description": "a bus", "KmsKeyIdentifier": KEY, "Name": "round-trip", "Tags": TAGS},
        lambda events, id: [
            bus := events.describe_event_bus(Name=id),
            events.list_tags_for_resource(ResourceARN=bus["Arn"]),
        ],
    ),
    "AWS::Events::Rule": (
        "events",
        {
            "Description": "a rule",
            "Name": "round-trip",
            "RoleArn": ROLE,
            "ScheduleExpression": "rate(5 minutes)",
            "State": "DISABLED",
            "Tags": TAGS,
            "Targets": [
                {
                    "Arn": "arn:aws:states:eu-west-1:111111111111:stateMachine:x",
                    "Id": "machine",
                    "RoleArn": ROLE,
                    "Input": '{"a": 1}',
                    "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-west-1:111111111111:dead"},
                    "RetryPolicy": {"MaximumRetryAttempts": 4},
                }
            ],
        },
        lambda events, id: [
            rule := events.describe_rule(Name=id),
            events.list_targets_by_rule(Rule=id),
            events.list_tags_for_resource(ResourceARN=rule["Arn"]),
        ],
    ),
    "AWS::CodeBuild::Project": (
        "codebuild",
        {
            "Artifacts": {"Type": "NO_ARTIFACTS"},
            "Cache": {"Type": "LOCAL", "Modes": ["LOCAL_DOCKER_LAYER_CACHE"]},
            "ConcurrentBuildLimit": 3,
            "Description": "a project",
            "EncryptionKey": KEY,
            "Environment": {
                "ComputeType": "BUILD_GENERAL1_LARGE",
                "Image": "aws/codebuild/standard:7.0",
                "Type": "LINUX_CONTAINER",
            },
            "LogsConfig": {"S3Logs": {"Status": "DISABLED"}},
            "Name": "round-trip",
            "QueuedTimeoutInMinutes": 77,
            "ServiceRole": ROLE,
            "Source": {"Type": "S3", "Location": "b/s.zip", "BuildSpec": "version: 0.2"},
            "SourceVersion": "main",
            "Tags": [{"Key": "tag-key", "Value": "tag-value"}],
            "TimeoutInMinutes": 42,
            "VpcConfig": {"VpcId": "vpc-1", "Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        },
        lambda codebuild, id: codebuild.batch_get_projects(names=[id]),
    ),
    "AWS::SageMaker::EndpointConfig": (
        "sagemaker",
        {
            "AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://async/out"}},
            "DataCaptureConfig": {
                "CaptureOptions": [{"CaptureMode": "Output"}],
                "DestinationS3Uri": "s3://capture/x",
                "InitialSamplingPercentage": 37,
            },
            "EnableNetworkIsolation": True,
            "EndpointConfigName": "round-trip",
            "ExecutionRoleArn": ROLE,
            "KmsKeyId": KEY,
            "ProductionVariants": [{**VARIANT, "VariantName": "primary"}],
            "ShadowProductionVariants": [{**VARIANT, "VariantName": "shadow"}],
            "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
            "Tags": TAGS,
        },
        lambda sagemaker, id: [
            sagemaker.describe_endpoint_config(EndpointConfigName=id.rsplit("/", 1)[1]),
            sagemaker.list_tags(ResourceArn=id),
        ],
    ),
    "AWS::CloudWatch::Alarm": (
        "cloudwatch",
        {
            "ActionsEnabled": False,
            "AlarmActions": ["arn:aws:sns:eu-west-1:111111111111:a"],
            "AlarmDescription": "an alarm",
            "AlarmName": "round-trip",
            "ComparisonOperator": "LessThanThreshold",
            "DatapointsToAlarm": 2,
            "Dimensions": [{"Name": "EndpointName", "Value": "churn"}],
            "EvaluateLowSampleCountPercentile": "ignore",
            "EvaluationPeriods": 4,
            "ExtendedStatistic": "p99",
            "InsufficientDataActions": ["arn:aws:sns:eu-west-1:111111111111:b"],
            "MetricName": "ModelLatency",
            "Namespace": "AWS/SageMaker",
            "OKActions": ["arn:aws:sns:eu-west-1:111111111111:c"],
            "Period": 120,
            "Threshold": 0.75,
            "TreatMissingData": "breaching",
            "Unit": "Microseconds",
            "Tags": TAGS,
        },
        lambda cloudwatch, id: [
            alarms := cloudwatch.describe_alarms(AlarmNames=[id]),
            cloudwatch.list_tags_for_resource(ResourceARN=alarms["MetricAlarms"][0]["AlarmArn"]),
        ],
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        "application-autoscaling",
        {
            "MaxCapacity": 9,
            "MinCapacity": 2,
            "ResourceId": "endpoint/x/variant/y",
            "RoleARN": ROLE,
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ServiceNamespace": "sagemaker",
            "SuspendedState": {"ScheduledScalingSuspended": True},
        },
        lambda scaling, id: scaling.describe_scalable_targets(ServiceNamespace="sagemaker"),
    ),
    "AWS::Scheduler::Schedule": (
        "scheduler",
        {
            "Description": "a schedule",
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 13},
            "KmsKeyArn": KEY,
            "Name": "round-trip",
            "ScheduleExpression": "rate(1 day)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "State": "DISABLED",
            "Target": {
                "Arn": "arn:aws:states:eu-west-1:111111111111:stateMachine:x",
                "RoleArn": ROLE,
                "DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-west-1:111111111111:dead"},
            },
        },
        lambda scheduler, id: scheduler.get_schedule(Name=id),
    ),
    "AWS::StepFunctions::StateMachine": (
        "stepfunctions",
        {
            "DefinitionString": '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}',
            "EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": KEY},
            "RoleArn": ROLE,
            "StateMachineName": "round-trip",
            "StateMachineType": "EXPRESS",
            "TracingConfiguration": {"Enabled": True},
            "Tags": TAGS,
        },
        lambda states, id: [
            states.describe_state_machine(stateMachineArn=id),
            states.list_tags_for_resource(resourceArn=id),
        ],
    ),
    "AWS::KMS::Key": (
        "kms",
        {
            "Description": "a key",
            "EnableKeyRotation": True,
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "MultiRegion": True,
            "RotationPeriodInDays": 99,
            "Tags": TAGS,
        },
        lambda kms, id: [
            kms.describe_key(KeyId=id),
            kms.get_key_rotation_status(KeyId=id),
            kms.list_resource_tags(KeyId=id),
        ],
    ),
    "AWS::SSM::Parameter": (
        "ssm",
        {
            "AllowedPattern": "[a-z]+",
            "DataType": "text",
            "Description": "a parameter",
            "Name": "/round/trip",
            "Tier": "Advanced",
            "Type": "StringList",
            "Value": "abc",
        },
        lambda ssm, id: [ssm.describe_parameters(), ssm.get_parameter(Name=id)],
    ),
    "AWS::EC2::FlowLog": (
        "ec2",
        {
            "DeliverLogsPermissionArn": ROLE,
            "LogFormat": "${version} ${vpc-id}",
            "LogGroupName": "/flow",
            "MaxAggregationInterval": 60,
            "ResourceId": {"Ref": "Vpc"},
            "ResourceType": "VPC",
            "TrafficType": "REJECT",
            "Tags": TAGS,
        },
        lambda ec2, id: ec2.describe_flow_logs(FlowLogIds=[id]),
    ),
}
NEEDED = {
    "AWS::CloudTrail::Trail": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}}},
    "AWS::Logs::MetricFilter": {
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/filtered"}}
    },
    "AWS::SageMaker::EndpointConfig": {"Model": MODEL},
    "AWS::EC2::FlowLog": {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/flow"}},
    },
}
NOT_DESCRIBED = {"AWS::EC2::FlowLog": {"VPC"}}
"""Values that tell the service what the id is, and that no operation shows."""


def _leaves(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in tree):
        for value in tree.values():
            yield from _leaves(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _leaves(value)
    elif not isinstance(tree, dict):
        yield str(tree).lower()


@pytest.mark.parametrize("type", CASES)
def test_the_service_shows_every_property(stacks: Any, type: str) -> None:
    service, properties, describe = CASES[type]
    resources = {"Thing": {"Type": type, "Properties": properties}, **NEEDED.get(type, {})}
    stacks.create(resources)
    assert stacks.failures() == []
    shown = describe(stacks.client(service), stacks.physical_id("Thing"))
    text = json.dumps(shown, default=str).lower().replace("\\", "")
    values = [v for v in _leaves(properties) if v.upper() not in NOT_DESCRIBED.get(type, set())]
    missing = [value for value in values if value.replace("\\", "") not in text]
    assert missing == []


@pytest.mark.parametrize("type", CASES)
def test_the_cases_have_the_adapters_properties(type: str) -> None:
    [adapter] = [adapter for adapter in ADAPTERS if adapter.type == type]
    assert CASES[type][1].keys() <= adapter.properties
