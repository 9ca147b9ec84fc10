"""What goes into which stack of which account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

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
from groundplan.blueprints.plan.names import Place
from groundplan.blueprints.plan.network import NetworkPlan
from groundplan.blueprints.plan.pipeline import PipelinePlan
from groundplan.blueprints.plan.ref import Json
from groundplan.blueprints.plan.role import RolePlan
from groundplan.blueprints.plan.spot_training import SpotTrainingPlan
from groundplan.blueprints.plan.undelivered import UndeliveredEventsPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """A stack, without what is in it."""

    id: str
    """Construct id within its stage, such as ``state`` or ``serving-churn``."""

    name: str
    """Physical name."""

    scope: str
    """Stage: ``tooling``, ``data`` or the name of an environment."""

    place: Place
    """Account and region."""

    description: str
    """What the stack holds."""

    termination_protection: bool
    """Whether the stack refuses to be deleted."""

    tags: Mapping[str, str]
    """Tags of the stack, which CloudFormation puts on all that it makes."""

    depends_on: tuple[str, ...] = ()
    """Ids of the stacks of the same stage that are deployed before."""

    execution_role_arn: str | None = None
    """Role that CloudFormation deploys with. ``None``: the bootstrap's execution role."""

    policy: Json = field(default=None)
    """Stack policy, or ``None``: every update is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryStackPlan:
    """Images, artefacts and model versions, in the tooling account."""

    stack: StackPlan
    key: EncryptionKeyPlan
    access_logs: DataBucketPlan
    artifacts: DataBucketPlan
    repositories: tuple[ContainerRepositoryPlan, ...]
    registries: tuple[ModelRegistryPlan, ...]
    log_groups: tuple[LogGroupPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesStackPlan:
    """The builds of the project's images, in the tooling account."""

    stack: StackPlan
    builds: tuple[ImageBuildPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPlan:
    """One dataset: its key and its bucket."""

    name: str
    key: EncryptionKeyPlan
    bucket: DataBucketPlan
    versions: DataVersionsPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStateStackPlan:
    """The datasets of one account."""

    stack: StackPlan
    access_logs: DataBucketPlan
    datasets: tuple[DatasetPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStackPlan:
    """What an environment must not lose, and what the others of its stacks refer to by name."""

    stack: StackPlan
    key: EncryptionKeyPlan
    access_logs: DataBucketPlan
    work: DataBucketPlan
    topic: TopicPlan
    locks: LockTablePlan
    bus: EventBusPlan
    log_groups: tuple[LogGroupPlan, ...]
    roles: tuple[RolePlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkStackPlan:
    """An environment's network."""

    stack: StackPlan
    network: NetworkPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowStackPlan:
    """Where training runs are recorded, in the environment that trains."""

    stack: StackPlan
    mlflow: MlflowPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTrainingPlan:
    """The training of one model."""

    model: str
    training: SpotTrainingPlan
    pipeline: PipelinePlan
    alarms: AlarmsPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingStackPlan:
    """The training of an environment's models."""

    stack: StackPlan
    models: tuple[ModelTrainingPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingStackPlan:
    """One endpoint."""

    stack: StackPlan
    endpoint: EndpointPlan
    model_monitor: MonitoringSchedulePlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScoringPlan:
    """The batch scoring by one model."""

    model: str
    roles: tuple[RolePlan, ...]
    pipeline: PipelinePlan
    alarms: AlarmsPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringStackPlan:
    """The batch scoring in an environment."""

    stack: StackPlan
    capacity: BatchCapacityPlan | None
    models: tuple[ModelScoringPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseStackPlan:
    """Releases to the endpoints of an environment."""

    stack: StackPlan
    pipeline: PipelinePlan
    alarms: AlarmsPlan
    undelivered: UndeliveredEventsPlan
    rules: tuple[EventRulePlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStackPlan:
    """What tells the environments of approved models, in the tooling account."""

    stack: StackPlan
    topic: TopicPlan
    undelivered: UndeliveredEventsPlan
    rules: tuple[EventRulePlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReactionPlan:
    """What starts when an alarm on drift of one model goes off."""

    pipeline: PipelinePlan
    alarms: AlarmsPlan
    rule: EventRulePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMonitoringPlan:
    """How one model's endpoint is watched.

    ``role`` is that of groundplan's own job; Model Monitor's is in the state stack, before the
    schedule in the serving stack that names it.
    """

    id: str
    model: str
    role: RolePlan | None
    pipeline: PipelinePlan
    alarms: AlarmsPlan
    drift_alarms: AlarmsPlan
    reaction: DriftReactionPlan | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringStackPlan:
    """How an environment's endpoints are watched."""

    stack: StackPlan
    models: tuple[ModelMonitoringPlan, ...]
    undelivered: UndeliveredEventsPlan | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalPlan:
    """What waits for the last of new data and then starts a model's training."""

    model: str
    pipeline: PipelinePlan
    alarms: AlarmsPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggersStackPlan:
    """What starts training by events, in the environment that trains."""

    stack: StackPlan
    arrivals: tuple[ArrivalPlan, ...]
    undelivered: UndeliveredEventsPlan
    rules: tuple[EventRulePlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetsStackPlan:
    """What tells the owner of costs, and of an unused commitment."""

    stack: StackPlan
    budgets: tuple[BudgetPlan, ...]


AnyStackPlan: TypeAlias = (
    RegistryStackPlan
    | ImagesStackPlan
    | DataStateStackPlan
    | StateStackPlan
    | NetworkStackPlan
    | MlflowStackPlan
    | TrainingStackPlan
    | TriggersStackPlan
    | ServingStackPlan
    | ReleaseStackPlan
    | DeliveryStackPlan
    | ScoringStackPlan
    | MonitoringStackPlan
    | BudgetsStackPlan
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """The stacks of one account's part: tooling, data, or an environment."""

    id: str
    """``tooling``, ``data`` or the name of the environment."""

    place: Place
    """Account and region."""

    stacks: tuple[AnyStackPlan, ...]
    """Stacks in an order in which they can be deployed."""
