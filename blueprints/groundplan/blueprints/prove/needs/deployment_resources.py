"""Which resources CloudFormation makes of each unit of a plan: one row a unit.

A test compares the rows with the templates of all examples, type by type.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from groundplan.blueprints.plan.alarms import AlarmPlan, TopicPlan
from groundplan.blueprints.plan.batch_capacity import BatchCapacityPlan
from groundplan.blueprints.plan.budget import BudgetPlan
from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.context import DATA, TOOLING
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.deployment_policies.direct import SOURCE_OBJECT
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.image_build import SOURCES, ImageBuildPlan
from groundplan.blueprints.plan.lock_table import LockTablePlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.names import LIMITS, Place, name
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import RolePlan, iam_path
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.prove.stand_ins import key_arn

HASH_CHARACTERS = 9
"""Characters of the hyphen and hash at the end of a name that was cut."""
NEW = "x0"
"""What stands for a name or id that AWS makes up."""


@dataclass(frozen=True, slots=True)
class On:
    """A resource that a call is on."""

    arn: str
    """Exactly."""

    widest: str
    """Widest pattern of such resources that are the stage's, or whose guard limits them to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A resource of a stack, and what its handlers' calls are on."""

    type: str
    """CloudFormation type."""

    on: Mapping[str, On]
    """Resources by kind in the Service Authorization Reference, that of the type itself first."""

    passes: tuple[tuple[str, str], ...] = ()
    """Roles that it hands to a service."""

    linked: tuple[tuple[str, str], ...] = ()
    """Service-linked roles that its first use in an account makes, and their services."""

    given: Mapping[str, str] = field(default_factory=dict)
    """Condition keys of its calls."""

    ahead: bool = False
    """Whether no stack has it now, but may after a change of the spec that needs no administrator."""

    @property
    def own(self) -> str:
        """Kind of the resource itself."""
        return next(iter(self.on))


@dataclass(frozen=True, slots=True)
class Where:
    """The stack that holds a unit."""

    project: str
    stack: StackPlan
    values: Mapping[Ref, str]
    registries: Mapping[str, str]
    """ARNs of model package groups by name."""

    @property
    def place(self) -> Place:
        """Account and region."""
        return self.stack.place

    def named(self, arn: str, kind: str) -> On:
        """Return a resource whose name begins with project and stage, cut where names are."""
        return On(arn, self._widest(arn, f"{self.project}-{self.stack.scope}-", kind))

    def of_project(self, arn: str, kind: str, separator: str = "-") -> On:
        """Return a resource whose name begins with the project only."""
        return On(arn, self._widest(arn, f"{self.project}{separator}", kind))

    def key(self, arn: str) -> On:
        """Return a key: AWS assigns ids, so a condition has to tell which."""
        return On(arn, self.place.arn("kms", "key/*"))

    def minted(self, service: str, kind: str, id: str = NEW) -> On:
        """Return a resource whose id AWS assigns."""
        return On(self.place.arn(service, f"{kind}/{id}"), self.place.arn(service, f"{kind}/*"))

    def role(self, arn: str) -> On:
        """Return a role of the project."""
        return On(arn, self.place.iam_arn(f"role{iam_path(self.project)}*"))

    def text(self, value: Any) -> str:
        """Return a value with its stand-in for what AWS assigns."""
        return self.values[value] if isinstance(value, Ref) else str(value)

    def _widest(self, arn: str, start: str, kind: str) -> str:
        before, found, _ = arn.partition(start)
        if found:
            return f"{before}{start}*"
        cut = start[: LIMITS[kind] - HASH_CHARACTERS].rstrip("-") if kind in LIMITS else start
        before, found, _ = arn.partition(cut)
        return f"{before}{cut}*" if found else arn


def deployed(unit: object, where: Where) -> Iterator[Deployed]:
    """Yield the resources that a unit makes, without those of units within it."""
    make = _ROWS.get(type(unit))
    if make is not None:
        yield from make(unit, where)


def ahead(at: Where) -> Iterator[Deployed]:
    """Yield what any environment and the tooling may come to hold: schedules, rules and their kin.

    Stage 0 gives their roles leave ahead, under the names of their own stage only, so that a trigger,
    a release or a notification can be added to a spec without an administrator.
    """
    place, scope = at.place, at.stack.scope
    if scope == DATA or scope.startswith(f"{DATA}-"):
        return
    name = f"{at.project}-{scope}-{NEW}"
    role = place.iam_arn(f"role{iam_path(at.project)}{name}")
    found = [*_queue(place.arn("sqs", name), at)]
    for bus, rule in (("default", name), ("custom", f"{name}/{name}")):
        if bus == "default" or scope != TOOLING:
            arn = place.arn("events", f"rule/{rule}")
            own = On(arn, arn.replace(NEW, "*"))
            found.append(
                Deployed(
                    type="AWS::Events::Rule",
                    on={f"rule-on-{bus}-event-bus": own},
                    passes=((role, "events.amazonaws.com"),),
                )
            )
    alarm = at.named(place.arn("cloudwatch", f"alarm:{name}"), "alarm")
    found.append(Deployed(type="AWS::CloudWatch::Alarm", on={"alarm": alarm}))
    topic = at.named(place.arn("sns", name), "topic")
    for kind in ("Topic", "TopicPolicy", "Subscription"):
        found.append(Deployed(type=f"AWS::SNS::{kind}", on={"topic": topic}))
    if scope != TOOLING:
        found += [*_schedules(at, name, None, role), *_schedules(at, name, name, role)]
        for prefix in ("/aws/sagemaker/Endpoints/", f"/groundplan/{at.project}/{scope}/"):
            own_name = name if prefix.startswith("/aws/") else NEW
            arn = place.arn("logs", f"log-group:{prefix}{own_name}")
            group = On(arn, arn.replace(NEW, "*"))
            found.append(Deployed(type="AWS::Logs::LogGroup", on={"log-group": group}))
    for item in found:
        yield replace(item, ahead=True)


def _schedules(at: Where, group: str, name: str | None, role: str) -> Iterator[Deployed]:
    """Yield a group of schedules, and one in it."""
    place, own = at.place, f"{at.project}-{at.stack.scope}-"
    any_schedule = place.arn("scheduler", f"schedule/{own}*/{own}*")
    if name is not None:
        yield Deployed(
            type="AWS::Scheduler::Schedule",
            on={"schedule": On(place.arn("scheduler", f"schedule/{group}/{name}"), any_schedule)},
            passes=((role, "scheduler.amazonaws.com"),),
        )
        return
    yield Deployed(
        type="AWS::Scheduler::ScheduleGroup",
        on={
            "schedule-group": at.named(
                place.arn("scheduler", f"schedule-group/{group}"), "schedule-group"
            ),
            "schedule": On(place.arn("scheduler", f"schedule/{group}/{own}{NEW}"), any_schedule),
        },
    )


def _key(unit: EncryptionKeyPlan, at: Where) -> Iterator[Deployed]:
    key = at.key(key_arn(at.place, unit.alias))
    yield Deployed(type="AWS::KMS::Key", on={"key": key})
    alias = at.named(unit.alias_arn, "key-alias")
    yield Deployed(type="AWS::KMS::Alias", on={"alias": alias, "key": key})


def _bucket(unit: DataBucketPlan, at: Where) -> Iterator[Deployed]:
    bucket = at.named(at.place.bucket_arn(unit.name), "bucket")
    yield Deployed(type="AWS::S3::Bucket", on={"bucket": bucket})
    yield Deployed(type="AWS::S3::BucketPolicy", on={"bucket": bucket})


def _role(unit: RolePlan, at: Where) -> Iterator[Deployed]:
    role = at.role(unit.arn)
    bounded = {"iam:PermissionsBoundary": unit.permissions_boundary or ""}
    path = at.place.iam_arn(f"policy{unit.path}")
    arns = [f"{path}{policy.name}" for policy in unit.policies]
    for arn in arns:
        policy = On(arn, at.place.iam_arn(f"policy{iam_path(at.project)}*"))
        yield Deployed(
            type="AWS::IAM::ManagedPolicy",
            on={"policy": policy, "role": role},
            given={**bounded, "iam:PolicyARN": arn},
        )
    first = {"iam:PolicyARN": arns[0]} if arns else {}
    yield Deployed(type="AWS::IAM::Role", on={"role": role}, given={**bounded, **first})


def _log_group(unit: LogGroupPlan, at: Where) -> Iterator[Deployed]:
    group = at.named(unit.arn, "log-group")
    if group.widest == unit.arn and unit.name.startswith("/aws/codebuild/"):
        group = at.of_project(unit.arn, "log-group", "-image")
    if unit.name.startswith(f"/groundplan/{at.project}/{at.stack.scope}/"):
        group = at.of_project(unit.arn, "log-group", f"/{at.stack.scope}/")
    yield Deployed(type="AWS::Logs::LogGroup", on={"log-group": group})


def _topic(unit: TopicPlan, at: Where) -> Iterator[Deployed]:
    topic = at.named(unit.arn, "topic")
    yield Deployed(type="AWS::SNS::Topic", on={"topic": topic})
    yield Deployed(type="AWS::SNS::TopicPolicy", on={"topic": topic})
    for _ in unit.emails:
        yield Deployed(type="AWS::SNS::Subscription", on={"topic": topic})


def _table(unit: LockTablePlan, at: Where) -> Iterator[Deployed]:
    yield Deployed(
        type="AWS::DynamoDB::Table",
        on={"table": at.named(unit.arn, "table"), "key": at.key(at.text(unit.encryption_key))},
        given={"kms:ViaService": f"dynamodb.{at.place.region}.amazonaws.com"},
    )


def _bus(unit: EventBusPlan, at: Where) -> Iterator[Deployed]:
    bus = at.named(unit.arn, "event-bus")
    yield Deployed(type="AWS::Events::EventBus", on={"event-bus": bus})
    policy = Deployed(type="AWS::Events::EventBusPolicy", on={"event-bus": bus})
    yield from (policy for _ in unit.statements)
    if not unit.statements:
        yield replace(policy, ahead=True)  # another account may come to send events


def _rule(unit: EventRulePlan, at: Where) -> Iterator[Deployed]:
    bus = "default" if unit.bus_name is None else "custom"
    yield Deployed(
        type="AWS::Events::Rule",
        on={f"rule-on-{bus}-event-bus": at.named(unit.arn, "rule")},
        passes=((unit.role.arn, "events.amazonaws.com"),),
    )


def _build(unit: ImageBuildPlan, at: Where) -> Iterator[Deployed]:
    yield Deployed(
        type="AWS::CodeBuild::Project",
        on={"project": at.of_project(unit.arn, "codebuild-project", "-image")},
        passes=((unit.role.arn, "codebuild.amazonaws.com"),),
    )
    rule = at.place.arn("events", f"rule/{unit.rule_name}")
    yield Deployed(
        type="AWS::Events::Rule",
        on={"rule-on-default-event-bus": at.of_project(rule, "rule", "-build")},
        passes=((unit.trigger_role.arn, "events.amazonaws.com"),),
    )
    if unit.source_prefix is not None:
        yield _source(unit.source_prefix, at)


def _source(prefix: str, at: Where) -> Deployed:
    """Return the source of an image, which Pulumi uploads."""
    artifacts = name("bucket", at.project, TOOLING, "artifacts", at.place.account)
    bucket = at.place.bucket_arn(artifacts)
    key = at.key(key_arn(at.place, name("key-alias", at.project, TOOLING)))
    return Deployed(
        type=SOURCE_OBJECT,
        on={
            "object": On(f"{bucket}/{prefix}{NEW}.zip", f"{bucket}/{SOURCES}*"),
            "key": key,
        },
        given={"kms:ViaService": f"s3.{at.place.region}.amazonaws.com"},
    )


def _repository(unit: ContainerRepositoryPlan, at: Where) -> Iterator[Deployed]:
    yield Deployed(
        type="AWS::ECR::Repository",
        on={
            "repository": at.of_project(unit.arn, "repository", "/"),
            "key": at.key(at.text(unit.encryption_key)),
        },
    )


def _registry(unit: ModelRegistryPlan, at: Where) -> Iterator[Deployed]:
    group = at.of_project(unit.arn, "model-package-group")
    yield Deployed(type="AWS::SageMaker::ModelPackageGroup", on={"model-package-group": group})


def _pipeline(unit: PipelinePlan, at: Where) -> Iterator[Deployed]:
    yield Deployed(
        type="AWS::StepFunctions::StateMachine",
        on={"statemachine": at.named(unit.arn, "state-machine")},
        passes=((unit.role.arn, "states.amazonaws.com"),),
    )
    role = unit.schedule_role.arn if unit.schedule_role is not None else ""
    for item in unit.schedules:
        yield from _schedules(at, item.group_name, item.name, role)
    if unit.schedule_group is not None:
        yield from _schedules(at, unit.schedule_group, None, role)
    if unit.dead_letter_queue_name is not None:
        yield from _queue(at.place.arn("sqs", unit.dead_letter_queue_name), at)


def _undelivered(unit: UndeliveredEventsPlan, at: Where) -> Iterator[Deployed]:
    yield from _queue(unit.arn, at)


def _queue(arn: str, at: Where) -> Iterator[Deployed]:
    queue = at.named(arn, "state-machine")
    yield Deployed(type="AWS::SQS::Queue", on={"queue": queue})
    yield Deployed(type="AWS::SQS::QueuePolicy", on={"queue": queue})


def _alarm(unit: AlarmPlan, at: Where) -> Iterator[Deployed]:
    yield Deployed(type="AWS::CloudWatch::Alarm", on={"alarm": at.named(unit.arn, "alarm")})


def _budget(unit: BudgetPlan, at: Where) -> Iterator[Deployed]:
    home = f"arn:{at.place.partition}:{{}}::{at.place.account}"
    budget = f"{home.format('budgets')}:budget/{unit.name}"
    view = f"{home.format('billing')}:billingview/primary"
    yield Deployed(
        type="AWS::Budgets::Budget",
        on={"budget": at.named(budget, "budget"), "billingview": On(view, view)},
    )


def _network(unit: NetworkPlan, at: Where) -> Iterator[Deployed]:
    scope = at.stack.scope
    vpc = at.minted("ec2", "vpc", f"vpc-{scope}")
    table = at.minted("ec2", "route-table", f"rtb-{scope}")
    group = at.minted("ec2", "security-group", f"sg-{scope}")
    rule = at.minted("ec2", "security-group-rule")
    subnets = [
        at.minted("ec2", "subnet", f"subnet-{scope}-{item}") for item, _ in enumerate(unit.subnets)
    ]
    yield Deployed(type="AWS::EC2::VPC", on={"vpc": vpc})
    yield Deployed(type="AWS::EC2::RouteTable", on={"route-table": table, "vpc": vpc})
    for subnet in subnets:
        yield Deployed(type="AWS::EC2::Subnet", on={"subnet": subnet, "vpc": vpc})
        yield Deployed(
            type="AWS::EC2::SubnetRouteTableAssociation",
            on={"subnet": subnet, "route-table": table},
        )
    for id in (f"sg-{scope}", f"sg-endpoints-{scope}"):
        own = at.minted("ec2", "security-group", id)
        parts = {"security-group": own, "vpc": vpc, "security-group-rule": rule}
        yield Deployed(type="AWS::EC2::SecurityGroup", on=parts)
    for index, _ in enumerate(unit.endpoints):
        endpoint = at.minted("ec2", "vpc-endpoint", f"vpce-{scope}-{index}")
        parts = {"vpc-endpoint": endpoint, "vpc": vpc, "route-table": table}
        yield Deployed(
            type="AWS::EC2::VPCEndpoint",
            on={**parts, "security-group": group, "subnet": subnets[0]},
        )
    if unit.flow_log is not None:
        yield Deployed(
            type="AWS::EC2::FlowLog",
            on={"vpc-flow-log": at.minted("ec2", "vpc-flow-log", f"fl-{scope}"), "vpc": vpc},
            passes=((unit.flow_log.role_arn, "vpc-flow-logs.amazonaws.com"),),
        )


def _batch(unit: BatchCapacityPlan, at: Where) -> Iterator[Deployed]:
    capacity = at.named(unit.compute_environment_arn, "compute-environment")
    queue = at.named(unit.job_queue_arn, "job-queue")
    role = "role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
    yield Deployed(
        type="AWS::Batch::ComputeEnvironment",
        on={"compute-environment": capacity},
        linked=((at.place.iam_arn(role), "batch.amazonaws.com"),),
    )
    yield Deployed(
        type="AWS::Batch::JobQueue", on={"job-queue": queue, "compute-environment": capacity}
    )


def _endpoint(unit: EndpointPlan, at: Where) -> Iterator[Deployed]:
    config, model = at.minted("sagemaker", "endpoint-config"), at.minted("sagemaker", "model")
    passes = ((unit.execution_role_arn, "sagemaker.amazonaws.com"),)
    endpoint = On(unit.arn, unit.arn)
    group = at.registries.get(name("model-package-group", at.project, unit.model), "")
    versions = group.replace(":model-package-group/", ":model-package/")
    version = On(f"{versions}/1", f"{versions}/*")
    for _ in ("served", "shadow"):
        parts = {"model": model, "model-package": version}
        yield Deployed(type="AWS::SageMaker::Model", on=parts, passes=passes)
    # another instance type may have volumes to encrypt where this one's storage is local
    key = at.key(key_arn(at.place, name("key-alias", at.project, at.stack.scope)))
    on = {"endpoint-config": config, "key": key}
    yield Deployed(
        type="AWS::SageMaker::EndpointConfig",
        on=on,
        passes=() if unit.component is None else passes,
    )
    yield Deployed(
        type="AWS::SageMaker::Endpoint", on={"endpoint": endpoint, "endpoint-config": config}
    )
    dimension = "sagemaker:variant:DesiredInstanceCount"
    scaled = f"endpoint/{unit.name}/variant/"
    if unit.component is not None:
        component = at.place.arn("sagemaker", f"inference-component/{unit.name}")
        dimension = "sagemaker:inference-component:DesiredCopyCount"
        scaled = f"inference-component/{unit.name}-Alarm"
        yield Deployed(
            type="AWS::SageMaker::InferenceComponent",
            on={"inference-component": On(component, component), "endpoint": endpoint},
        )
    service = "sagemaker.application-autoscaling.amazonaws.com"
    linked = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    alarms = at.place.arn("cloudwatch", f"alarm:TargetTracking-{scaled}")
    for kind in ("ScalableTarget", "ScalingPolicy"):
        yield Deployed(
            type=f"AWS::ApplicationAutoScaling::{kind}",
            on={
                "ScalableTarget": at.minted("application-autoscaling", "scalable-target"),
                "alarm": On(f"{alarms}{NEW}", f"{alarms}*"),
            },
            linked=((at.place.iam_arn(f"role/aws-service-role/{service}/{linked}"), service),),
            given={
                "application-autoscaling:service-namespace": "sagemaker",
                "application-autoscaling:scalable-dimension": dimension,
            },
            ahead=unit.scaling is None and unit.component is None,
        )


def _monitoring(unit: MonitoringSchedulePlan, at: Where) -> Iterator[Deployed]:
    yield Deployed(
        type="AWS::SageMaker::MonitoringSchedule",
        on={"monitoring-schedule": On(unit.arn, unit.arn)},
        passes=((unit.role_arn, "sagemaker.amazonaws.com"),),
    )


_ROWS: dict[type, Callable[[Any, Where], Iterator[Deployed]]] = {
    AlarmPlan: _alarm,
    BatchCapacityPlan: _batch,
    BudgetPlan: _budget,
    ContainerRepositoryPlan: _repository,
    DataBucketPlan: _bucket,
    EncryptionKeyPlan: _key,
    EndpointPlan: _endpoint,
    EventBusPlan: _bus,
    EventRulePlan: _rule,
    ImageBuildPlan: _build,
    LockTablePlan: _table,
    LogGroupPlan: _log_group,
    ModelRegistryPlan: _registry,
    MonitoringSchedulePlan: _monitoring,
    NetworkPlan: _network,
    PipelinePlan: _pipeline,
    RolePlan: _role,
    TopicPlan: _topic,
    UndeliveredEventsPlan: _undelivered,
}
