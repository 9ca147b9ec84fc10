"""How each unit of a plan is checked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from groundplan.blueprints.plan.alarms import AlarmsPlan, TopicPlan
from groundplan.blueprints.plan.batch_capacity import BatchCapacityPlan
from groundplan.blueprints.plan.budget import BudgetPlan
from groundplan.blueprints.plan.container_repository import ContainerRepositoryPlan
from groundplan.blueprints.plan.data_bucket import DataBucketPlan
from groundplan.blueprints.plan.data_versions import DataVersionsPlan
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
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.spot_training import SpotTrainingPlan
from groundplan.blueprints.plan.stacks import StackPlan
from groundplan.blueprints.plan.stage_0 import Stage0Plan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan
from groundplan.stacks.rehearsal.checks import (
    alarms,
    batch_capacity,
    budget,
    container_repository,
    data_bucket,
    data_versions,
    encryption_key,
    endpoint,
    event_bus,
    event_rule,
    image_build,
    lock_table,
    log_group,
    mlflow,
    model_registry,
    monitoring_schedule,
    network,
    pipeline,
    role,
    spot_training,
    stack,
    stage_0,
    undelivered_events,
)
from groundplan.stacks.rehearsal.checks.account import Account
from groundplan.stacks.rehearsal.checks.comparison import Property


@dataclass(frozen=True, slots=True)
class UnitCheck:
    """How one type of unit is checked."""

    compare: Callable[[Any, Account], Iterable[Property]]
    """Yields each property of the unit, planned and found."""

    uncovered: Mapping[str, str]
    """Field of the plan that no service API shows -> why."""


CHECKS: Mapping[type, UnitCheck] = {
    AlarmsPlan: UnitCheck(alarms.check_alarms, alarms.UNCOVERED),
    BatchCapacityPlan: UnitCheck(batch_capacity.check_batch_capacity, batch_capacity.UNCOVERED),
    BudgetPlan: UnitCheck(budget.check_budget, budget.UNCOVERED),
    ContainerRepositoryPlan: UnitCheck(
        container_repository.check_container_repository, container_repository.UNCOVERED
    ),
    DataBucketPlan: UnitCheck(data_bucket.check_data_bucket, data_bucket.UNCOVERED),
    DataVersionsPlan: UnitCheck(data_versions.check_data_versions, data_versions.UNCOVERED),
    EncryptionKeyPlan: UnitCheck(encryption_key.check_encryption_key, encryption_key.UNCOVERED),
    EndpointPlan: UnitCheck(endpoint.check_endpoint, endpoint.UNCOVERED),
    EventBusPlan: UnitCheck(event_bus.check_event_bus, event_bus.UNCOVERED),
    EventRulePlan: UnitCheck(event_rule.check_event_rule, event_rule.UNCOVERED),
    ImageBuildPlan: UnitCheck(image_build.check_image_build, image_build.UNCOVERED),
    LockTablePlan: UnitCheck(lock_table.check_lock_table, lock_table.UNCOVERED),
    LogGroupPlan: UnitCheck(log_group.check_log_group, log_group.UNCOVERED),
    MlflowPlan: UnitCheck(mlflow.check_mlflow, mlflow.UNCOVERED),
    ModelRegistryPlan: UnitCheck(model_registry.check_model_registry, model_registry.UNCOVERED),
    MonitoringSchedulePlan: UnitCheck(
        monitoring_schedule.check_monitoring_schedule, monitoring_schedule.UNCOVERED
    ),
    NetworkPlan: UnitCheck(network.check_network, network.UNCOVERED),
    PipelinePlan: UnitCheck(pipeline.check_pipeline, pipeline.UNCOVERED),
    RolePlan: UnitCheck(role.check_role, role.UNCOVERED),
    SpotTrainingPlan: UnitCheck(spot_training.check_spot_training, spot_training.UNCOVERED),
    StackPlan: UnitCheck(stack.check_stack_itself, stack.UNCOVERED),
    TopicPlan: UnitCheck(alarms.check_topic, alarms.UNCOVERED_TOPIC),
    UndeliveredEventsPlan: UnitCheck(
        undelivered_events.check_undelivered_events, undelivered_events.UNCOVERED
    ),
}
"""Type of a unit's plan -> its check."""


def named(plan: type, uncovered: Mapping[str, str]) -> set[str]:
    """Return each uncovered property of a unit with the unit's type and the reason."""
    kind = plan.__name__.removesuffix("Plan")
    return {f"{kind} {name}: {reason}" for name, reason in uncovered.items()}


UNCOVERED: tuple[str, ...] = tuple(
    sorted(
        {item for plan, check in CHECKS.items() for item in named(plan, check.uncovered)}
        | named(Stage0Plan, stage_0.UNCOVERED)
    )
)
"""Every planned property that no service API of the emulator shows, with the reason."""
