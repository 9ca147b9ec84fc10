"""What AWS answers for a resource of either engine: its id and its ARN.

Both follow from the name, so that a reference and a name that the plan wrote are the same text. Where AWS
assigns the id, ``{id}`` stands for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.plan.names import Place


@dataclass(frozen=True, slots=True)
class Answer:
    """Id and ARN of a resource, as patterns over its properties."""

    id: str
    """What refers to the resource."""

    arn: str = ""
    """``SERVICE RESOURCE``, or the whole ARN."""

    more: Mapping[str, str] | None = None
    """Other values, by their names."""

    def of(
        self, properties: Mapping[str, Any], place: Place, assigned: str
    ) -> tuple[str, dict[str, str]]:
        """Return the id, and all values by their names."""
        known = {
            "id": assigned,
            "region": place.region,
            "account": place.account,
            **{key: value for key, value in properties.items() if isinstance(value, str)},
        }
        arn = self.arn.format_map(known)
        if " " in arn:
            service, _, resource = arn.partition(" ")
            if service == "iam":
                arn = place.iam_arn(resource)
            elif service == "s3":
                arn = place.bucket_arn(resource)
            else:
                arn = place.arn(service, resource)
        own = self.id.format_map({**known, "arn": arn})
        more = {key: text.format_map(known) for key, text in (self.more or {}).items()}
        return own, {"arn": arn, "id": own, **more}


QUEUE_URL = "https://sqs.{region}.amazonaws.com/{account}/"

TEMPLATE = {
    "AWS::ApplicationAutoScaling::ScalableTarget": Answer(
        "{ResourceId}|{ScalableDimension}|{ServiceNamespace}"
    ),
    "AWS::Batch::ComputeEnvironment": Answer(
        "{arn}", "batch compute-environment/{ComputeEnvironmentName}"
    ),
    "AWS::Batch::JobQueue": Answer("{arn}", "batch job-queue/{JobQueueName}"),
    "AWS::CloudWatch::Alarm": Answer("{AlarmName}", "cloudwatch alarm:{AlarmName}"),
    "AWS::CodeBuild::Project": Answer("{Name}", "codebuild project/{Name}"),
    "AWS::CodeConnections::Connection": Answer("{id}", more={"ConnectionArn": "{id}"}),
    "AWS::CodePipeline::Pipeline": Answer("{Name}", "codepipeline {Name}"),
    "AWS::DynamoDB::Table": Answer("{TableName}", "dynamodb table/{TableName}"),
    "AWS::EC2::RouteTable": Answer("{id}"),
    "AWS::EC2::SecurityGroup": Answer("{id}", more={"GroupId": "{id}"}),
    "AWS::EC2::Subnet": Answer("{id}"),
    "AWS::EC2::VPC": Answer("{id}"),
    "AWS::ECR::Repository": Answer("{RepositoryName}", "ecr repository/{RepositoryName}"),
    "AWS::Events::EventBus": Answer("{Name}", "events event-bus/{Name}"),
    "AWS::IAM::ManagedPolicy": Answer("{arn}", "iam policy{Path}{ManagedPolicyName}"),
    "AWS::IAM::Role": Answer("{RoleName}", "iam role{Path}{RoleName}"),
    "AWS::KMS::Key": Answer("{id}", "kms key/{id}"),
    "AWS::Logs::LogGroup": Answer("{LogGroupName}", "logs log-group:{LogGroupName}:*"),
    "AWS::S3::Bucket": Answer("{BucketName}", "s3 {BucketName}"),
    "AWS::SNS::Topic": Answer("{arn}", "sns {TopicName}"),
    "AWS::SQS::Queue": Answer(f"{QUEUE_URL}{{QueueName}}", "sqs {QueueName}"),
    "AWS::SageMaker::Endpoint": Answer(
        "{arn}", "sagemaker endpoint/{EndpointName}", {"EndpointName": "{EndpointName}"}
    ),
    "AWS::SageMaker::EndpointConfig": Answer("{id}", more={"EndpointConfigName": "{id}"}),
    "AWS::SageMaker::MlflowApp": Answer("{arn}", "sagemaker mlflow-app/{id}"),
    "AWS::SageMaker::Model": Answer("{id}", more={"ModelName": "{id}"}),
    "AWS::Scheduler::ScheduleGroup": Answer("{Name}", "scheduler schedule-group/{Name}"),
    "AWS::StepFunctions::StateMachine": Answer(
        "{arn}", "states stateMachine:{StateMachineName}"
    ),
}  # fmt: skip
"""By type. ``Ref`` is the id; ``Fn::GetAtt`` is by name, ``Arn`` among them."""

PROGRAM = {
    "aws:appautoscaling/target:Target": Answer("{resourceId}"),
    "aws:batch/computeEnvironment:ComputeEnvironment": Answer(
        "{arn}", "batch compute-environment/{name}"
    ),
    "aws:batch/jobQueue:JobQueue": Answer("{arn}", "batch job-queue/{name}"),
    "aws:cloudwatch/eventBus:EventBus": Answer("{name}", "events event-bus/{name}"),
    "aws:cloudwatch/eventRule:EventRule": Answer("{name}"),
    "aws:cloudwatch/logGroup:LogGroup": Answer("{name}", "logs log-group:{name}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Answer("{name}", "cloudwatch alarm:{name}"),
    "aws:codebuild/project:Project": Answer("{arn}", "codebuild project/{name}"),
    "aws:codeconnections/connection:Connection": Answer("{id}", "{id}"),
    "aws:codepipeline/pipeline:Pipeline": Answer("{name}", "codepipeline {name}"),
    "aws:dynamodb/table:Table": Answer("{name}", "dynamodb table/{name}"),
    "aws:ec2/routeTable:RouteTable": Answer("{id}"),
    "aws:ec2/securityGroup:SecurityGroup": Answer("{id}"),
    "aws:ec2/subnet:Subnet": Answer("{id}"),
    "aws:ec2/vpc:Vpc": Answer("{id}"),
    "aws:ecr/repository:Repository": Answer(
        "{name}",
        "ecr repository/{name}",
        {"repositoryUrl": "{account}.dkr.ecr.{region}.amazonaws.com/{name}"},
    ),
    "aws:iam/policy:Policy": Answer("{arn}", "iam policy{path}{name}"),
    "aws:iam/role:Role": Answer("{name}", "iam role{path}{name}"),
    "aws:kms/key:Key": Answer("{id}", "kms key/{id}", {"keyId": "{id}"}),
    "aws:s3/bucket:Bucket": Answer("{bucket}", "s3 {bucket}"),
    "aws:sagemaker/endpoint:Endpoint": Answer("{name}", "sagemaker endpoint/{name}"),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": Answer("{id}", more={"name": "{id}"}),
    "aws:sagemaker/mlflowApp:MlflowApp": Answer("{arn}", "sagemaker mlflow-app/{id}"),
    "aws:sagemaker/mlflowTrackingServer:MlflowTrackingServer": Answer(
        "{trackingServerName}", "sagemaker mlflow-tracking-server/{trackingServerName}"
    ),
    "aws:sagemaker/model:Model": Answer("{id}", more={"name": "{id}"}),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": Answer(
        "{modelPackageGroupName}", "sagemaker model-package-group/{modelPackageGroupName}"
    ),
    "aws:sagemaker/monitoringSchedule:MonitoringSchedule": Answer(
        "{name}", "sagemaker monitoring-schedule/{name}"
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": Answer("{name}", "scheduler schedule-group/{name}"),
    "aws:sfn/stateMachine:StateMachine": Answer("{arn}", "states stateMachine:{name}"),
    "aws:sns/topic:Topic": Answer("{arn}", "sns {name}"),
    "aws:sqs/queue:Queue": Answer(
        f"{QUEUE_URL}{{name}}", "sqs {name}", {"url": f"{QUEUE_URL}{{name}}"}
    ),
}  # fmt: skip
"""By type. Outputs are ``arn`` and ``id``, those named here, and all inputs."""
