"""CDK constructs: each defines what its plan decided."""

from groundplan.constructs.cdk.alarms import Alarms, AlarmTopic
from groundplan.constructs.cdk.batch_capacity import BatchCapacity
from groundplan.constructs.cdk.budget import Budget
from groundplan.constructs.cdk.code_pipeline import CodePipeline
from groundplan.constructs.cdk.container_repository import ContainerRepository
from groundplan.constructs.cdk.data_bucket import DataBucket
from groundplan.constructs.cdk.encryption_key import EncryptionKey
from groundplan.constructs.cdk.endpoint import Endpoint
from groundplan.constructs.cdk.event_bus import EventBus
from groundplan.constructs.cdk.event_rule import EventRule
from groundplan.constructs.cdk.image_build import ImageBuild
from groundplan.constructs.cdk.lock_table import LockTable
from groundplan.constructs.cdk.log_group import LogGroup
from groundplan.constructs.cdk.mlflow import Mlflow
from groundplan.constructs.cdk.model_registry import ModelRegistry
from groundplan.constructs.cdk.monitoring_schedule import MonitoringSchedule
from groundplan.constructs.cdk.network import Network
from groundplan.constructs.cdk.pipeline import Pipeline
from groundplan.constructs.cdk.role import Role
from groundplan.constructs.cdk.spot_training import SpotTraining
from groundplan.constructs.cdk.undelivered_events import UndeliveredEvents

__all__ = [
    "AlarmTopic",
    "Alarms",
    "BatchCapacity",
    "Budget",
    "CodePipeline",
    "ContainerRepository",
    "DataBucket",
    "EncryptionKey",
    "Endpoint",
    "EventBus",
    "EventRule",
    "ImageBuild",
    "LockTable",
    "LogGroup",
    "Mlflow",
    "ModelRegistry",
    "MonitoringSchedule",
    "Network",
    "Pipeline",
    "Role",
    "SpotTraining",
    "UndeliveredEvents",
]
