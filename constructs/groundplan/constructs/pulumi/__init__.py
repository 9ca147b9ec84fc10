"""Pulumi components: each defines what its plan decided."""

from groundplan.constructs.pulumi.alarms import Alarms, AlarmsArgs, AlarmTopic, AlarmTopicArgs
from groundplan.constructs.pulumi.batch_capacity import BatchCapacity, BatchCapacityArgs
from groundplan.constructs.pulumi.budget import Budget, BudgetArgs
from groundplan.constructs.pulumi.code_pipeline import CodePipeline, CodePipelineArgs
from groundplan.constructs.pulumi.container_repository import (
    ContainerRepository,
    ContainerRepositoryArgs,
)
from groundplan.constructs.pulumi.data_bucket import DataBucket, DataBucketArgs
from groundplan.constructs.pulumi.encryption_key import EncryptionKey, EncryptionKeyArgs
from groundplan.constructs.pulumi.endpoint import Endpoint, EndpointArgs
from groundplan.constructs.pulumi.event_bus import EventBus, EventBusArgs
from groundplan.constructs.pulumi.event_rule import EventRule, EventRuleArgs
from groundplan.constructs.pulumi.image_build import ImageBuild, ImageBuildArgs
from groundplan.constructs.pulumi.lock_table import LockTable, LockTableArgs
from groundplan.constructs.pulumi.log_group import LogGroup, LogGroupArgs
from groundplan.constructs.pulumi.mlflow import Mlflow, MlflowArgs
from groundplan.constructs.pulumi.model_registry import ModelRegistry, ModelRegistryArgs
from groundplan.constructs.pulumi.monitoring_schedule import (
    MonitoringSchedule,
    MonitoringScheduleArgs,
)
from groundplan.constructs.pulumi.network import Network, NetworkArgs
from groundplan.constructs.pulumi.pipeline import Pipeline, PipelineArgs
from groundplan.constructs.pulumi.role import Role, RoleArgs
from groundplan.constructs.pulumi.spot_training import SpotTraining, SpotTrainingArgs
from groundplan.constructs.pulumi.undelivered_events import UndeliveredEvents, UndeliveredEventsArgs

__all__ = [
    "AlarmTopic",
    "AlarmTopicArgs",
    "Alarms",
    "AlarmsArgs",
    "BatchCapacity",
    "BatchCapacityArgs",
    "Budget",
    "BudgetArgs",
    "CodePipeline",
    "CodePipelineArgs",
    "ContainerRepository",
    "ContainerRepositoryArgs",
    "DataBucket",
    "DataBucketArgs",
    "EncryptionKey",
    "EncryptionKeyArgs",
    "Endpoint",
    "EndpointArgs",
    "EventBus",
    "EventBusArgs",
    "EventRule",
    "EventRuleArgs",
    "ImageBuild",
    "ImageBuildArgs",
    "LockTable",
    "LockTableArgs",
    "LogGroup",
    "LogGroupArgs",
    "Mlflow",
    "MlflowArgs",
    "ModelRegistry",
    "ModelRegistryArgs",
    "MonitoringSchedule",
    "MonitoringScheduleArgs",
    "Network",
    "NetworkArgs",
    "Pipeline",
    "PipelineArgs",
    "Role",
    "RoleArgs",
    "SpotTraining",
    "SpotTrainingArgs",
    "UndeliveredEvents",
    "UndeliveredEventsArgs",
]
