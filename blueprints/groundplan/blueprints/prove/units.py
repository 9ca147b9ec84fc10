"""Which resources a unit of a plan makes that a policy may protect: one row a unit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.plan.alarms import TopicPlan
from groundplan.blueprints.plan.batch_capacity import BatchCapacityPlan
from groundplan.blueprints.plan.code_pipeline import BuildProjectPlan, CodePipelinePlan
from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.delivery_pipeline import FailureRulePlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.lock_table import LockTablePlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.policy import PolicyDocument
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.blueprints.plan.stage_0_plan import BoundaryPlan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.prove.stand_ins import key_arn, mlflow_arn


@dataclass(frozen=True, slots=True)
class Found:
    """A resource that a unit makes."""

    kind: str
    arn: str
    name: str
    policy: PolicyDocument | None = None
    aliases: tuple[str, ...] = ()


def resources_of(unit: object, place: Place, scope: str) -> Iterator[Found]:
    """Yield the resources that a unit makes; none for what is not a unit.

    Args:
        unit: Any part of a plan.
        place: Account and region.
        scope: Stage of the unit.
    """
    make = _ROWS.get(type(unit))
    if make is not None:
        yield from make(unit, place, scope)


def known(kind: type) -> bool:
    """Return whether units of a class have a row."""
    return kind in _ROWS


def _named(kind: str) -> Callable[[Any, Place, str], Iterator[Found]]:
    def make(unit: Any, place: Place, scope: str) -> Iterator[Found]:
        yield Found(kind, unit.arn, unit.name, getattr(unit, "policy", None))

    return make


def _key(unit: EncryptionKeyPlan, place: Place, scope: str) -> Iterator[Found]:
    arn = key_arn(place, unit.alias)
    yield Found("AWS::KMS::Key", arn, unit.alias, unit.policy, (unit.alias,))


def _bucket(unit: DataBucketPlan, place: Place, scope: str) -> Iterator[Found]:
    yield Found("AWS::S3::Bucket", place.bucket_arn(unit.name), unit.name, unit.policy)


def _pipeline(unit: PipelinePlan, place: Place, scope: str) -> Iterator[Found]:
    yield Found("AWS::StepFunctions::StateMachine", unit.arn, unit.name)
    for item in unit.schedules:
        arn = place.arn("scheduler", f"schedule/{item.group_name}/{item.name}")
        yield Found("AWS::Scheduler::Schedule", arn, item.name)
    if unit.dead_letter_queue_name is not None:
        name = unit.dead_letter_queue_name
        yield Found("AWS::SQS::Queue", place.arn("sqs", name), name, unit.dead_letter_queue_policy)


def _endpoint(unit: EndpointPlan, place: Place, scope: str) -> Iterator[Found]:
    yield Found("AWS::SageMaker::Endpoint", unit.arn, unit.name)
    component = unit.component
    if component is not None:
        yield Found("AWS::SageMaker::InferenceComponent", component.arn, component.name)
    parameter = place.arn("ssm", f"parameter/{unit.live_parameter.lstrip('/')}")
    yield Found("AWS::SSM::Parameter", parameter, unit.live_parameter)


def _network(unit: NetworkPlan, place: Place, scope: str) -> Iterator[Found]:
    yield Found("AWS::EC2::VPC", place.arn("ec2", f"vpc/vpc-{scope}"), unit.name)
    for index, _ in enumerate(unit.subnets):
        name = f"subnet-{scope}-{index}"
        yield Found("AWS::EC2::Subnet", place.arn("ec2", f"subnet/{name}"), name)
    group = f"sg-{scope}"
    yield Found("AWS::EC2::SecurityGroup", place.arn("ec2", f"security-group/{group}"), group)
    for endpoint in unit.endpoints:
        name = f"vpce-{scope}-{endpoint.service.partition('.')[2].split('.', 2)[-1]}"
        arn = place.arn("ec2", f"vpc-endpoint/{name}")
        yield Found("AWS::EC2::VPCEndpoint", arn, name, endpoint.policy)


def _batch(unit: BatchCapacityPlan, place: Place, scope: str) -> Iterator[Found]:
    environment = "AWS::Batch::ComputeEnvironment"
    yield Found(environment, unit.compute_environment_arn, unit.compute_environment)
    yield Found("AWS::Batch::JobQueue", unit.job_queue_arn, unit.job_queue)


def _mlflow(unit: MlflowPlan, place: Place, scope: str) -> Iterator[Found]:
    kind = "MlflowApp" if unit.kind == "app" else "MlflowTrackingServer"
    yield Found(f"AWS::SageMaker::{kind}", mlflow_arn(unit, place, scope), unit.name)


def _stack(unit: StackPlan, place: Place, scope: str) -> Iterator[Found]:
    arn = place.arn("cloudformation", f"stack/{unit.name}/{unit.id}")
    yield Found("AWS::CloudFormation::Stack", arn, unit.name)


_ROWS: dict[type, Callable[[Any, Place, str], Iterator[Found]]] = {
    BatchCapacityPlan: _batch,
    BuildProjectPlan: _named("AWS::CodeBuild::Project"),
    CodePipelinePlan: _named("AWS::CodePipeline::Pipeline"),
    BoundaryPlan: _named("AWS::IAM::ManagedPolicy"),
    ContainerRepositoryPlan: _named("AWS::ECR::Repository"),
    DataBucketPlan: _bucket,
    EncryptionKeyPlan: _key,
    EndpointPlan: _endpoint,
    EventBusPlan: _named("AWS::Events::EventBus"),
    EventRulePlan: _named("AWS::Events::Rule"),
    FailureRulePlan: _named("AWS::Events::Rule"),
    ImageBuildPlan: _named("AWS::CodeBuild::Project"),
    LockTablePlan: _named("AWS::DynamoDB::Table"),
    LogGroupPlan: _named("AWS::Logs::LogGroup"),
    MlflowPlan: _mlflow,
    ModelRegistryPlan: _named("AWS::SageMaker::ModelPackageGroup"),
    MonitoringSchedulePlan: _named("AWS::SageMaker::MonitoringSchedule"),
    NetworkPlan: _network,
    PipelinePlan: _pipeline,
    StackPlan: _stack,
    TopicPlan: _named("AWS::SNS::Topic"),
    UndeliveredEventsPlan: _named("AWS::SQS::Queue"),
}
