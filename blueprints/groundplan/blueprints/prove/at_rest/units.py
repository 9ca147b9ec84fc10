"""Every kind of unit in a plan: how what it keeps is encrypted, or why it keeps nothing.

A kind without a row is a finding, so that a new store cannot be forgotten.
"""

from collections.abc import Callable, Iterator
from typing import Any

from groundplan.blueprints.catalogue import instance_types
from groundplan.blueprints.plan.alarms import AlarmPlan, AlarmsPlan, TopicPlan
from groundplan.blueprints.plan.analyzer import AnalyzerPlan
from groundplan.blueprints.plan.batch_capacity import BatchCapacityPlan
from groundplan.blueprints.plan.bootstrap_roles import BootstrapPlan, BootstrapRolePlan
from groundplan.blueprints.plan.budget import BudgetNotificationPlan, BudgetPlan
from groundplan.blueprints.plan.code_pipeline import (
    ActionPlan,
    BuildProjectPlan,
    CodePipelinePlan,
    ConnectionPlan,
    PipelineStagePlan,
)
from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.data_versions import DataVersionsPlan
from groundplan.blueprints.plan.delivery_pipeline import (
    DeliveryPipelinePlan,
    FailureRulePlan,
    PipelineTarget,
)
from groundplan.blueprints.plan.deployment_policies import HandlerDuty
from groundplan.blueprints.plan.deployment_policies.identity_provider import IdentityProviderPlan
from groundplan.blueprints.plan.encryption_key import EncryptionKeyPlan
from groundplan.blueprints.plan.endpoint import EndpointPlan
from groundplan.blueprints.plan.endpoint_parts import (
    RolloutPlan,
    ScalingPlan,
    ScheduledActionPlan,
)
from groundplan.blueprints.plan.event_bus import EventBusPlan
from groundplan.blueprints.plan.event_rule import EventRulePlan
from groundplan.blueprints.plan.exceptions import CheckException
from groundplan.blueprints.plan.guard_rail_statements import GuardRail
from groundplan.blueprints.plan.guard_rails import GuardRailsPlan, ServiceControlPolicyPlan
from groundplan.blueprints.plan.image_build import ImageBuildPlan
from groundplan.blueprints.plan.inference_component import (
    ComputePlan,
    InferenceComponentPlan,
    WakePlan,
)
from groundplan.blueprints.plan.lock_table import LockTablePlan
from groundplan.blueprints.plan.log_group import LogGroupPlan
from groundplan.blueprints.plan.mlflow import MlflowPlan
from groundplan.blueprints.plan.model_registry import ModelRegistryPlan
from groundplan.blueprints.plan.monitoring_schedule import MonitoringSchedulePlan
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import (
    FlowLogPlan,
    NetworkAttachment,
    NetworkPlan,
    SubnetPlan,
    VpcEndpointPlan,
)
from groundplan.blueprints.plan.pipeline import PipelinePlan, SchedulePlan
from groundplan.blueprints.plan.policy import PolicyDocument, Statement
from groundplan.blueprints.plan.project import Plan
from groundplan.blueprints.plan.ref import Ref
from groundplan.blueprints.plan.role import Duty, ManagedPolicyPlan, RolePlan
from groundplan.blueprints.plan.spot_training import SpotTrainingPlan
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.blueprints.plan.stage_0_plan import BoundaryPlan
from groundplan.blueprints.plan.trail import TrailPlan
from groundplan.blueprints.plan.trail_alarms import MetricFilterPlan
from groundplan.blueprints.plan.trail_events import EventSelectorPlan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.blueprints.prove.at_rest.keys import Exempt, Keys, Outcome, Problem
from groundplan.blueprints.prove.parts import every
from groundplan.pipelines import Rung

NVME = "local NVMe storage is encrypted by the instance's hardware, and takes no other key"
ACCESS_LOGS = "access log delivery supports SSE-S3 only"
FARGATE = "Fargate encrypts ephemeral storage by a key of its own, which a job cannot name"
REGISTRY = "SageMaker encrypts the registry's records; a package group has no key to name"
RUNS = (
    "SageMaker encrypts the records of MLflow by a key of its own, since CloudFormation has no property "
    "for one; they are names, numbers and parameters, and what runs leave is in a bucket of the plan"
)
PARAMETER = "the record of what is live is a plain parameter: it holds a version's ARN only"
HISTORY = "Step Functions and EventBridge encrypt histories and events in passing by a key of AWS's"
CONTAINERS = "the bootstrap's repository is the CDK CLI's own, and no stack of the project uses it"

Check = Callable[[Any, Keys], Iterator[Outcome]]


def _bucket(unit: DataBucketPlan, keys: Keys) -> Iterator[Outcome]:
    if unit.encryption_key is None and unit.name in keys.log_buckets:
        yield Exempt(store=unit.name, reason=ACCESS_LOGS)
        return
    yield from keys.check(unit.name, "encryption_key", unit.encryption_key)
    accepted = [item.reason for item in unit.exceptions if item.rule == "AwsSolutions-S1"]
    if unit.access_logs_bucket is None and not accepted:
        yield Problem(
            subject=unit.name,
            where="access_logs_bucket",
            problem=f"nobody can say who read {unit.name}: it writes no access log",
            fix="set access_logs_bucket",
        )


def _by(field: str) -> Check:
    def check(unit: Any, keys: Keys) -> Iterator[Outcome]:
        yield from keys.check(unit.name, field, getattr(unit, field))

    return check


def _pipeline(unit: PipelinePlan, keys: Keys) -> Iterator[Outcome]:
    yield Exempt(store=unit.name, reason=HISTORY)
    if unit.dead_letter_queue_name is not None:
        yield from keys.check(
            unit.dead_letter_queue_name, "encryption_key_alias", unit.encryption_key_alias
        )
    group = unit.log_group_arn.rpartition(":")[2]
    yield from _logged(unit.name, "log_group_arn", group, keys)


def _logged(what: str, property: str, group: str, keys: Keys) -> Iterator[Outcome]:
    """A log goes to a group that the plan makes; the group's own row looks at its key."""
    if all(item.name != group for item in every(keys.part, LogGroupPlan)):
        yield Problem(
            subject=what,
            where=property,
            problem=f"{what} logs to {group}, which the stage does not make, so that AWS would make "
            "it without a key",
            fix="plan the log group in the stage",
        )


def _endpoint(unit: EndpointPlan, keys: Keys) -> Iterator[Outcome]:
    yield from volume(unit.name, unit.instance_type, unit.volume_key_alias_arn, keys)
    yield Exempt(store=unit.live_parameter, reason=PARAMETER)
    if unit.capture_percent > 0:
        yield from keys.check(unit.name, "capture_key_alias_arn", unit.capture_key_alias_arn)


def _schedule(unit: MonitoringSchedulePlan, keys: Keys) -> Iterator[Outcome]:
    yield from keys.check(unit.name, "key_alias_arn", unit.key_alias_arn)
    yield from volume(unit.name, unit.instance_type, unit.volume_key_alias_arn, keys)


def volume(store: str, instance_type: str, key: str | None, keys: Keys) -> Iterator[Outcome]:
    """Look at the storage volume of an instance: a key of the project, or hardware encryption."""
    known = instance_types().get(instance_type)
    if key is None and known is not None and known.local_nvme:
        yield Exempt(store=f"{store} on {instance_type}", reason=NVME)
        return
    yield from keys.check(store, "VolumeKmsKeyId", key)


def _build(unit: ImageBuildPlan | BuildProjectPlan, keys: Keys) -> Iterator[Outcome]:
    yield from keys.check(unit.name, "encryption_key_alias", unit.encryption_key_alias)
    yield from _logged(unit.name, "log_group_name", unit.log_group_name, keys)


def _network(unit: NetworkPlan, keys: Keys) -> Iterator[Outcome]:
    if unit.flow_log is not None:
        yield from _logged(unit.name, "flow_log", unit.flow_log.log_group_name, keys)


def _key(unit: EncryptionKeyPlan, keys: Keys) -> Iterator[Outcome]:
    if not 7 <= unit.pending_window_days <= 30:
        yield Problem(
            subject=unit.alias,
            where="pending_window_days",
            problem=f"a deleted key ends after {unit.pending_window_days} days",
            fix="give it 7 to 30 days, in which the deletion can be taken back",
        )


def _bootstrap(unit: BootstrapPlan, keys: Keys) -> Iterator[Outcome]:
    yield Exempt(store=unit.repository, reason=CONTAINERS)
    yield from keys.check(unit.bucket, "key", unit.key.alias)


def _exempt(reason: str) -> Check:
    def check(unit: Any, keys: Keys) -> Iterator[Outcome]:
        yield Exempt(store=getattr(unit, "name", unit.id), reason=reason)

    return check


STORES: dict[type, Check] = {
    BatchCapacityPlan: _exempt(FARGATE),
    BuildProjectPlan: _build,
    CodePipelinePlan: _by("encryption_key_alias"),
    BootstrapPlan: _bootstrap,
    ContainerRepositoryPlan: _by("encryption_key"),
    DataBucketPlan: _bucket,
    EncryptionKeyPlan: _key,
    EndpointPlan: _endpoint,
    EventBusPlan: _exempt(HISTORY),
    ImageBuildPlan: _build,
    LockTablePlan: _by("encryption_key"),
    LogGroupPlan: _by("encryption_key"),
    MlflowPlan: _exempt(RUNS),
    ModelRegistryPlan: _exempt(REGISTRY),
    MonitoringSchedulePlan: _schedule,
    NetworkPlan: _network,
    PipelinePlan: _pipeline,
    TopicPlan: _by("encryption_key_alias"),
    UndeliveredEventsPlan: _by("encryption_key_alias"),
}
"""What looks at each kind of unit that keeps data."""

_CONFIGURATION = "settings only"
_PART = "a part of another unit, which is looked at"
_IAM = "IAM and Organizations keep policies, no data"
NO_DATA: dict[type, str] = {
    **dict.fromkeys(
        (
            AlarmPlan, AlarmsPlan, AnalyzerPlan, BudgetNotificationPlan, BudgetPlan, EventRulePlan,
            ConnectionPlan, EventSelectorPlan, FailureRulePlan, MetricFilterPlan, SchedulePlan, ScheduledActionPlan,
        ),
        _CONFIGURATION,
    ),
    **dict.fromkeys(
        (
            ComputePlan, FlowLogPlan, InferenceComponentPlan, NetworkAttachment, Place, Ref,
            ActionPlan, PipelineStagePlan, PipelineTarget, RolloutPlan, Rung, ScalingPlan, SpotTrainingPlan, SubnetPlan, VpcEndpointPlan, WakePlan,
        ),
        _PART,
    ),
    **dict.fromkeys(
        (
            BootstrapRolePlan, BoundaryPlan, Duty, GuardRail, GuardRailsPlan, HandlerDuty,
            IdentityProviderPlan, ManagedPolicyPlan, PolicyDocument, RolePlan,
            ServiceControlPolicyPlan, Statement,
        ),
        _IAM,
    ),
    DeliveryPipelinePlan: "its bucket, log groups, topic and key have rows of their own",
    TrailPlan: "its bucket, log group, topic and key have rows of their own",
    DataVersionsPlan: "the dataset's bucket has a row of its own",
    CheckException: "a note for checkers",
    Plan: "the plan itself",
    StackPlan: "CloudFormation keeps the template, which holds no secret",
}  # fmt: skip
"""Why units of other kinds keep no data."""


def has_row(kind: type) -> bool:
    """Return whether a kind of unit is known: a store, one that keeps nothing, or a group of others."""
    groups = ("stacks", "stage_0_plan")
    return kind in STORES or kind in NO_DATA or kind.__module__.rpartition(".")[2] in groups
