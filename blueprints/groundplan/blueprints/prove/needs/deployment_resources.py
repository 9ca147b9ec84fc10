"""Which resources CloudFormation makes of each unit of a plan: one row a unit.

A test compares the rows with the templates of all examples, type by type.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
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
from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.names import name
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.role import RolePlan, iam_path
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.prove.needs.deployment_network import batch, network
from groundplan.blueprints.prove.needs.deployment_parts import NEW, Deployed, On, Where
from groundplan.blueprints.prove.needs.deployment_serving import endpoint, mlflow, monitoring
from groundplan.blueprints.prove.stand_ins import key_arn


def deployed(unit: object, where: Where) -> Iterator[Deployed]:
    """Yield the resources that a unit makes, without those of units within it."""
    make = _ROWS.get(type(unit))
    if make is not None:
        yield from make(unit, where)


def ahead(at: Where) -> Iterator[Deployed]:
    """Yield what any environment and the tooling may come to hold: pipelines, rules and their kin.

    Stage 0 gives their roles leave ahead, under the names of their own stage only, so that a trigger,
    a release or a notification can be added to a spec without an administrator, with its role.
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
        found += [*_machine(at, name, role), *_bounded(at, role, at.boundary, [name])]
        for prefix in (
            "/aws/sagemaker/Endpoints/",
            "/aws/vendedlogs/states/",
            f"/groundplan/{at.project}/{scope}/",
        ):
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
    names = [policy.name for policy in unit.policies]
    yield from _bounded(at, unit.arn, unit.permissions_boundary or "", names)


def _bounded(at: Where, arn: str, boundary: str, policies: Sequence[str]) -> Iterator[Deployed]:
    """Yield a role with its policies, both made under a boundary."""
    role = at.role(arn)
    bounded = {"iam:PermissionsBoundary": boundary}
    arns = [at.place.iam_arn(f"policy{iam_path(at.project)}{name}") for name in policies]
    for own in arns:
        policy = On(own, at.place.iam_arn(f"policy{iam_path(at.project)}*"))
        yield Deployed(
            type="AWS::IAM::ManagedPolicy",
            on={"policy": policy, "role": role},
            given={**bounded, "iam:PolicyARN": own},
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
    if not unit.emails:
        yield Deployed(type="AWS::SNS::Subscription", on={"topic": topic}, ahead=True)


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


def _machine(at: Where, name: str, role: str) -> Iterator[Deployed]:
    arn = at.place.arn("states", f"stateMachine:{name}")
    yield Deployed(
        type="AWS::StepFunctions::StateMachine",
        on={"statemachine": at.named(arn, "state-machine")},
        passes=((role, "states.amazonaws.com"),),
    )


def _pipeline(unit: PipelinePlan, at: Where) -> Iterator[Deployed]:
    yield from _machine(at, unit.name, unit.role.arn)
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


_ROWS: dict[type, Callable[[Any, Where], Iterator[Deployed]]] = {
    AlarmPlan: _alarm,
    BatchCapacityPlan: batch,
    BudgetPlan: _budget,
    ContainerRepositoryPlan: _repository,
    DataBucketPlan: _bucket,
    EncryptionKeyPlan: _key,
    EndpointPlan: endpoint,
    EventBusPlan: _bus,
    EventRulePlan: _rule,
    ImageBuildPlan: _build,
    LockTablePlan: _table,
    LogGroupPlan: _log_group,
    MlflowPlan: mlflow,
    ModelRegistryPlan: _registry,
    MonitoringSchedulePlan: monitoring,
    NetworkPlan: network,
    PipelinePlan: _pipeline,
    RolePlan: _role,
    TopicPlan: _topic,
    UndeliveredEventsPlan: _undelivered,
}
